//! Open invitations, and inviting somebody.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, invitation_service_client::InvitationServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    empty::EmptyState,
    error_panel::ErrorNote,
    field::{Choice, SelectField, TextField},
    form::{Form, FormState},
    format::{self, When},
    icon::glyphs,
    list::pages::ShowMore,
    load::Loaded,
    toast::use_toasts,
};

use super::{
    crew::{Crew, chosen_role, may_take_back, offered_roles, role_choice},
    member_dialog::RoleField,
};
use crate::api::role_name;

async fn invite(act: &Act, request: pb::CreateInvitationRequest) -> Result<pb::Invitation, ApiError> {
    let call = async |transport, request| InvitationServiceClient::new(transport).create_invitation(request).await;
    Ok(use_api().write(act, request, call).await?.invitation.unwrap_or_default())
}

#[component]
pub fn Invitations(crew: Crew, inviting: RwSignal<bool>) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    view! {
        {move || problem.get().map(|error| view! { <div class="team-note"><ErrorNote error/></div> })}
        <Loaded load=crew.invitations what=t!("Invitations") let:list>
            {if list.is_empty() {
                let actions = ViewFn::from(move || {
                    view! { <Button on_click=move |_| inviting.set(true)>{t!("Invite a person")}</Button> }
                });
                view! {
                    <EmptyState
                        title=t!("No open invitations")
                        text=t!("People you invite stand here until they have accepted. A link is good for seven days.")
                        actions
                    />
                }
                    .into_any()
            } else {
                view! { <InvitationTable list crew problem/> }.into_any()
            }}
        </Loaded>
        <ShowMore pages=crew.open/>
    }
}

#[component]
fn InvitationTable(list: Vec<pb::Invitation>, crew: Crew, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Open invitations")>
            <table class="table cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("E-mail")}</th>
                        <th scope="col">{t!("Role")}</th>
                        <th scope="col">{t!("Team")}</th>
                        <th scope="col">{t!("Invited by")}</th>
                        <th scope="col">{t!("Sent")}</th>
                        <th scope="col">{t!("Good until")}</th>
                        <th scope="col"><span class="sr-only">{t!("Actions")}</span></th>
                    </tr>
                </thead>
                <tbody>
                    {list.into_iter().map(|invitation| view! { <InvitationRow invitation crew problem/> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn InvitationRow(invitation: pb::Invitation, crew: Crew, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let role = role_name(invitation.role());
    let sent = invitation.created_at;
    let until = format::day(invitation.expires_at.as_ref());
    let team_id = [invitation.team_id.clone()];
    let team = move || match crew.team_names(&team_id) {
        none if none.is_empty() => view! { <span class="muted">{t!("None")}</span> }.into_any(),
        name => name.into_any(),
    };
    let may_take_back = may_take_back(&invitation);
    let kept = StoredValue::new(invitation.clone());
    let back = move |_| take_back(kept.get_value(), crew, problem);
    view! {
        <tr>
            <td data-p="a" class="medium">{invitation.email.clone()}</td>
            <td data-p="b">{role}</td>
            <td class="soft">{team}</td>
            <td class="soft">{invitation.invited_by.clone()}</td>
            <td class="soft" data-p="c"><When at=Signal::derive(move || sent)/></td>
            <td class="soft">{until}</td>
            <td class="team-ways" data-p="d">
                {may_take_back
                    .then(|| {
                        view! {
                            <Button small=true kind=Kind::DangerQuiet on_click=back>
                                {t!("Take back")}
                                <span class="sr-only">{format!(" {}", invitation.email)}</span>
                            </Button>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

/// Makes the link useless. Undo sends a new one, because the old can't come back to life.
fn take_back(invitation: pb::Invitation, crew: Crew, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let request = pb::RevokeInvitationRequest { invitation_id: invitation.id.clone() };
        let call = async |transport, request| InvitationServiceClient::new(transport).revoke_invitation(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        match answer {
            Ok(_) => {
                problem.try_set(None);
                use_toasts().say_with_undo(t!("Invitation taken back"), move || send_again(invitation.clone(), crew, problem));
            }
            Err(error) => drop(problem.try_set(Some(error))),
        }
        if problem.try_get_untracked().is_some() {
            crew.invitations.reload();
        }
    });
}

fn send_again(invitation: pb::Invitation, crew: Crew, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let request = pb::CreateInvitationRequest { email: invitation.email, role: invitation.role, team_id: invitation.team_id };
        match invite(&Act::default(), request).await {
            Ok(_) => use_toasts().say(t!("A new link is on its way")),
            Err(error) => drop(problem.try_set(Some(error))),
        }
        if problem.try_get_untracked().is_some() {
            crew.invitations.reload();
        }
    });
}

#[component]
pub fn InviteDialog(crew: Crew, open: RwSignal<bool>, #[prop(into)] invited: Callback<()>) -> impl IntoView {
    let form = FormState::new();
    let [email, team_id] = [(); 2].map(|()| RwSignal::new(String::new()));
    let usual = || role_choice(pb::Role::Staff).value;
    let role = RwSignal::new(usual());
    Effect::new(move |_| {
        if open.get() && !form.dirty.get_untracked() {
            email.set(String::new());
            team_id.set(String::new());
            role.set(usual());
            form.saved();
        }
    });
    let send = move |()| {
        let request = pb::CreateInvitationRequest {
            email: email.get_untracked(),
            role: chosen_role(&role.get_untracked()).into(),
            team_id: team_id.get_untracked(),
        };
        let act = form.act();
        form.send(async move { invite(&act, request).await }, move |_| {
            open.set(false);
            use_toasts().say(t!("Invitation sent"));
            crew.invitations.reload();
            invited.run(());
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary glyph=glyphs::PAPER_PLANE busy=form.busy on_click=move |_| send(())>
                {t!("Send the invitation")}
            </Button>
        }
    });
    let teams =
        Signal::derive(move || std::iter::once(Choice::new("", t!("No team"))).chain(crew.team_choices()).collect::<Vec<_>>());
    view! {
        <Dialog open title=t!("Invite a person") foot form>
            <Form state=form on_submit=send>
                <TextField
                    name="email"
                    label=t!("E-mail")
                    kind="email"
                    value=email
                    autocomplete="off"
                    autofocus=true
                    help=t!("They get a link that is good for seven days.")
                />
                <RoleField value=role offered=offered_roles()/>
                <Show when=move || !crew.team_choices().is_empty()>
                    <SelectField name="team_id" label=t!("Team") value=team_id choices=teams optional=true/>
                </Show>
            </Form>
        </Dialog>
    }
    .into_any()
}
