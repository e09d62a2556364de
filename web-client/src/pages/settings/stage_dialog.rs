//! Makes a stage, or renames one.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, LeadStageKind, lead_stage_service_client::LeadStageServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Choice, SelectField, TextField},
    form::{Form, FormState},
    load::Load,
    toast::use_toasts,
};

use super::stages::kind_name;

const KINDS: [LeadStageKind; 3] = [LeadStageKind::Open, LeadStageKind::Won, LeadStageKind::Lost];

#[component]
pub fn StageDialog(asked: RwSignal<Option<pb::LeadStage>>, stages: Load<Vec<pb::LeadStage>>) -> impl IntoView {
    let api = use_api();
    let open = RwSignal::new(false);
    let form = FormState::new();
    let (name, kind) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    Effect::new(move |_| {
        let stage = asked.get();
        if let Some(stage) = &stage {
            name.set(stage.name.clone());
            kind.set(stage.kind().as_str_name().to_owned());
            form.saved();
        }
        open.set(stage.is_some());
    });
    let is_new = move || asked.with(|stage| stage.as_ref().is_none_or(|stage| stage.id.is_empty()));
    let send = move |()| {
        let Some(before) = asked.get_untracked() else { return };
        let creates = before.id.is_empty();
        let kind = kind.with_untracked(|name| LeadStageKind::from_str_name(name)).unwrap_or_default();
        let stage = Some(pb::LeadStage { name: name.get_untracked(), kind: kind.into(), ..before });
        let act = form.act();
        let call = async move {
            if creates {
                let call = async |transport, request| LeadStageServiceClient::new(transport).create_lead_stage(request).await;
                return api.write(&act, pb::CreateLeadStageRequest { stage }, call).await.map(|reply| reply.stage);
            }
            let call = async |transport, request| LeadStageServiceClient::new(transport).update_lead_stage(request).await;
            let answer = api.write(&act, pb::UpdateLeadStageRequest { stage }, call).await.map(|reply| reply.stage);
            let current = answer.as_ref().err().and_then(|error| error.detail("streamflow.client.v1.LeadStage"));
            if current.is_some() {
                asked.update_untracked(|asked| *asked = current);
            }
            answer
        };
        form.send(call, move |stage| {
            use_toasts().say(t!("Stage {name} saved", name = stage.unwrap_or_default().name));
            asked.set(None);
            stages.reload();
        });
    };
    let title = Signal::derive(move || if is_new() { t!("New stage") } else { t!("Rename the stage") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Save stage")}</Button>
        }
    });
    let kinds = Signal::stored(KINDS.map(|kind| Choice::new(kind.as_str_name(), kind_name(kind))).to_vec());
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <TextField name="stage.name" label=t!("Name") value=name max_length=40 autofocus=true/>
                {move || is_new().then(|| view! {
                    <SelectField name="stage.kind" label=t!("Leads in it are") value=kind choices=kinds
                        help=t!("Can’t be changed later.")/>
                })}
            </Form>
        </Dialog>
    }
    .into_any()
}
