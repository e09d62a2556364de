//! The company's own fields on customers and leads: made, changed, ordered, archived.

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    self as pb, CustomFieldType, RecordKind, custom_field_service_client::CustomFieldServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Badge, Tone},
    button::Button,
    error_panel::ErrorNote,
    icon::glyphs,
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::{field_dialog::FieldDialog, order::Reorder};
use crate::parts::custom;

#[component]
pub fn Fields() -> impl IntoView {
    let asked = RwSignal::new(None::<pb::CustomField>);
    let problem = RwSignal::new(None::<ApiError>);
    view! {
        {move || problem.get().map(|error| view! { <ErrorNote error/> })}
        <OfKind kind=RecordKind::Customer title=t!("Fields of customers") asked problem/>
        <OfKind kind=RecordKind::Lead title=t!("Fields of leads") asked problem/>
        <FieldDialog asked/>
    }
}

#[component]
fn OfKind(
    kind: RecordKind,
    title: &'static str,
    asked: RwSignal<Option<pb::CustomField>>,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let new = move |_| {
        asked.set(Some(pb::CustomField { kind: kind.into(), r#type: CustomFieldType::Text.into(), ..Default::default() }));
    };
    let rows = move || {
        let fields: Vec<_> = custom::all().into_iter().filter(|field| field.kind() == kind).collect();
        if fields.is_empty() {
            let text = t!("None yet. A field of your own stands on each record, in lists, filters, imports and exports.");
            return view! { <p class="card-body muted">{text}</p> }.into_any();
        }
        let live: Vec<String> = fields.iter().filter(|field| field.archived_at.is_none()).map(|field| field.id.clone()).collect();
        let rows = fields
            .into_iter()
            .map(|field| {
                let order = live.clone();
                view! { <Row field order asked problem/> }
            })
            .collect_view();
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card" aria-label=title>
            <div class="card-head">
                <h2>{title}</h2>
                <span class="grow"></span>
                <Button small=true glyph=glyphs::PLUS on_click=new>{t!("New field")}</Button>
            </div>
            {rows}
        </section>
    }
    .into_any()
}

#[component]
fn Row(
    field: pb::CustomField,
    /// Ids of the live fields of its kind, in order.
    order: Vec<String>,
    asked: RwSignal<Option<pb::CustomField>>,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let away = field.archived_at.is_some();
    let (kind, id) = (field.kind(), field.id.clone());
    let (label, about) = (field.label.clone(), about(&field));
    let menu = t!("Change {label}", label);
    let items = Signal::derive(move || {
        let (edit, put) = (field.clone(), field.clone());
        let mut items = Vec::new();
        if !away {
            items.push(MenuItem::new(t!("Change"), move || asked.set(Some(edit.clone()))).glyph(glyphs::PEN));
        }
        let (word, glyph) = if away { (t!("Restore"), glyphs::ROTATE_LEFT) } else { (t!("Archive"), glyphs::BOX_ARCHIVE) };
        items.push(MenuItem::new(word, move || archive(put.clone(), !away, problem)).glyph(glyph));
        items
    });
    view! {
        <li>
            <div class="grow">
                <div class="row">
                    <span class="medium truncate" class:muted=away>{label.clone()}</span>
                    {away.then(|| view! { <Badge tone=Tone::Neutral text=t!("Archived")/> })}
                </div>
                <div class="t-12 muted truncate">{about}</div>
            </div>
            <Reorder order id name=label on_move=move |ids| reorder(kind, ids, problem)/>
            <div class="pop-end"><Menu label=menu glyph=glyphs::ELLIPSIS icon_only=true items/></div>
        </li>
    }
    .into_any()
}

/// "Choice, required: House, Flat".
fn about(field: &pb::CustomField) -> String {
    let mut text = type_name(field.r#type()).to_owned();
    if !field.unit.is_empty() {
        text = t!("{text} in {unit}", text, unit = field.unit);
    }
    if field.required {
        text.push_str(t!(", required"));
    }
    if !field.choices.is_empty() {
        text = format!("{text}: {}", field.choices.join(", "));
    }
    text
}

pub fn type_name(holds: CustomFieldType) -> &'static str {
    match holds {
        CustomFieldType::Lines => t!("Several lines"),
        CustomFieldType::Number => t!("Number"),
        CustomFieldType::Date => t!("Date"),
        CustomFieldType::Choice => t!("Choice"),
        CustomFieldType::Checkbox => t!("Yes or no"),
        CustomFieldType::Text | CustomFieldType::Unspecified => t!("One line"),
    }
}

fn reorder(kind: RecordKind, field_ids: Vec<String>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let request = pb::ReorderCustomFieldsRequest { kind: kind.into(), field_ids };
        let call = async |transport, request| CustomFieldServiceClient::new(transport).reorder_custom_fields(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        custom::reload();
        problem.try_set(answer.err());
    });
}

fn archive(field: pb::CustomField, archived: bool, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let request = pb::ArchiveCustomFieldRequest { field_id: field.id.clone(), archived };
        let call = async |transport, request| CustomFieldServiceClient::new(transport).archive_custom_field(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        custom::reload();
        if answer.is_ok() && archived {
            let told = t!("{field} archived; what records hold in it stays", field = field.label);
            use_toasts().say_with_undo(told, move || archive(field.clone(), false, problem));
        }
        problem.try_set(answer.err());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_in_a_line() {
        let field = pb::CustomField {
            r#type: CustomFieldType::Choice.into(),
            required: true,
            choices: vec!["House".into(), "Flat".into()],
            ..Default::default()
        };
        assert_eq!(about(&field), "Choice, required: House, Flat");
        let field = pb::CustomField { r#type: CustomFieldType::Number.into(), unit: "m²".into(), ..Default::default() };
        assert_eq!(about(&field), "Number in m²");
    }
}
