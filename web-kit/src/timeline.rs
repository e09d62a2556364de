//! What happened, newest first, grouped by day.

use leptos::prelude::*;
use prost_types::Timestamp;

use crate::{
    badge::Tone,
    format,
    icon::{Glyph, Icon},
};

/// One change of one field, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// One entry.
#[derive(Clone)]
pub struct TimelineEntry {
    pub key: String,
    pub at: Option<Timestamp>,
    pub glyph: Glyph,
    /// Only success, warning, danger and accent are tinted.
    pub tone: Tone,
    /// "Grace Okonkwo changed the phone".
    pub title: String,
    pub changes: Vec<FieldChange>,
    /// A note's own words.
    pub text: String,
}

#[component]
pub fn Timeline(#[prop(into)] entries: Signal<Vec<TimelineEntry>>) -> impl IntoView {
    let items = move || {
        let mut day = String::new();
        entries
            .get()
            .into_iter()
            .flat_map(|entry| {
                let heading = format::day_heading(entry.at.as_ref());
                let head = (heading != day).then(|| {
                    day.clone_from(&heading);
                    view! { <li class="is-day"><h2 class="day">{heading}</h2></li> }.into_any()
                });
                head.into_iter().chain([view! { <Entry entry/> }.into_any()])
            })
            .collect_view()
    };
    view! { <ul class="timeline">{items}</ul> }
}

#[component]
fn Entry(entry: TimelineEntry) -> impl IntoView {
    let exact = format::moment(entry.at.as_ref());
    let changes = entry.changes.into_iter().map(|change| view! { <Diff change/> }).collect_view();
    let text = (!entry.text.is_empty()).then(|| view! { <div class="attach pre-line">{entry.text}</div> });
    view! {
        <li>
            <span class=format!("timeline-dot {}", entry.tone.class())><Icon glyph=entry.glyph/></span>
            <div class="stack gap-1">
                <div>{entry.title}</div>
                {changes}
                {text}
            </div>
            <time title=exact>{format::time(entry.at.as_ref())}</time>
        </li>
    }
    .into_any()
}

/// "field, old struck, new marked". Of a private field neither value is told, only that it changed.
#[component]
pub fn Diff(change: FieldChange) -> impl IntoView {
    if change.before.is_empty() && change.after.is_empty() {
        return view! { <div class="diff t-12"><span class="soft">{change.field}</span><span>{t!("changed")}</span></div> }
            .into_any();
    }
    let before =
        (!change.before.is_empty()).then(|| view! { <del><span class="sr-only">{t!("from ")}</span>{change.before}</del> });
    let after = if change.after.is_empty() { t!("empty").to_owned() } else { change.after };
    view! {
        <div class="diff t-12">
            <span class="soft">{change.field}</span>
            {before}
            <ins><span class="sr-only">{t!("to ")}</span>{after}</ins>
        </div>
    }
    .into_any()
}
