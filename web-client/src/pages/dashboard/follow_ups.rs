//! Follow-ups of everybody this person answers for, the longest overdue first.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    format,
    load::{Load, Loaded},
};

use super::needs::due_filter;
use crate::{
    api::{address, may, me},
    pages::{lead::record, tasks::row::DueDay},
    parts::{
        directory::{Directory, Person, use_directory},
        noun::LEAD,
    },
};

/// Leads read, of which one's own fall away: those need oneself.
const LEADS: i32 = 30;
const LINES: usize = 8;

/// Owners and managers see more leads than their own.
pub fn answers_for_others() -> bool {
    may("lead.read") && matches!(me().role(), pb::Role::Owner | pb::Role::Manager)
}

pub fn use_follow_ups() -> Load<Vec<pb::Lead>> {
    Load::new(|| async {
        if !answers_for_others() {
            return Ok(Vec::new());
        }
        others(&format::today()).await
    })
}

async fn others(today: &str) -> Result<Vec<pb::Lead>, ApiError> {
    let request = pb::ListLeadsRequest {
        page_size: LEADS,
        order_by: "follow_up_on".to_owned(),
        filter: due_filter(today).await?,
        ..pb::ListLeadsRequest::default()
    };
    let own = me().user.unwrap_or_default().id;
    let leads = record::list(request).await?.leads.into_iter();
    Ok(leads.filter(|lead| lead.owner_id != own && lead.assignee_id != own).collect())
}

/// `due` is how many there are in all.
#[component]
pub fn FollowUps(leads: Load<Vec<pb::Lead>>, #[prop(into)] due: Signal<String>) -> impl IntoView {
    let directory = use_directory();
    let all = address(&format!("leads?f.follow_up_until={}&f.converted=false", format::today()));
    let none = move || leads.with(|leads| leads.is_some_and(Vec::is_empty));
    view! {
        <section class="card" aria-labelledby="follow-head" hidden=none>
            <div class="card-head">
                <h2 id="follow-head">{t!("Follow-ups of the team")}</h2>
                <span class="count">{due}</span>
                <a class="push t-12" href=all>{t!("All follow-ups")}</a>
            </div>
            <Loaded load=leads what=t!("Follow-ups") let:shown>
                <ul class="list is-link">
                    {shown.into_iter().take(LINES).map(|lead| view! { <Line lead directory/> }).collect_view()}
                </ul>
            </Loaded>
        </section>
    }
}

#[component]
fn Line(lead: pb::Lead, directory: Directory) -> impl IntoView {
    let who = if lead.assignee_id.is_empty() { lead.owner_id.clone() } else { lead.assignee_id.clone() };
    let company = if lead.company.is_empty() { lead.contact_name.clone() } else { lead.company.clone() };
    view! {
        <li class="dash-line">
            <div class="grow truncate">
                <a class="medium dash-link" href=LEAD.address(&lead.id)>{lead.name.clone()}</a>
                " "
                <span class="muted">{company}</span>
            </div>
            <span class="dash-who not-phone"><Person directory id=who/></span>
            <span class="dash-due"><DueDay day=lead.follow_up_on/></span>
        </li>
    }
    .into_any()
}
