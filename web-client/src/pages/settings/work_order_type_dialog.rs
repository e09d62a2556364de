//! Makes a work-order type, or changes one.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, work_order_type_service_client::WorkOrderTypeServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::TextField,
    form::{Form, FormState},
    load::Load,
    toast::use_toasts,
};

use super::checklist::{Checklist, Item};

#[component]
pub fn WorkOrderTypeDialog(asked: RwSignal<Option<pb::WorkOrderType>>, types: Load<Vec<pb::WorkOrderType>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let form = FormState::new();
    let (name, items) = (RwSignal::new(String::new()), RwSignal::new(Vec::<Item>::new()));
    Effect::new(move |_| {
        let one = asked.get();
        if let Some(one) = &one {
            name.set(one.name.clone());
            items.set(one.checklist.iter().map(Item::of).collect());
            form.saved();
        }
        open.set(one.is_some());
    });
    let send = move |()| save(asked, types, form, (name, items));
    let is_new = move || asked.with(|one| one.as_ref().is_none_or(|one| one.key.is_empty()));
    let title =
        Signal::derive(move || if is_new() { t!("New work-order type") } else { t!("Change the work-order type") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| send(())>{t!("Save type")}</Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <TextField name="work_order_type.name" label=t!("Name") value=name max_length=60 autofocus=true/>
                <Checklist items/>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn save(
    asked: RwSignal<Option<pb::WorkOrderType>>,
    types: Load<Vec<pb::WorkOrderType>>,
    form: FormState,
    (name, items): (RwSignal<String>, RwSignal<Vec<Item>>),
) {
    let Some(before) = asked.get_untracked() else { return };
    let creates = before.key.is_empty();
    // What the server finds wrong is shown by place, so those left out have to go from the form too.
    if items.with_untracked(|items| items.iter().any(Item::is_blank)) {
        items.update(|items| items.retain(|item| !item.is_blank()));
    }
    let checklist = items.with_untracked(|items| items.iter().map(Item::read).collect());
    let work_order_type = Some(pb::WorkOrderType { name: name.get_untracked(), checklist, ..before });
    let (api, act) = (use_api(), form.act());
    let call = async move {
        if creates {
            let call =
                async |transport, request| WorkOrderTypeServiceClient::new(transport).create_work_order_type(request).await;
            let request = pb::CreateWorkOrderTypeRequest { work_order_type };
            return api.write(&act, request, call).await.map(|reply| reply.work_order_type);
        }
        let call = async |transport, request| WorkOrderTypeServiceClient::new(transport).update_work_order_type(request).await;
        let request = pb::UpdateWorkOrderTypeRequest { work_order_type };
        let answer = api.write(&act, request, call).await.map(|reply| reply.work_order_type);
        let current = answer.as_ref().err().and_then(|error| error.detail("streamflow.client.v1.WorkOrderType"));
        if current.is_some() {
            // What was typed stays; the next save begins from the type as it is now.
            asked.update_untracked(|asked| *asked = current);
        }
        answer
    };
    form.send(call, move |one| {
        use_toasts().say(t!("Type {name} saved", name = one.unwrap_or_default().name));
        asked.set(None);
        types.reload();
    });
}
