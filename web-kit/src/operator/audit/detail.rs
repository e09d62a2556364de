//! One audit record beside the list.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::words;
use crate::{
    audit::Kept,
    badge::Status,
    browser,
    button::IconButton,
    icon::glyphs,
    operator::{AuditLine, Manner},
    toast::use_toasts,
};

#[component]
pub fn Detail(line: AuditLine, manner: Manner, #[prop(into)] close: Callback<()>) -> impl IntoView {
    let (tone, glyph, outcome) = words::outcome(&line.category, &line.outcome);
    let about = if line.entity_id.is_empty() { line.entity.clone() } else { format!("{} {}", line.entity, line.entity_id) };
    view! {
        <div class="panel-section">
            <div class="row">
                <h2 class="t-14 grow">{words::action(&line.path)}</h2>
                <IconButton label=t!("Close panel") glyph=glyphs::XMARK small=true class="panel-close" on_click=move |_| close.run(())/>
            </div>
            <dl class="kv">
                <dt>{t!("Result")}</dt>
                <dd><Status tone glyph text=outcome/></dd>
                <dt>{t!("Who")}</dt>
                <dd>{words::who(&line)}</dd>
                {fact(t!("Role"), words::role(&line.role), false)}
                <dt>{manner.time_head()}</dt>
                <dd class="tnum">{manner.second(line.at.as_ref())}</dd>
                {fact(t!("Address"), line.ip.clone(), true)}
                <dt>{t!("Kind")}</dt>
                <dd>{words::category(&line.category).to_owned()}</dd>
                {fact(t!("About"), about, true)}
                <dt>{t!("Number")}</dt>
                <dd class="row"><Number id=line.correlation_id.clone()/></dd>
                {fact(t!("Call"), line.path.clone(), true)}
            </dl>
        </div>
        <Kept payload=line.payload/>
    }
    .into_any()
}

/// A name and its value, where there is one.
fn fact(name: &'static str, value: String, exact: bool) -> impl IntoView {
    let class = if exact { "mono" } else { "" };
    (!value.is_empty()).then(|| view! { <dt>{name}</dt><dd class=class>{value}</dd> })
}

/// What a person quotes to support.
#[component]
fn Number(id: String) -> impl IntoView {
    let toasts = use_toasts();
    let shown = id.clone();
    let copy = move |_| {
        let id = id.clone();
        spawn_local(async move {
            toasts.say(browser::copy(&id).await.map_or_else(|refused| refused, |()| t!("Number copied")));
        });
    };
    view! {
        <span class="mono grow">{shown}</span>
        <IconButton label=t!("Copy the number") glyph=glyphs::COPY small=true on_click=copy/>
    }
}
