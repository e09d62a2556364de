//! Rights that this session takes on for some minutes: the line that counts them down, and the dialog that asks for password and code.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Elevation, Proof, SupportPortal};
use crate::{
    api::use_api,
    browser,
    button::{Button, Kind},
    countdown::Countdown,
    dialog::{Cancel, Dialog},
    field::{Choice, PasswordField, SelectField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    operator::space::may,
    toast::use_toasts,
};

/// In the browser's storage while a session of it may have taken on rights.
const MARK: &str = "streamflow-elevated";
/// The right to look at companies.
const SUPPORT: &str = "support";
const MINUTES: [&str; 4] = ["15", "30", "45", "60"];

/// What this session has taken on, for all pages.
#[derive(Clone, Copy)]
pub struct Elevated(RwSignal<Option<Elevation>>);

pub fn provide_elevated<P: SupportPortal>() {
    let elevated = Elevated(RwSignal::new(None));
    provide_context(elevated);
    // Taken on in this browser or not at all: rights belong to its session. So most pages need not ask.
    if may("elevation.read") && browser::stored(MARK).is_some() {
        elevated.load::<P>();
    }
}

impl Elevated {
    pub fn is_live(self) -> bool {
        self.0.with(Option::is_some)
    }

    /// The right is over, by its time or because the server says so.
    pub fn forget(self) {
        self.set(None);
    }

    fn set(self, elevation: Option<Elevation>) {
        browser::store(MARK, elevation.as_ref().map(|_| "yes"));
        self.0.try_set(elevation);
    }

    fn load<P: SupportPortal>(self) {
        let api = use_api();
        spawn_local(async move {
            // Without an answer the server still asks where a right is needed.
            if let Ok(all) = P::elevations(api).await {
                let live = all.into_iter().filter(|one| one.live && one.current);
                self.set(live.max_by_key(|one| one.expires_at.unwrap_or_default().seconds));
            }
        });
    }
}

/// Counts down what is left of the right, and gives it back.
pub fn banner<P: SupportPortal>() -> impl IntoView {
    let elevated = expect_context::<Elevated>();
    move || elevated.0.get().map(|one| line::<P>(one, elevated))
}

fn line<P: SupportPortal>(one: Elevation, elevated: Elevated) -> impl IntoView {
    let (api, toasts, busy) = (use_api(), use_toasts(), RwSignal::new(false));
    let end = one.expires_at.unwrap_or_default().seconds;
    let id = StoredValue::new(one.id);
    let give_back = move |_| {
        busy.set(true);
        spawn_local(async move {
            let answer = P::give_back(api, id.get_value()).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    toasts.say(t!("Given back"));
                    elevated.load::<P>();
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    };
    view! {
        <div class="banner is-warning" role="region" aria-label=t!("Confirmed rights")>
            <Icon glyph=glyphs::USER_SHIELD/>
            <span class="grow" role="status">{t!("You have the right “{scopes}”.", scopes = one.scopes.join("”, “"))}</span>
            <Countdown end on_end=move |()| elevated.forget()/>
            <Button small=true busy on_click=give_back>{t!("Give back")}</Button>
        </div>
    }
}

/// Asks for password and code; `done` goes on with what needed the right.
pub fn dialog<P: SupportPortal>(open: RwSignal<bool>, done: Callback<()>) -> impl IntoView {
    let (api, elevated, form) = (use_api(), expect_context::<Elevated>(), FormState::new());
    let (password, code, minutes) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    // A password does not outlive the dialog.
    Effect::new(move |_| {
        open.track();
        password.set(String::new());
        code.set(String::new());
        form.saved();
    });
    let send = move |()| {
        let proof = Proof {
            scope: SUPPORT,
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
            password: password.get_untracked(),
            code: code.get_untracked().trim().to_owned(),
        };
        form.send(P::elevate(api, form.act(), proof), move |elevation| {
            elevated.set(elevation);
            open.set(false);
            done.run(());
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Confirm")}</Button>
        }
    });
    let choices = Signal::stored(MINUTES.map(|minutes| Choice::new(minutes, t!("{minutes} minutes", minutes))).to_vec());
    view! {
        <Dialog open title=t!("Confirm that it is you") foot>
            <Form state=form on_submit=send guard=false>
                <p>{t!("Looking at companies needs a right of its own. It ends by itself, and each use of it is in the audit.")}</p>
                <PasswordField name="password" label=t!("Password") autocomplete="current-password" value=password/>
                <TextField
                    name="code"
                    label=t!("Code of your authenticator")
                    value=code
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    max_length=6
                />
                <SelectField name="minutes" label=t!("For how long") value=minutes choices/>
            </Form>
        </Dialog>
    }
}
