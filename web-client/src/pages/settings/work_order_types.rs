//! Kinds of work the company does, with their checklists: made, changed, ordered, deleted.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, work_order_type_service_client::WorkOrderTypeServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Badge, Tone},
    button::Button,
    dialog::ConfirmDialog,
    empty::EmptyState,
    error_panel::ErrorNote,
    icon::glyphs,
    live::{Heard, use_live},
    load::{Load, Loaded},
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::{order::Reorder, work_order_type_dialog::WorkOrderTypeDialog};
use crate::api::may;

/// What the rows need.
#[derive(Clone, Copy)]
struct Catalogue {
    types: Load<Vec<pb::WorkOrderType>>,
    /// To change; a new one has no key.
    asked: RwSignal<Option<pb::WorkOrderType>>,
    leaving: RwSignal<Option<pb::WorkOrderType>>,
    problem: RwSignal<Option<ApiError>>,
}

async fn types() -> Result<Vec<pb::WorkOrderType>, ApiError> {
    let call = async |transport, request| WorkOrderTypeServiceClient::new(transport).list_work_order_types(request).await;
    Ok(use_api().read(pb::ListWorkOrderTypesRequest {}, call).await?.work_order_types)
}

#[component]
pub fn WorkOrderTypes() -> impl IntoView {
    let types = Load::new(types);
    let (asked, leaving) = (RwSignal::new(None), RwSignal::new(None));
    let catalogue = Catalogue { types, asked, leaving, problem: RwSignal::new(None) };
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "work_order_type" => types.reload(),
        Heard::Reset => types.reload(),
        Heard::Change(_) => {}
    });
    let new = move || asked.set(Some(pb::WorkOrderType::default()));
    let writes = may("work_order_type.write");
    view! {
        {move || catalogue.problem.get().map(|error| view! { <ErrorNote error/> })}
        <section class="card" aria-labelledby="work-order-types-head">
            <div class="card-head">
                <h2 id="work-order-types-head">{t!("Work-order types")}</h2>
                <span class="grow"></span>
                {writes.then(|| view! { <Button small=true glyph=glyphs::PLUS on_click=move |_| new()>{t!("New type")}</Button> })}
            </div>
            <p class="card-body t-12 muted">
                {t!("The kinds of work your company does, each with its checklist. If you chose an industry when the company was set up, it brought the first ones.")}
            </p>
            <Loaded load=types what=t!("Work-order types") let:all>
                {if all.is_empty() {
                    view! { <EmptyState title=t!("No types yet") text=t!("A type names a kind of work, like a repair, and lists what has to be done each time.")/> }
                        .into_any()
                } else {
                    let order: Vec<String> = all.iter().map(|one| one.key.clone()).collect();
                    let rows = all
                        .into_iter()
                        .map(|one| {
                            let order = order.clone();
                            view! { <Row one order catalogue/> }
                        })
                        .collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
        <WorkOrderTypeDialog asked types/>
        {move || leaving.get().map(|one| view! { <DeleteType one catalogue/> })}
    }
}

#[component]
fn Row(one: pb::WorkOrderType, order: Vec<String>, catalogue: Catalogue) -> impl IntoView {
    let (id, name) = (one.key.clone(), one.name.clone());
    let moved = name.clone();
    let menu = t!("Change {name}", name);
    let checklist = checklist(&one);
    let kept = StoredValue::new(one);
    let items = Signal::derive(move || {
        vec![
            MenuItem::new(t!("Change"), move || catalogue.asked.set(Some(kept.get_value()))).glyph(glyphs::PEN),
            MenuItem::new(t!("Delete"), move || catalogue.leaving.set(Some(kept.get_value()))).glyph(glyphs::XMARK).danger(),
        ]
    });
    view! {
        <li class="is-top">
            <div class="grow">
                <div class="medium">{name}</div>
                {checklist}
            </div>
            {may("work_order_type.write").then(|| view! {
                <Reorder order id name=moved on_move=move |keys| reorder(keys, catalogue)/>
                <div class="pop-end"><Menu label=menu glyph=glyphs::ELLIPSIS icon_only=true items/></div>
            })}
        </li>
    }
    .into_any()
}

fn checklist(one: &pb::WorkOrderType) -> AnyView {
    if one.checklist.is_empty() {
        return view! { <div class="t-12 muted">{t!("No checklist")}</div> }.into_any();
    }
    let items = one
        .checklist
        .iter()
        .map(|item| {
            let badge = item.required.then(|| view! { " "<Badge tone=Tone::Neutral text=t!("Required")/> });
            view! { <li>{item.text.clone()}{badge}</li> }
        })
        .collect_view();
    view! { <ol class="checklist t-12 soft">{items}</ol> }.into_any()
}

fn reorder(keys: Vec<String>, catalogue: Catalogue) {
    spawn_local(async move {
        let request = pb::ReorderWorkOrderTypesRequest { keys };
        let call = async |transport, request| WorkOrderTypeServiceClient::new(transport).reorder_work_order_types(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        if catalogue.problem.try_set(answer.err()).is_none() {
            catalogue.types.reload();
        }
    });
}

#[component]
fn DeleteType(one: pb::WorkOrderType, catalogue: Catalogue) -> impl IntoView {
    let open = RwSignal::new(true);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        if !open.get() {
            catalogue.leaving.set(None);
        }
    });
    let items = i64::try_from(one.checklist.len()).unwrap_or_default();
    let key = StoredValue::new(one.key);
    let delete = move |()| {
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let request = pb::DeleteWorkOrderTypeRequest { key: key.get_value() };
            let call =
                async |transport, request| WorkOrderTypeServiceClient::new(transport).delete_work_order_type(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(_) => {
                    use_toasts().say(t!("Type deleted"));
                    catalogue.leaving.set(None);
                    catalogue.types.reload();
                }
                Err(error) => refused.set(Some(error)),
            }
        });
    };
    view! {
        <ConfirmDialog open title=t!("Delete the type {name}?", name = one.name) action=t!("Delete the type") busy on_confirm=delete>
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            {(items > 0).then(|| view! {
                <p>{n!(items, "Its checklist of {count} item goes with it.", "Its checklist of {count} items goes with it.")}</p>
            })}
            <p class="soft">{t!("This can’t be undone.")}</p>
        </ConfirmDialog>
    }
    .into_any()
}
