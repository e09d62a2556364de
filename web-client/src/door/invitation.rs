//! The page behind an invitation's link: a new account, or joining with the one that exists.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    AcceptInvitationRequest, GetInvitationRequest, GetInvitationResponse, invitation_service_client::InvitationServiceClient,
};
use web_kit::{
    api::{act::Act, use_api},
    button::{Button, Kind},
    field::{PasswordField, TextField},
    form::{Form, FormState},
    link,
    load::{Load, Loaded},
    text::woven,
};

use super::{frame::Door, sign_in::sign_in};
use crate::{
    api::{role_name, session},
    door::way::go_on,
};

#[component]
pub fn Invitation() -> impl IntoView {
    let api = use_api();
    let token = StoredValue::new(link::secret());
    let invitation = Load::new(move || {
        let request = GetInvitationRequest { token: token.get_value() };
        async move {
            api.open(request, async |transport, request| InvitationServiceClient::new(transport).get_invitation(request).await)
                .await
        }
    });
    view! {
        <Door title=t!("Join your company")>
            <Loaded load=invitation what=t!("This invitation") let:invitation>
                <Accept invitation token=token.get_value()/>
            </Loaded>
        </Door>
    }
}

#[component]
fn Accept(invitation: GetInvitationResponse, token: String) -> impl IntoView {
    let api = use_api();
    let session = session();
    let go_on = go_on();
    let form = FormState::new();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = role_name(invitation.role());
    let GetInvitationResponse { org_name, email, invited_by, has_account, .. } = invitation;
    let address = email.clone();
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        let act = act.get_value();
        let request = AcceptInvitationRequest {
            token: token.clone(),
            display_name: name.get_untracked(),
            password: password.get_untracked(),
        };
        let email = address.clone();
        let attempt = async move {
            let password = request.password.clone();
            api.open_once(&act, request, async |transport, request| {
                InvitationServiceClient::new(transport).accept_invitation(request).await
            })
            .await?;
            sign_in(api, email, password).await
        };
        form.send(attempt, move |()| {
            session.refresh();
            go_on.run(());
        });
    };
    view! {
        <p class="soft">
            {woven(t!("{inviter} invites {email} to {company} as {role}."), |place| match place {
                "inviter" => invited_by.clone().into_any(),
                "email" => view! { <span class="medium">{email.clone()}</span> }.into_any(),
                "company" => view! { <span class="medium">{org_name.clone()}</span> }.into_any(),
                _ => role.to_lowercase().into_any(),
            })}
        </p>
        <Form state=form on_submit=send guard=false>
            {(!has_account)
                .then(|| {
                    view! {
                        <TextField name="display_name" label=t!("Your name") autocomplete="name" value=name large=true autofocus=true/>
                    }
                })}
            {if has_account {
                view! {
                    <PasswordField
                        name="password"
                        label=t!("Your password")
                        autocomplete="current-password"
                        help=t!("You have an account already; its password joins the company to it.")
                        value=password
                        large=true
                        autofocus=true
                    />
                }
                    .into_any()
            } else {
                view! {
                    <PasswordField
                        name="password"
                        label=t!("New password")
                        autocomplete="new-password"
                        help=t!("15 characters or more; a few words together are easy to remember.")
                        value=password
                        large=true
                    />
                }
                    .into_any()
            }}
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Join the company")}</Button>
        </Form>
    }
}
