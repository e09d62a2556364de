//! One audit record in the right panel.

use leptos::prelude::*;
use streamflow_proto::client::v1::AuditRecord;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    audit::{self, Kept},
    badge::{Avatar, Status, Tag},
    browser,
    button::{Button, IconButton},
    format::{date, zone},
    icon::glyphs,
    list::query::ListQuery,
    toast::use_toasts,
};

use super::words;
use crate::parts::field;

#[component]
pub fn Detail(record: AuditRecord, query: ListQuery, #[prop(into)] close: Callback<()>) -> impl IntoView {
    let (tone, glyph, outcome) = audit::outcome(&record.outcome);
    let who = words::who(&record);
    let role = words::entity(&record.actor_role.to_lowercase());
    let request = record.correlation_id.clone();
    let copy = move |_| {
        let request = request.clone();
        spawn_local(async move {
            use_toasts().say(browser::copy(&request).await.map_or_else(|refused| refused, |()| t!("Number copied")));
        });
    };
    view! {
        <div class="panel-section">
            <div class="row">
                <h2 class="t-14 grow">{audit::action(&record.path)}</h2>
                <IconButton label=t!("Close panel") glyph=glyphs::XMARK small=true class="panel-close" on_click=move |_| close.run(())/>
            </div>
            <dl class="kv">
                <dt>{t!("Result")}</dt>
                <dd><Status tone glyph text=outcome/></dd>
                <dt>{t!("Record")}</dt>
                <dd><RecordLink record=record.clone() long=true/></dd>
                <dt>{t!("Who")}</dt>
                <dd><span class="row person"><Avatar name=who.clone()/>{who}</span></dd>
                <dt>{t!("Role")}</dt>
                <dd>{if role.is_empty() { t!("None").to_owned() } else { role }}</dd>
                <dt>{t!("When")}</dt>
                <dd class="tnum">{exact(&record)}</dd>
                <dt>{t!("From")}</dt>
                <dd class="mono">{record.ip.clone()}</dd>
                <dt>{t!("Kind")}</dt>
                <dd>{words::category(&record.category).to_owned()}</dd>
                <dt>{t!("Request")}</dt>
                <dd class="row">
                    <span class="mono audit-id">{record.correlation_id.clone()}</span>
                    <IconButton label=t!("Copy the number") glyph=glyphs::COPY small=true on_click=copy/>
                </dd>
                <dt>{t!("Call")}</dt>
                <dd class="mono audit-id">{record.path.clone()}</dd>
            </dl>
        </div>
        <Changed record=record.clone()/>
        <Kept payload=record.payload.clone()/>
        <Narrow record query/>
    }
    .into_any()
}

/// "20 Nov 2026, 13:36:04".
fn exact(record: &AuditRecord) -> String {
    let Some(at) = record.at else { return String::new() };
    date::moment_to_second(zone::local(at.seconds))
}

/// What the request was about; a link where it has a page.
#[component]
pub fn RecordLink(record: AuditRecord, #[prop(optional)] long: bool) -> impl IntoView {
    if record.entity.is_empty() {
        return view! { <span class="muted">{t!("None")}</span> }.into_any();
    }
    let id = if long { record.entity_id.clone() } else { words::short_id(&record.entity_id) };
    let words = view! {
        {words::entity(&record.entity)}
        " "
        <span class="mono muted audit-id">{id}</span>
    };
    match words::record_address(&record) {
        Some(address) => view! { <a href=address>{words}</a> }.into_any(),
        None => words.into_any(),
    }
}

#[component]
fn Changed(record: AuditRecord) -> impl IntoView {
    let has_page = words::record_address(&record).is_some();
    (!record.changed_fields.is_empty()).then(|| {
        let tags = record.changed_fields.iter().map(|path| view! { <Tag text=field::label(path)/> }).collect_view();
        view! {
            <div class="panel-section">
                <h2 class="section-label audit-head">{t!("What changed")}</h2>
                <div class="row row-wrap">{tags}</div>
                {has_page.then(|| view! { <p class="t-12 muted audit-note">{t!("Old and new values are in the record’s own history.")}</p> })}
            </div>
        }
    })
}

/// From one record to all like it.
#[component]
fn Narrow(record: AuditRecord, query: ListQuery) -> impl IntoView {
    let only = move |chip: &'static str, value: String| move |_| query.update(|state| state.set_filter(chip, &value));
    let person = (!record.actor_id.is_empty()).then(|| {
        view! {
            <Button small=true block=true glyph=glyphs::USER on_click=only("actor_id", record.actor_id.clone())>
                {t!("Only this person")}
            </Button>
        }
    });
    let about = (!record.entity_id.is_empty()).then(|| {
        view! {
            <Button small=true block=true glyph=glyphs::FILTER on_click=only("entity_id", record.entity_id.clone())>
                {t!("Only this record")}
            </Button>
        }
    });
    (person.is_some() || about.is_some()).then(|| view! { <div class="panel-section stack">{person}{about}</div> })
}
