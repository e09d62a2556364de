//! Who works here: role, teams, second factor, and what stands in their way.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    badge::{Avatar, Badge, Status, Tone},
    format::When,
    icon::glyphs,
    load::Loaded,
    menu::{Menu, MenuItem},
};

use super::crew::{Crew, is_me, may_change};
use crate::api::{may, role_name};

/// What a row can ask for.
#[derive(Clone, Copy)]
pub struct Asked {
    pub edit: RwSignal<Option<pb::Member>>,
    pub remove: RwSignal<Option<pb::Member>>,
}

#[component]
pub fn Members(crew: Crew, asked: Asked) -> impl IntoView {
    let runs_team = may("member.write");
    view! {
        <Loaded load=crew.members what=t!("The team") let:list>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Members")>
                <table class="table cards-on-phone members">
                    <thead>
                        <tr>
                            <th scope="col">{t!("Name")}</th>
                            <th scope="col">{t!("Role")}</th>
                            <th scope="col">{t!("Teams")}</th>
                            <th scope="col">{t!("State")}</th>
                            {runs_team
                                .then(|| {
                                    view! {
                                        <th scope="col">{t!("Second factor")}</th>
                                        <th scope="col">{t!("Last seen")}</th>
                                        <th scope="col"><span class="sr-only">{t!("Actions")}</span></th>
                                    }
                                })}
                        </tr>
                    </thead>
                    <tbody>{list.into_iter().map(|member| view! { <MemberRow member crew asked runs_team/> }).collect_view()}</tbody>
                </table>
            </div>
        </Loaded>
    }
}

#[component]
fn MemberRow(member: pb::Member, crew: Crew, asked: Asked, runs_team: bool) -> impl IntoView {
    let teams = {
        let ids = member.team_ids.clone();
        move || match crew.team_names(&ids) {
            none if none.is_empty() => view! { <span class="muted">{t!("None")}</span> }.into_any(),
            names => names.into_any(),
        }
    };
    let own = is_me(&member.id).then(|| view! { <Badge text=t!("You")/> });
    let email = (!member.email.is_empty()).then(|| view! { <span class="muted t-12 truncate">{member.email.clone()}</span> });
    let seen = member.last_seen_at;
    let running = runs_team.then(|| {
        let factor = if member.second_factor {
            view! { <Status tone=Tone::Success glyph=glyphs::SHIELD_HALVED text=t!("On")/> }.into_any()
        } else {
            view! { <Status glyph=glyphs::CIRCLE_OPEN text=t!("Off")/> }.into_any()
        };
        view! {
            <td>{factor}</td>
            <td class="soft">
                {match seen {
                    Some(_) => view! { <When at=Signal::derive(move || seen)/> }.into_any(),
                    None => view! { <span class="muted">{t!("Never")}</span> }.into_any(),
                }}
            </td>
            <td class="team-ways" data-p="d"><Ways member=member.clone() asked/></td>
        }
    });
    view! {
        <tr class:is-off=member.disabled>
            <td data-p="a">
                <span class="row person">
                    <Avatar name=member.display_name.clone() medium=true/>
                    <span class="team-name">
                        <span class="medium truncate">{member.display_name.clone()}</span>
                        {email}
                    </span>
                    {own}
                </span>
            </td>
            <td data-p="b">{role_name(member.role())}</td>
            <td class="soft">{teams}</td>
            <td data-p="c"><Standing member=member.clone()/></td>
            {running}
        </tr>
    }
    .into_any()
}

/// Whether the person can sign in and change things.
#[component]
fn Standing(member: pb::Member) -> impl IntoView {
    if member.disabled {
        view! { <Status tone=Tone::Danger glyph=glyphs::BAN text=t!("Disabled")/> }.into_any()
    } else if member.read_only {
        view! { <Status tone=Tone::Warning glyph=glyphs::LOCK text=t!("Read-only")/> }.into_any()
    } else {
        view! { <Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("Active")/> }.into_any()
    }
}

#[component]
fn Ways(member: pb::Member, asked: Asked) -> impl IntoView {
    // What the server refuses is not even offered.
    if !may_change(&member) {
        return ().into_any();
    }
    let label = t!("Change {display_name}", display_name = member.display_name);
    let items = Signal::derive(move || {
        let (edit, remove) = (member.clone(), member.clone());
        let mut items =
            vec![MenuItem::new(t!("Change role and rights"), move || asked.edit.set(Some(edit.clone()))).glyph(glyphs::PEN)];
        if may("member.remove") {
            let item = MenuItem::new(t!("Remove from the company"), move || asked.remove.set(Some(remove.clone())));
            items.push(item.glyph(glyphs::XMARK).danger());
        }
        items
    });
    view! { <div class="pop-end"><Menu label glyph=glyphs::ELLIPSIS icon_only=true items/></div> }.into_any()
}
