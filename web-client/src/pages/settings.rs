//! What owners decide for the whole company: its name and money, its features, its own fields, its pipeline.

mod company;
mod field_dialog;
mod fields;
mod modules;
mod stage_dialog;
mod stages;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use streamflow_proto::client::v1::{self as pb, org_service_client::OrgServiceClient};
use web_kit::{
    api::{error::ApiError, use_api},
    field::Choice,
    layout::use_page,
    live::{Heard, use_live},
    load::{Load, Loaded},
    tabs::Tabs,
};

use self::{company::Company, fields::Fields, modules::Modules, stages::Stages};
use crate::api::{address, may};

async fn org() -> Result<pb::Org, ApiError> {
    let call = async |transport, request| OrgServiceClient::new(transport).get_org(request).await;
    Ok(use_api().read(pb::GetOrgRequest {}, call).await?.org.unwrap_or_default())
}

/// The part is in the address, so that a link leads to it.
#[component]
pub fn SettingsPage() -> impl IntoView {
    use_page("Settings").canvas();
    let params = use_params_map();
    let part = move || params.with(|map| map.get("part").unwrap_or_default());
    let tab = RwSignal::new(untrack(part));
    Effect::new(move |_| {
        let part = part();
        tab.set(if part.is_empty() { "company".to_owned() } else { part });
    });
    let navigate = use_navigate();
    Effect::new(move |before: Option<String>| {
        let now = tab.get();
        if before.is_some_and(|before| before != now) {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&address(&format!("settings/{now}")), options);
        }
        now
    });
    let tabs = Signal::derive(|| {
        let mut tabs =
            vec![Choice::new("company", "Company"), Choice::new("features", "Features"), Choice::new("fields", "Fields")];
        if may("lead_stage.write") {
            tabs.push(Choice::new("pipeline", "Pipeline"));
        }
        tabs
    });
    let org = Load::new(org);
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "org" => org.reload(),
        Heard::Reset => org.reload(),
        Heard::Change(_) => {}
    });
    view! {
        <div class="settings">
            <Tabs label="Settings" current=tab tabs>
                {move || match &*tab.get() {
                    "features" => view! { <Loaded load=org what="Features" let:one><Modules one org/></Loaded> }.into_any(),
                    "fields" => view! { <Fields/> }.into_any(),
                    "pipeline" => view! { <Stages/> }.into_any(),
                    _ => view! { <Loaded load=org what="Company" let:one><Company one org/></Loaded> }.into_any(),
                }}
            </Tabs>
        </div>
    }
}
