//! The dialog that asks for password and code, which rights, and for how long.

use leptos::prelude::*;

use super::{ElevatingPortal, Proof, Right, use_elevated};
use crate::{
    api::{error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Checkbox, Choice, FieldTie, PasswordField, SelectField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
};

const MINUTES: [&str; 4] = ["15", "30", "45", "60"];

/// A right by its name, what it is good for, and whether it is chosen.
type RightBox = (&'static str, &'static str, RwSignal<bool>);

/// Once for all pages, in the frame.
pub fn dialog<P: ElevatingPortal>() -> impl IntoView {
    let (api, elevated, form, open) = (use_api(), use_elevated(), FormState::new(), RwSignal::new(false));
    let (password, code, minutes) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    let boxes = StoredValue::new(
        P::RIGHTS.iter().map(|right| (right.name, right.words, RwSignal::new(false))).collect::<Vec<RightBox>>(),
    );
    Effect::new(move |_| {
        let asked = elevated.asked.get();
        if let Some(asked) = &asked {
            boxes.with_value(|boxes| boxes.iter().for_each(|(name, _, is_chosen)| is_chosen.set(*name == asked.right)));
        }
        // A password does not outlive the dialog.
        password.set(String::new());
        code.set(String::new());
        form.saved();
        open.set(asked.is_some());
    });
    let send = move |()| {
        let chosen = |(name, _, is_chosen): &RightBox| is_chosen.get_untracked().then(|| (*name).to_owned());
        let proof = Proof {
            scopes: boxes.with_value(|boxes| boxes.iter().filter_map(chosen).collect()),
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
            password: password.get_untracked(),
            code: code.get_untracked().trim().to_owned(),
        };
        let mut rights: Vec<_> = P::RIGHTS.iter().map(|right| right.name).collect();
        rights.sort_unstable();
        let rights = rights.join(", ");
        let no_right = t!("Choose rights of these: {rights}.", rights);
        let wanted = [
            ("password", &*proof.password, t!("Enter your password.")),
            ("code", &*proof.code, t!("Type the six digits of your authenticator.")),
            ("scopes", proof.scopes.first().map_or("", String::as_str), &*no_right),
        ];
        if let Some(error) = ApiError::missing(&wanted) {
            form.refuse(error);
            return;
        }
        form.send(P::elevate(api, form.act(), proof), move |elevation| {
            elevated.add(elevation);
            let asked = elevated.asked.get_untracked();
            elevated.asked.set(None);
            open.set(false);
            if let Some(asked) = asked {
                (asked.then)();
            }
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
        <Dialog open title=t!("Confirm that it is you") foot on_dismiss=move |()| elevated.asked.set(None)>
            <Form state=form on_submit=send guard=false>
                <p>{move || elevated.asked.with(|asked| what_for(P::RIGHTS, asked.as_ref().map_or("", |asked| asked.right)))}</p>
                <PasswordField name="password" label=t!("Password") autocomplete="current-password" value=password/>
                <TextField
                    name="code"
                    label=t!("Code of your authenticator")
                    value=code
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    max_length=6
                />
                <Rights boxes=boxes.get_value()/>
                <SelectField name="minutes" label=t!("For how long") value=minutes choices/>
            </Form>
        </Dialog>
    }
}

/// Why the person is asked.
fn what_for(rights: &[Right], asked: &str) -> String {
    match rights.iter().find(|right| right.name == asked) {
        Some(Right { name, words }) => t!(
            "This needs the right “{name}”: {words}. Rights end by themselves, and each use of one is in the audit.",
            name,
            words = t!(words)
        ),
        None => t!("Rights end by themselves, and each use of one is in the audit.").to_owned(),
    }
}

#[component]
fn Rights(boxes: Vec<RightBox>) -> impl IntoView {
    let tie = FieldTie::new("scopes");
    let (error, note) = (tie.error, tie.note_id());
    let described = note.clone();
    let boxes = boxes.into_iter().map(|(name, words, value)| {
        view! { <Checkbox label=format!("{name}: {}", t!(words)) value name="scopes"/> }
    });
    view! {
        <fieldset class="stack gap-2" aria-describedby=described>
            <legend class="field-label">{t!("Rights")}</legend>
            {boxes.collect_view()}
            {move || {
                error.get().map(|text| {
                    view! { <span class="field-error" id=note.clone()><Icon glyph=glyphs::CIRCLE_EXCLAMATION/>{text}</span> }
                })
            }}
        </fieldset>
    }
}
