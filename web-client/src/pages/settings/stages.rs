//! The stages of the pipeline: made, renamed, ordered, archived.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, LeadStageKind, lead_stage_service_client::LeadStageServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::Button,
    error_panel::ErrorNote,
    icon::glyphs,
    live::{Heard, use_live},
    load::{Load, Loaded},
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::{order::Reorder, stage_dialog::StageDialog};
use crate::pages::lead::record;

/// What the rows need.
#[derive(Clone, Copy)]
struct Pipeline {
    stages: Load<Vec<pb::LeadStage>>,
    asked: RwSignal<Option<pb::LeadStage>>,
    problem: RwSignal<Option<ApiError>>,
}

#[component]
pub fn Stages() -> impl IntoView {
    let stages = Load::new(record::stages);
    let pipeline = Pipeline { stages, asked: RwSignal::new(None), problem: RwSignal::new(None) };
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "lead_stage" => stages.reload(),
        Heard::Reset => stages.reload(),
        Heard::Change(_) => {}
    });
    let new = move |_| pipeline.asked.set(Some(pb::LeadStage { kind: LeadStageKind::Open.into(), ..Default::default() }));
    view! {
        {move || pipeline.problem.get().map(|error| view! { <ErrorNote error/> })}
        <section class="card" aria-labelledby="pipeline-head">
            <div class="card-head">
                <h2 id="pipeline-head">{t!("Stages of the pipeline")}</h2>
                <span class="grow"></span>
                <Button small=true glyph=glyphs::PLUS on_click=new>{t!("New stage")}</Button>
            </div>
            <Loaded load=stages what=t!("Stages") let:all>
                {
                    let order: Vec<String> = all.iter().map(|stage| stage.id.clone()).collect();
                    let rows = all
                        .into_iter()
                        .map(|stage| {
                            let order = order.clone();
                            view! { <Row stage order pipeline/> }
                        })
                        .collect_view();
                    view! { <ul class="list">{rows}</ul> }
                }
            </Loaded>
        </section>
        <StageDialog asked=pipeline.asked stages/>
    }
}

#[component]
fn Row(stage: pb::LeadStage, order: Vec<String>, pipeline: Pipeline) -> impl IntoView {
    let (id, name) = (stage.id.clone(), stage.name.clone());
    let about = format!("{}, {}", kind_name(stage.kind()), n!(stage.lead_count.into(), "{count} lead", "{count} leads"));
    let menu = t!("Change {name}", name);
    let items = Signal::derive(move || {
        let (edit, put) = (stage.clone(), stage.clone());
        vec![
            MenuItem::new(t!("Rename"), move || pipeline.asked.set(Some(edit.clone()))).glyph(glyphs::PEN),
            MenuItem::new(t!("Archive"), move || archive(put.clone(), true, pipeline)).glyph(glyphs::BOX_ARCHIVE),
        ]
    });
    view! {
        <li>
            <div class="grow">
                <div class="medium truncate">{name.clone()}</div>
                <div class="t-12 muted">{about}</div>
            </div>
            <Reorder order id name on_move=move |ids| reorder(ids, pipeline)/>
            <div class="pop-end"><Menu label=menu glyph=glyphs::ELLIPSIS icon_only=true items/></div>
        </li>
    }
    .into_any()
}

pub fn kind_name(kind: LeadStageKind) -> &'static str {
    match kind {
        LeadStageKind::Won => t!("Won"),
        LeadStageKind::Lost => t!("Lost"),
        LeadStageKind::Open | LeadStageKind::Unspecified => t!("Open"),
    }
}

fn reorder(stage_ids: Vec<String>, pipeline: Pipeline) {
    spawn_local(async move {
        let request = pb::ReorderLeadStagesRequest { stage_ids };
        let call = async |transport, request| LeadStageServiceClient::new(transport).reorder_lead_stages(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        if pipeline.problem.try_set(answer.err()).is_none() {
            pipeline.stages.reload();
        }
    });
}

fn archive(stage: pb::LeadStage, archived: bool, pipeline: Pipeline) {
    spawn_local(async move {
        let request = pb::ArchiveLeadStageRequest { stage_id: stage.id.clone(), archived };
        let call = async |transport, request| LeadStageServiceClient::new(transport).archive_lead_stage(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        if answer.is_ok() && archived {
            let told = t!("{name} archived", name = stage.name);
            use_toasts().say_with_undo(told, move || archive(stage.clone(), false, pipeline));
        }
        if pipeline.problem.try_set(answer.err()).is_none() {
            pipeline.stages.reload();
        }
    });
}
