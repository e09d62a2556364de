//! The registrations as rows, each with its next try.

use std::sync::Arc;

use leptos::prelude::*;
use prost::Message as _;
use streamflow_proto::provider::v1::{self as pb, provisioning_service_client::ProvisioningServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    badge::Status,
    button::Button,
    format::{When, number},
    icon::glyphs,
    list::rows::Rows,
    operator::space::may,
    toast::use_toasts,
};

use super::words;
use crate::pages::tenants::address;

#[component]
pub fn RegistrationTable(rows: Rows<pb::Registration>, now: Signal<i64>, changed: Callback<pb::Registration>) -> impl IntoView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Registrations")>
            <table class="table cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("Company")}</th>
                        <th scope="col">{t!("External number")}</th>
                        <th scope="col">{t!("State")}</th>
                        <th scope="col">{t!("Step")}</th>
                        <th scope="col">{t!("Asked for")}</th>
                        <th scope="col">{t!("Step since")}</th>
                        <th scope="col" class="num">{t!("Failures")}</th>
                        <th scope="col">{t!("Last failure")}</th>
                        <th scope="col">{t!("Next try")}</th>
                        <th scope="col"><span class="sr-only">{t!("Actions")}</span></th>
                    </tr>
                </thead>
                <tbody>
                    // One that is as it was stays, and with it the place of whoever is at its button.
                    <For each=move || rows.get() key=|one| one.encode_to_vec() let:one>
                        <Line one now changed/>
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Line(one: Arc<pb::Registration>, now: Signal<i64>, changed: Callback<pb::Registration>) -> impl IntoView {
    let (tone, glyph, state) = words::state(one.state());
    let (step, next) = words::step(one.step());
    let (asked, since) = (one.created_at, one.step_at);
    let next_try_at = one.next_try_at.as_ref().map(|at| at.seconds);
    let next_try = move || words::next_try(next_try_at, now.get());
    let waits = one.state() != pb::RegistrationState::Done;
    let name = if one.name.is_empty() { one.tenant_id.clone() } else { one.name.clone() };
    let company = if one.state() == pb::RegistrationState::Done {
        view! { <a class="cell-main" href=address(&one.tenant_id)>{name.clone()}</a> }.into_any()
    } else {
        view! { <span class="cell-main">{name.clone()}</span> }.into_any()
    };
    let act = (waits && may("provisioning.retry")).then(|| view! { <Retry id=one.id.clone() name changed/> });
    view! {
        <tr>
            <td data-p="a">{company}</td>
            <td class="mono muted">{one.external_customer_id.clone()}</td>
            <td data-p="b"><Status tone glyph text=state/></td>
            <td data-p="c"><span title=next>{step}</span></td>
            <td data-p="d" class="soft"><When at=Signal::derive(move || asked)/></td>
            <td class="soft"><When at=Signal::derive(move || since)/></td>
            <td class="num">{number::count(one.attempts.into())}</td>
            <td data-p="e">{one.last_error.clone()}</td>
            <td class="tnum nowrap">{next_try}</td>
            <td data-p="f">{act}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Retry(id: String, name: String, changed: Callback<pb::Registration>) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let busy = RwSignal::new(false);
    let whose = format!(" {name}");
    let send = move |_| {
        let request = pb::RetryRegistrationRequest { registration_id: id.clone() };
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| ProvisioningServiceClient::new(transport).retry_registration(request).await;
            match api.write(&Act::default(), request, call).await {
                Ok(reply) => {
                    let state = reply.registration.as_ref().map(pb::Registration::state).unwrap_or_default();
                    toasts.say(words::tried(reply.changed, state));
                    if let Some(one) = reply.registration {
                        changed.try_run(one);
                    }
                }
                Err(error) => toasts.say(error.sentence()),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Button small=true glyph=glyphs::ROTATE_RIGHT busy on_click=send>
            {t!("Retry now")}
            <span class="sr-only">{whose}</span>
        </Button>
    }
}
