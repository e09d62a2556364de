//! What is decided for the whole company: its name and money, its features, its own fields, its pipeline, its kinds of work, who gets its
//! leads, who needs a second factor, who of the support may look.

mod checklist;
mod closing;
mod company;
pub mod data;
mod field_dialog;
mod fields;
mod modules;
mod order;
mod rule_dialog;
mod rule_draft;
mod rule_words;
mod rules;
mod security;
mod stage_dialog;
mod stages;
mod support;
mod work_order_type_dialog;
mod work_order_types;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use streamflow_proto::client::v1::{self as pb, org_service_client::OrgServiceClient};
use web_kit::{
    api::{error::ApiError, use_api},
    button::{Kind, LinkButton},
    empty::EmptyState,
    field::Choice,
    layout::use_page,
    live::{Heard, use_live},
    load::{Load, Loaded},
    tabs::Tabs,
};

use self::{
    company::Company, data::Data, fields::Fields, modules::Modules, rules::Rules, security::Security, stages::Stages,
    support::Support, work_order_types::WorkOrderTypes,
};
use crate::api::{address, may};

async fn org() -> Result<pb::Org, ApiError> {
    let call = async |transport, request| OrgServiceClient::new(transport).get_org(request).await;
    Ok(use_api().read(pb::GetOrgRequest {}, call).await?.org.unwrap_or_default())
}

/// What this person may decide.
fn tabs() -> Vec<Choice> {
    let parts = [
        ("company", t!("Company"), "org.read"),
        ("features", t!("Features"), "org.read"),
        ("fields", t!("Fields"), "custom_field.write"),
        ("pipeline", t!("Pipeline"), "lead_stage.write"),
        ("assignment", t!("Lead assignment"), "assignment_rule.read"),
        ("work-orders", t!("Work orders"), "org.read"),
        ("security", t!("Security"), "org.read"),
        ("support", t!("Support"), "support_session.read"),
        ("data", t!("Data"), "org_data.export"),
    ];
    parts.into_iter().filter(|(.., right)| may(right)).map(|(part, label, _)| Choice::new(part, label)).collect()
}

/// The part is in the address, so that a link leads to it.
#[component]
pub fn SettingsPage() -> impl IntoView {
    use_page(t!("Settings")).canvas();
    if tabs().is_empty() {
        return view! { <NotYours/> }.into_any();
    }
    view! { <Parts/> }.into_any()
}

#[component]
fn Parts() -> impl IntoView {
    let params = use_params_map();
    let tabs = Signal::derive(tabs);
    // A part that is not this person's leads to the first that is.
    let part = move || {
        let part = params.with(|map| map.get("part").unwrap_or_default());
        tabs.with(|tabs| {
            let known = tabs.iter().find(|tab| tab.value == part).or(tabs.first());
            known.map(|tab| tab.value.clone()).unwrap_or_default()
        })
    };
    let tab = RwSignal::new(untrack(part));
    Effect::new(move |_| tab.set(part()));
    let navigate = use_navigate();
    Effect::new(move |before: Option<String>| {
        let now = tab.get();
        if before.is_some_and(|before| before != now) {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&address(&format!("settings/{now}")), options);
        }
        now
    });
    let company = may("org.read").then(|| Load::new(org));
    use_live(move |heard| match (heard, company) {
        (Heard::Change(change), Some(org)) if change.entity == "org" => org.reload(),
        (Heard::Reset, Some(org)) => org.reload(),
        _ => {}
    });
    view! {
        <div class="settings">
            <Tabs label=t!("Settings") current=tab tabs>
                {move || match (&*tab.get(), company) {
                    ("fields", _) => view! { <Fields/> }.into_any(),
                    ("pipeline", _) => view! { <Stages/> }.into_any(),
                    ("assignment", _) => view! { <Rules/> }.into_any(),
                    ("work-orders", _) => view! { <WorkOrderTypes/> }.into_any(),
                    ("security", _) => view! { <Security/> }.into_any(),
                    ("support", _) => view! { <Support/> }.into_any(),
                    ("data", _) => view! { <Data/> }.into_any(),
                    ("features", Some(org)) => {
                        view! { <Loaded load=org what=t!("Features") let:one><Modules one org/></Loaded> }.into_any()
                    }
                    (_, Some(org)) => view! { <Loaded load=org what=t!("Company") let:one><Company one org/></Loaded> }.into_any(),
                    _ => ().into_any(),
                }}
            </Tabs>
        </div>
    }
    .into_any()
}

/// For people who decide nothing here and have typed the address.
#[component]
fn NotYours() -> impl IntoView {
    let actions = ViewFn::from(|| {
        view! { <LinkButton href=address("dashboard") kind=Kind::Primary>{t!("Go to the dashboard")}</LinkButton> }
    });
    let text = t!("What is decided for the whole company is decided by its owners. Your own settings are on your profile.");
    view! { <EmptyState title=t!("Settings are for owners") text actions/> }
}
