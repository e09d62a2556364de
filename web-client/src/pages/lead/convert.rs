//! A won lead becomes a customer, once: says what will be made before it is.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    error_panel::ErrorNote,
    form::FormState,
    icon::{Icon, glyphs},
    load::Load,
    toast::use_toasts,
};

use super::record;
use crate::parts::{edit::Record as _, noun::CUSTOMER};

#[component]
pub fn ConvertDialog(open: RwSignal<bool>, lead: Load<pb::Lead>) -> impl IntoView {
    let navigate = use_navigate();
    let form = FormState::new();
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        if open.get() {
            refused.set(None);
        }
    });
    let send = Callback::new(move |()| {
        let Some(now) = lead.get_untracked() else { return };
        let (act, navigate) = (form.act(), navigate.clone());
        let call = async move {
            // A refusal is shown here, in words of its own, so it is no failure of the form.
            Ok(record::convert(&act, now.id, now.version).await)
        };
        form.send(call, move |answer: Result<pb::ConvertLeadResponse, ApiError>| match answer {
            Ok(reply) => {
                open.set(false);
                use_toasts().say(t!("The lead is a customer now"));
                navigate(&CUSTOMER.address(&reply.customer_id), NavigateOptions::default());
            }
            Err(error) => {
                if let Some((current, _, _)) = pb::Lead::stale(&error, &pb::Lead::default(), &pb::Lead::default()) {
                    lead.set(current);
                }
                refused.set(Some(error));
            }
        });
    });
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send.run(())>{t!("Convert to customer")}</Button>
        }
    });
    view! {
        <Dialog open title=t!("Convert to customer") foot>
            <div class="stack gap-3">
                {move || refused.get().map(|error| view! { <ErrorNote error/> })}
                {move || lead.get().map(|lead| {
                    let lines = outcome(&lead)
                        .into_iter()
                        .map(|line| view! { <li class="row row-top"><Icon glyph=glyphs::CHECK/><span>{line}</span></li> })
                        .collect_view();
                    view! { <ul class="stack convert-list">{lines}</ul> }
                })}
                <p class="muted">{t!("This can’t be undone, but the new customer can be archived.")}</p>
            </div>
        </Dialog>
    }
    .into_any()
}

/// What the server makes of a lead, in sentences.
fn outcome(lead: &pb::Lead) -> Vec<String> {
    let names = [&lead.company, &lead.contact_name, &lead.name];
    let name = names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
    let mut lines = vec![t!("{name} becomes a customer, with phone, e-mail, tags, note and the same people.", name)];
    if !lead.company.is_empty() && !lead.contact_name.is_empty() {
        lines.push(t!("{contact_name} becomes its main contact.", contact_name = lead.contact_name));
    }
    lines.push(t!("The lead moves to the won stage and keeps its timeline.").to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_be_made_is_said_before() {
        let lead = pb::Lead { name: "Boiler".into(), contact_name: "Ana".into(), ..Default::default() };
        assert!(outcome(&lead)[0].starts_with("Ana becomes a customer"));
        assert_eq!(outcome(&lead).len(), 2);
        let lead = pb::Lead { company: "Harbour".into(), ..lead };
        assert_eq!(outcome(&lead)[1], "Ana becomes its main contact.");
    }
}
