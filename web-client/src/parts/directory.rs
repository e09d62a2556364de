//! The people and teams of the company: names for ids, and fields to choose one.

use std::cell::RefCell;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use web_kit::{
    api::{Api, error::ApiError, use_api},
    badge::Avatar,
    field::{Choice, ComboItem, Combobox},
    list::{pages::read_all, rows::Page},
    live::{Heard, use_live},
    load::Load,
};

use crate::api::{me, role_name};

/// The most a page holds.
const PAGE: i32 = 200;

/// Everyone who is or was here, and the teams. Copy it freely.
#[derive(Clone, Copy)]
pub struct Directory {
    members: Load<Vec<pb::Member>>,
    teams: Load<Vec<pb::Team>>,
}

/// The last answer and whose it was, so that a new page shows names at once.
#[derive(Clone, Default)]
struct Known {
    tenant: String,
    members: Vec<pb::Member>,
    teams: Vec<pb::Team>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

fn remember(change: impl FnOnce(&mut Known)) {
    let tenant = me().tenant_id;
    KNOWN.with_borrow_mut(|known| {
        if known.tenant != tenant {
            *known = Known { tenant, ..Known::default() };
        }
        change(known);
    });
}

/// For pages that show or choose people. Asks the server anew with each page.
pub fn use_directory() -> Directory {
    let api = use_api();
    let members = Load::new(move || async move {
        let members = all_members(api).await?;
        remember(|known| known.members.clone_from(&members));
        Ok(members)
    });
    let teams = Load::new(move || async move {
        let teams = all_teams(api).await?;
        remember(|known| known.teams.clone_from(&teams));
        Ok(teams)
    });
    let known = KNOWN.with_borrow(Clone::clone);
    if known.tenant == me().tenant_id {
        if !known.members.is_empty() {
            members.set(known.members);
        }
        if !known.teams.is_empty() {
            teams.set(known.teams);
        }
    }
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "member" => members.reload(),
        Heard::Change(change) if change.entity == "team" => teams.reload(),
        Heard::Reset => {
            members.reload();
            teams.reload();
        }
        Heard::Change(_) => {}
    });
    Directory { members, teams }
}

/// Everybody of the company, page after page.
pub async fn all_members(api: Api) -> Result<Vec<pb::Member>, ApiError> {
    read_all(|page_token| async move {
        let call = async |transport, request| TeamServiceClient::new(transport).list_members(request).await;
        let reply = api.read(pb::ListMembersRequest { page_size: PAGE, page_token }, call).await?;
        Ok(Page { rows: reply.members, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
    })
    .await
}

/// The teams of the company, page after page.
pub async fn all_teams(api: Api) -> Result<Vec<pb::Team>, ApiError> {
    read_all(|page_token| async move {
        let call = async |transport, request| TeamServiceClient::new(transport).list_teams(request).await;
        let reply = api.read(pb::ListTeamsRequest { page_size: PAGE, page_token }, call).await?;
        Ok(Page { rows: reply.teams, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
    })
    .await
}

impl Directory {
    /// Name of a person, followed; empty for no id and until the names are here.
    pub fn person(self, id: &str) -> String {
        let name = |all: &Vec<pb::Member>| all.iter().find(|one| one.id == id).map_or_else(gone, |one| one.display_name.clone());
        if id.is_empty() { String::new() } else { self.members.with(|all| all.map(name).unwrap_or_default()) }
    }

    /// Name of a team, followed; empty as for people.
    pub fn team(self, id: &str) -> String {
        let name = |all: &Vec<pb::Team>| all.iter().find(|one| one.id == id).map_or_else(gone, |one| one.name.clone());
        if id.is_empty() { String::new() } else { self.teams.with(|all| all.map(name).unwrap_or_default()) }
    }

    /// There are teams to choose from.
    pub fn has_teams(self) -> bool {
        self.teams.with(|teams| teams.is_some_and(|all| !all.is_empty()))
    }

    fn active(self) -> Vec<pb::Member> {
        self.members.get().unwrap_or_default().into_iter().filter(|member| !member.disabled).collect()
    }

    /// People who can be given something, by name.
    pub fn people(self) -> Vec<Choice> {
        self.active().into_iter().map(|member| Choice::new(member.id, member.display_name)).collect()
    }

    /// People whom rules can give leads to, by name.
    pub fn workers(self) -> Vec<Choice> {
        let works = |member: &pb::Member| !member.read_only && member.role() != pb::Role::Accountant;
        self.active().into_iter().filter(works).map(|member| Choice::new(member.id, member.display_name)).collect()
    }

    pub fn teams(self) -> Vec<Choice> {
        self.teams.get().unwrap_or_default().into_iter().map(|team| Choice::new(team.id, team.name)).collect()
    }

    /// People as filters offer them: oneself first, then nobody, then the others.
    pub fn people_to_filter(self) -> Signal<Vec<Choice>> {
        Signal::derive(move || {
            let own = me().user.unwrap_or_default();
            let mut choices = vec![Choice::new(own.id.clone(), t!("{display_name} (me)", display_name = own.display_name))];
            choices.push(Choice::new(NOBODY, t!("Nobody")));
            choices.extend(self.people().into_iter().filter(|choice| choice.value != own.id));
            choices
        })
    }

    pub fn teams_to_filter(self) -> Signal<Vec<Choice>> {
        Signal::derive(move || std::iter::once(Choice::new(NOBODY, t!("No team"))).chain(self.teams()).collect::<Vec<_>>())
    }
}

/// How requests write "no one", in filters and in assignments.
pub const NOBODY: &str = "none";

/// An id that nobody here has any more.
fn gone() -> String {
    t!("No longer here").to_owned()
}

/// A person as a row of a table or a panel shows one: initials and name, or "Nobody".
#[component]
pub fn Person(directory: Directory, #[prop(into)] id: String) -> impl IntoView {
    move || {
        let name = directory.person(&id);
        if id.is_empty() {
            return view! { <span class="muted">{t!("Nobody")}</span> }.into_any();
        }
        view! {
            <span class="row person">
                <Avatar name=name.clone()/>
                <span class="truncate">{name}</span>
            </span>
        }
        .into_any()
    }
}

/// Chooses a person of the company by typing.
#[component]
pub fn PersonField(
    directory: Directory,
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] help: Option<String>,
) -> impl IntoView {
    let items = Signal::derive(move || {
        // Somebody who can no longer act still shows where they are chosen.
        let chosen = value.get();
        directory
            .members
            .get()
            .unwrap_or_default()
            .into_iter()
            .filter(|member| !member.disabled || member.id == chosen)
            .map(|member| {
                let hint = role_name(member.role());
                ComboItem::new(member.id, member.display_name).with_hint(hint)
            })
            .collect::<Vec<_>>()
    });
    match help {
        Some(help) => view! { <Combobox name label value items optional=true people=true help/> }.into_any(),
        None => view! { <Combobox name label value items optional=true people=true/> }.into_any(),
    }
}

/// Chooses a team; nothing where the company has none.
#[component]
pub fn TeamField(directory: Directory, name: &'static str, value: RwSignal<String>) -> impl IntoView {
    let items = Signal::derive(move || {
        directory.teams().into_iter().map(|team| ComboItem::new(team.value, team.label)).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || directory.has_teams()>
            <Combobox name label=t!("Team") value items optional=true/>
        </Show>
    }
}
