//! Asks before a company is closed to its people: why, whom they can ask, and its name typed.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{TextArea, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    operator::{Identity, elevation::use_elevated},
    session::use_session,
    toast::use_toasts,
};

use crate::app::TENANTS;

#[component]
pub fn SuspendDialog(closing: RwSignal<Option<pb::Tenant>>, changed: Callback<pb::Tenant>) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let (open, form) = (RwSignal::new(false), FormState::new());
    let (reason, contact, typed) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let me = use_session::<Identity>().me_untracked().unwrap_or_default();
    Effect::new(move |_| {
        let asked = closing.with(Option::is_some);
        if asked {
            reason.set(String::new());
            contact.set(me.email.clone());
            typed.set(String::new());
            form.saved();
        }
        open.set(asked);
    });
    let of = move |text: fn(&pb::Tenant) -> &str| closing.with(|tenant| tenant.as_ref().map_or("", text).to_owned());
    let name = move || of(|tenant| &tenant.name);
    let id = move || of(|tenant| &tenant.tenant_id);
    let refused = Signal::derive(move || {
        let wanted = id();
        (typed.with(|typed| typed.trim() != wanted)).then(|| t!("Type “{wanted}” first", wanted))
    });
    let send = move |()| {
        if refused.get_untracked().is_some() {
            return;
        }
        let act = form.act();
        let request =
            pb::SuspendTenantRequest { tenant_id: untrack(id), reason: reason.get_untracked(), contact: contact.get_untracked() };
        let call = async move {
            let call = async |transport, request| TenantServiceClient::new(transport).suspend_tenant(request).await;
            api.write(&act, request, call).await
        };
        use_elevated().send(TENANTS.name, (form, open), call, move |reply| {
            closing.set(None);
            changed.run(reply.tenant.unwrap_or_default());
            toasts.say(t!("Suspended: its people read why and whom to ask"));
        });
    };
    let title = Signal::derive(move || t!("Suspend {name}?", name = name()));
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Danger busy=form.busy disabled_because=refused on_click=move |_| send(())>{t!("Suspend now")}</Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <div class="note is-warning">
                    <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                    <span>{t!("All its people are shut out at once, in the middle of what they do. Nothing is lost, and you can resume it any time.")}</span>
                </div>
                <TextArea name="reason" label=t!("Reason") value=reason max_length=500 help=t!("Everybody of the company reads this.")/>
                <TextField name="contact" label=t!("Whom they can ask") value=contact max_length=200 help=t!("A name, an address, a number.")/>
                <TextField
                    name="confirm"
                    label=Signal::derive(move || t!("Type “{id}” to confirm", id = id()))
                    value=typed
                    autocomplete="off"
                />
            </Form>
        </Dialog>
    }
}
