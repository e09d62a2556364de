//! People, roles, teams and invitations.

mod crew;
mod invitations;
mod member_dialog;
mod members;
mod teams;

use leptos::prelude::*;
use web_kit::{
    button::{Button, Kind},
    field::Choice,
    format::number,
    icon::glyphs,
    layout::use_page,
    list::query::use_list_query,
    tabs::Tabs,
};

use self::{
    crew::use_crew,
    invitations::{Invitations, InviteDialog},
    member_dialog::{MemberDialog, RemoveDialog},
    members::{Asked, Members},
    teams::{DeleteTeamDialog, TeamAsked, TeamDialog, Teams},
};
use crate::api::may;

#[component]
pub fn TeamPage() -> impl IntoView {
    let page = use_page(t!("Team")).flush();
    let crew = use_crew();
    let inviting = RwSignal::new(false);
    let tab = use_list_query("").switch("tab", "members");
    let asked = Asked { edit: RwSignal::new(None), remove: RwSignal::new(None) };
    let team_asked = TeamAsked { edit: RwSignal::new(None), delete: RwSignal::new(None) };
    let invites = may("member.invite");
    if invites {
        page.actions.set(Some(ViewFn::from(move || {
            view! {
                <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=move |_| inviting.set(true)>{t!("Invite a person")}</Button>
            }
        })));
    }
    Effect::new(move |_| {
        let count = crew.members.with(|all| all.map(|all| number::count(all.len() as i64)));
        page.count.set(count.unwrap_or_default());
    });
    let tabs = Signal::derive(move || {
        let open = crew.invitations.with(|all| all.map_or(0, Vec::len));
        let label = if open == 0 { t!("Invitations").to_owned() } else { t!("Invitations {open}", open) };
        let mut tabs = vec![Choice::new("members", t!("Members")), Choice::new("teams", t!("Teams"))];
        if invites {
            tabs.push(Choice::new("invitations", label));
        }
        tabs
    });
    view! {
        <Tabs label=t!("Team") current=tab tabs>
            {move || match &*tab.get() {
                "teams" => view! { <Teams crew asked=team_asked/> }.into_any(),
                "invitations" if invites => view! { <Invitations crew inviting/> }.into_any(),
                _ => view! { <Members crew asked/> }.into_any(),
            }}
        </Tabs>
        <MemberDialog crew asked=asked.edit/>
        <RemoveDialog crew asked=asked.remove/>
        <TeamDialog crew asked=team_asked.edit/>
        <DeleteTeamDialog crew asked=team_asked.delete/>
        <InviteDialog crew open=inviting invited=move |()| tab.set("invitations".to_owned())/>
    }
}
