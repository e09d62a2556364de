//! Rights that this session takes on for some minutes: the line that counts them down, and the dialog that asks for password and code.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, elevation_service_client::ElevationServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    button::{Button, Kind},
    countdown::Countdown,
    dialog::{Cancel, Dialog},
    field::{Choice, PasswordField, SelectField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    operator::space::may,
    toast::use_toasts,
};

/// The right to look at companies.
const SUPPORT: &str = "support";
const MINUTES: [&str; 4] = ["15", "30", "45", "60"];

/// What this session has taken on, for all pages.
#[derive(Clone, Copy)]
pub struct Elevated(RwSignal<Option<pb::Elevation>>);

pub fn provide_elevated() {
    let elevated = Elevated(RwSignal::new(None));
    provide_context(elevated);
    if may("elevation.read") {
        elevated.load();
    }
}

impl Elevated {
    pub fn is_live(self) -> bool {
        self.0.with(Option::is_some)
    }

    /// The right is over, by its time or because the server says so.
    pub fn forget(self) {
        self.0.set(None);
    }

    fn load(self) {
        let api = use_api();
        spawn_local(async move {
            let call = async |transport, request| ElevationServiceClient::new(transport).list_elevations(request).await;
            // Without an answer the server still asks where a right is needed.
            if let Ok(reply) = api.read(pb::ListElevationsRequest {}, call).await {
                let live = reply.elevations.into_iter().filter(|one| one.live && one.current);
                self.0.try_set(live.max_by_key(|one| one.expires_at.unwrap_or_default().seconds));
            }
        });
    }
}

#[component]
pub fn ElevationBanner() -> impl IntoView {
    let elevated = expect_context::<Elevated>();
    move || elevated.0.get().map(|one| view! { <Line one elevated/> })
}

#[component]
fn Line(one: pb::Elevation, elevated: Elevated) -> impl IntoView {
    let (api, toasts, busy) = (use_api(), use_toasts(), RwSignal::new(false));
    let end = one.expires_at.unwrap_or_default().seconds;
    let id = StoredValue::new(one.id);
    let give_back = move |_| {
        busy.set(true);
        spawn_local(async move {
            let request = pb::RevokeElevationRequest { elevation_id: id.get_value() };
            let call = async |transport, request| ElevationServiceClient::new(transport).revoke_elevation(request).await;
            let answer = api.write(&Act::default(), request, call).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    toasts.say("Given back");
                    elevated.load();
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    };
    view! {
        <div class="banner is-warning">
            <Icon glyph=glyphs::USER_SHIELD/>
            <span class="grow" role="status">{format!("You have the right “{}”.", one.scopes.join("”, “"))}</span>
            <Countdown end on_end=move |()| elevated.forget()/>
            <Button small=true busy on_click=give_back>"Give back"</Button>
        </div>
    }
}

/// Asks for password and code; `done` goes on with what needed the right.
#[component]
pub fn ElevateDialog(open: RwSignal<bool>, done: Callback<()>) -> impl IntoView {
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
        let act = form.act();
        let request = pb::ElevateRequest {
            scopes: vec![SUPPORT.to_owned()],
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
            justification: String::new(),
            password: password.get_untracked(),
            code: code.get_untracked().trim().to_owned(),
        };
        let call = async move {
            let call = async |transport, request| ElevationServiceClient::new(transport).elevate(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |reply| {
            elevated.0.set(reply.elevation);
            open.set(false);
            done.run(());
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>"Confirm"</Button>
        }
    });
    let choices = Signal::stored(MINUTES.map(|minutes| Choice::new(minutes, format!("{minutes} minutes"))).to_vec());
    view! {
        <Dialog open title="Confirm that it is you" foot>
            <Form state=form on_submit=send guard=false>
                <p>"Looking at companies needs a right of its own. It ends by itself, and each use of it is in the audit."</p>
                <PasswordField name="password" label="Password" autocomplete="current-password" value=password/>
                <TextField
                    name="code"
                    label="Code of your authenticator"
                    value=code
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    max_length=6
                />
                <SelectField name="minutes" label="For how long" value=minutes choices/>
            </Form>
        </Dialog>
    }
}
