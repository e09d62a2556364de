//! The dialog that asks a company.

use leptos::prelude::*;

use super::{RIGHT, SupportAsk, SupportPortal, SupportState, desk::Desk};
use crate::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Choice, SelectField, TextArea, TextField},
    form::{Form, FormState},
    operator::elevation::use_elevated,
    toast::use_toasts,
};

const MINUTES: [&str; 3] = ["10", "20", "30"];

pub(super) fn dialog<P: SupportPortal>(desk: Desk) -> impl IntoView {
    let (api, toasts, form) = (use_api(), use_toasts(), FormState::new());
    // Of one company the page knows which.
    let any = desk.tenant_id.with_value(String::is_empty);
    let company = RwSignal::new(desk.tenant_id.get_value());
    let (justification, minutes) = (RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    let send = move |()| {
        let act = form.act();
        let ask = SupportAsk {
            tenant_id: company.with_untracked(|company| company.trim().to_owned()),
            justification: justification.get_untracked(),
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
        };
        use_elevated().send(RIGHT.name, (form, desk.asking), P::request_support(api, act, ask), move |line| {
            desk.asking.set(false);
            let accepted = line.is_some_and(|one| one.state == SupportState::Accepted);
            toasts.say(if accepted { t!("The company has let you look") } else { t!("The company’s owners are asked") });
            justification.set(String::new());
            desk.load.reload();
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Ask the company")}</Button>
        }
    });
    let choices = Signal::stored(MINUTES.map(|minutes| Choice::new(minutes, t!("{minutes} minutes", minutes))).to_vec());
    view! {
        <Dialog open=desk.asking title=t!("Request a support session") foot form>
            <Form state=form on_submit=send>
                {any.then(|| view! {
                    <TextField name="tenant_id" label=t!("Company") value=company help=t!("As its page addresses have it, e.g. harrow-pike.")/>
                })}
                <TextArea
                    name="justification"
                    label=t!("Why")
                    value=justification
                    max_length=500
                    help=t!("20 characters or more. The company’s owners read this, with your name.")
                />
                <SelectField name="minutes" label=t!("For how long") value=minutes choices/>
            </Form>
        </Dialog>
    }
}
