//! The teams: made, renamed, deleted. Deleting one can't be undone, so its name is typed.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::Avatar,
    button::{Button, Kind},
    dialog::{Cancel, ConfirmDialog, Dialog},
    empty::EmptyState,
    error_panel::ErrorNote,
    field::TextField,
    form::{Form, FormState},
    icon::glyphs,
    load::Loaded,
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::crew::{Crew, may_run};
use crate::api::may;

/// What can be asked for: a team to rename, or a new one with an empty id; a team to delete.
#[derive(Clone, Copy)]
pub struct TeamAsked {
    pub edit: RwSignal<Option<pb::Team>>,
    pub delete: RwSignal<Option<pb::Team>>,
}

#[component]
pub fn Teams(crew: Crew, asked: TeamAsked) -> impl IntoView {
    let new = move || asked.edit.set(Some(pb::Team::default()));
    view! {
        <Loaded load=crew.teams what=t!("Teams") let:list>
            {if list.is_empty() {
                let actions = ViewFn::from(move || {
                    may("team.write")
                        .then(|| view! { <Button kind=Kind::Primary on_click=move |_| new()>{t!("New team")}</Button> })
                });
                view! {
                    <EmptyState
                        title=t!("No teams yet")
                        text=t!("A team shares records: a manager sees what belongs to their teams.")
                        actions
                    />
                }
                    .into_any()
            } else {
                view! {
                    <div class="team-page stack gap-3">
                        {may("team.write")
                            .then(|| view! { <div><Button glyph=glyphs::PLUS on_click=move |_| new()>{t!("New team")}</Button></div> })}
                        <ul class="list card">
                            {list.into_iter().map(|team| view! { <TeamRow team crew asked/> }).collect_view()}
                        </ul>
                    </div>
                }
                    .into_any()
            }}
        </Loaded>
    }
}

#[component]
fn TeamRow(team: pb::Team, crew: Crew, asked: TeamAsked) -> impl IntoView {
    let id = StoredValue::new(team.id.clone());
    let people = Memo::new(move |_| {
        crew.members.with(|members| {
            let of_team = members.into_iter().flatten().filter(|member| id.with_value(|id| member.team_ids.contains(id)));
            of_team.map(|member| member.display_name.clone()).collect::<Vec<_>>()
        })
    });
    let faces =
        move || people.get().into_iter().take(5).map(|name| view! { <Avatar name medium=true named=true/> }).collect_view();
    let label = t!("Change {name}", name = team.name);
    let name = team.name.clone();
    let changes = may("team.write") && may_run(&team.id);
    let items = Signal::derive(move || {
        let (edit, delete) = (team.clone(), team.clone());
        vec![
            MenuItem::new(t!("Rename"), move || asked.edit.set(Some(edit.clone()))).glyph(glyphs::PEN),
            MenuItem::new(t!("Delete"), move || asked.delete.set(Some(delete.clone()))).glyph(glyphs::XMARK).danger(),
        ]
    });
    view! {
        <li>
            <div class="grow">
                <div class="medium truncate">{name}</div>
                <div class="t-12 muted">{move || n!(people.with(Vec::len) as i64, "{count} person", "{count} people")}</div>
            </div>
            <span class="avatars not-phone">{faces}</span>
            {changes
                .then(|| view! { <div class="pop-end"><Menu label glyph=glyphs::ELLIPSIS icon_only=true items/></div> })}
        </li>
    }
    .into_any()
}

/// Makes a team, or renames one.
#[component]
pub fn TeamDialog(crew: Crew, asked: RwSignal<Option<pb::Team>>) -> impl IntoView {
    let api = use_api();
    let open = RwSignal::new(false);
    let form = FormState::new();
    let name = RwSignal::new(String::new());
    Effect::new(move |_| {
        let team = asked.get();
        if let Some(team) = &team {
            name.set(team.name.clone());
            form.saved();
        }
        open.set(team.is_some());
    });
    let is_new = move || asked.with(|team| team.as_ref().is_none_or(|team| team.id.is_empty()));
    let send = move |()| {
        let Some(before) = asked.get_untracked() else { return };
        let creates = before.id.is_empty();
        let team = Some(pb::Team { name: name.get_untracked(), ..before });
        let act = form.act();
        let call = async move {
            if creates {
                let call = async |transport, request| TeamServiceClient::new(transport).create_team(request).await;
                return api.write(&act, pb::CreateTeamRequest { team }, call).await.map(|reply| reply.team);
            }
            let call = async |transport, request| TeamServiceClient::new(transport).update_team(request).await;
            let answer = api.write(&act, pb::UpdateTeamRequest { team }, call).await.map(|reply| reply.team);
            if let Some(current) = answer.as_ref().err().and_then(|error| error.detail::<pb::Team>("streamflow.client.v1.Team")) {
                asked.update_untracked(|asked| *asked = Some(current));
            }
            answer
        };
        form.send(call, move |team| {
            let name = team.unwrap_or_default().name;
            use_toasts().say(if creates { t!("Team {name} made", name) } else { t!("Team is called {name} now", name) });
            asked.set(None);
            crew.teams.reload();
        });
    };
    let title = Signal::derive(move || if is_new() { t!("New team") } else { t!("Rename the team") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>
                {move || if is_new() { t!("Make the team") } else { t!("Rename the team") }}
            </Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <TextField name="team.name" label=t!("Name") value=name max_length=60 autofocus=true/>
            </Form>
        </Dialog>
    }
    .into_any()
}

#[component]
pub fn DeleteTeamDialog(crew: Crew, asked: RwSignal<Option<pb::Team>>) -> impl IntoView {
    move || asked.get().map(|team| view! { <DeleteTeam crew asked team/> })
}

#[component]
fn DeleteTeam(crew: Crew, asked: RwSignal<Option<pb::Team>>, team: pb::Team) -> impl IntoView {
    let open = RwSignal::new(true);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    let id = StoredValue::new(team.id);
    let delete = move |()| {
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let request = pb::DeleteTeamRequest { team_id: id.get_value() };
            let call = async |transport, request| TeamServiceClient::new(transport).delete_team(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(_) => {
                    use_toasts().say(t!("Team deleted"));
                    asked.set(None);
                    crew.reload();
                }
                Err(error) => refused.set(Some(error)),
            }
        });
    };
    view! {
        <ConfirmDialog
            open
            title=t!("Delete the team {name}?", name = team.name)
            action=t!("Delete the team")
            type_to_confirm=team.name.clone()
            busy
            on_confirm=delete
            on_dismiss=move |()| asked.set(None)
        >
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <p>{t!("Its records belong to no team afterwards and keep their owners. Its people stay in the company, and managers see less.")}</p>
            <p class="soft">{t!("This can’t be undone.")}</p>
        </ConfirmDialog>
    }
    .into_any()
}
