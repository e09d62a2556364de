//! The contract as this portal uses it: who is signed in, what the role may do, and the stream of changes.

use std::cell::Cell;

use futures::StreamExt as _;
use leptos::prelude::SetValue as _;
use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, session_service_client::SessionServiceClient,
};
use tonic::{Code, Request, Status};
use web_kit::{
    api::{Api, act::Act, error::ApiError},
    browser,
    live::{Events, Live, LiveChange, LiveEvent, provide_live},
    session::{Session, provide_session},
};

/// Who is signed in here. Pages below the workspace always find somebody.
pub type Me = pb::MeResponse;

thread_local! {
    // Handlers and async code run outside the component tree, where there is no context to ask.
    static SESSION: Cell<Option<Session<Me>>> = const { Cell::new(None) };
}

/// Asks `Me` once and keeps the answer for all pages.
pub fn provide_me(api: Api) {
    let session = provide_session(move || async move {
        let call = async |transport, request| SessionServiceClient::new(transport).me(request).await;
        let me: Me = api.open(pb::MeRequest {}, call).await?;
        api.company.set_value(me.tenant_id.clone());
        Ok(me)
    });
    SESSION.set(Some(session));
}

pub fn session() -> Session<Me> {
    SESSION.get().expect("the app provides the session before any page")
}

/// The person signed in, as the page opened.
pub fn me() -> Me {
    session().me_untracked().unwrap_or_default()
}

/// Whether the role includes a right, e.g. "customer.write". For showing and hiding only; the server decides.
pub fn may(permission: &str) -> bool {
    let me = me();
    me.permissions.iter().any(|known| known == permission) && !((me.read_only || me.trial_ended) && writes(permission))
}

/// Read-only people, and everybody after the end of a trial, keep their rights to read and to look after their own account.
fn writes(permission: &str) -> bool {
    let (noun, verb) = permission.split_once('.').unwrap_or((permission, ""));
    !matches!(verb, "read" | "export") && !matches!(noun, "account" | "session" | "saved_view")
}

/// "/tenant/harrow/client/customers" from "customers".
pub fn address(page: &str) -> String {
    workspace_address(&me().tenant_id, page)
}

pub fn workspace_address(tenant: &str, page: &str) -> String {
    format!("/tenant/{tenant}/client/{page}")
}

/// A person's role in words.
pub fn role_name(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Owner => t!("Owner"),
        pb::Role::Manager => t!("Manager"),
        pb::Role::Staff => t!("Staff"),
        pb::Role::Employee => t!("Employee"),
        pb::Role::Accountant => t!("Accountant"),
        pb::Role::Unspecified => t!("No role"),
    }
}

/// Other people's changes. Begins when [`Live::start`] is called.
pub fn provide_changes(api: Api) -> Live {
    provide_live(api, move |cursor| Box::pin(open_changes(api, cursor)))
}

async fn open_changes(api: Api, cursor: String) -> Result<Events, Status> {
    let request = Request::new(pb::WatchRequest { cursor });
    let stream = ChangeServiceClient::new(api.transport()).watch(request).await?.into_inner();
    Ok(stream.map(|message| message.map(event)).boxed_local())
}

fn event(message: pb::WatchResponse) -> LiveEvent {
    let change = message.change.map(|change| LiveChange {
        entity: change.entity,
        id: change.id,
        version: change.version,
        op: change.op,
        actor_id: change.actor_id,
        actor_name: change.actor_name,
        fields: change.fields,
    });
    LiveEvent { cursor: message.cursor, change, reset: message.reset }
}

/// Ends this session on the server and forgets the person here, whether or not the server was reached.
pub async fn sign_out(api: Api) -> Result<(), ApiError> {
    let answer = api
        .open(pb::SignOutRequest {}, async |transport, request| SessionServiceClient::new(transport).sign_out(request).await)
        .await;
    match answer {
        // Somebody who is signed out already has what was asked for.
        Err(error) if error.code != Code::Unauthenticated => Err(error),
        _ => Ok(()),
    }
}

/// Goes on in another company of the same person, with everything of this one forgotten.
pub async fn switch_org(api: Api, act: &Act, tenant_id: String) -> Result<(), ApiError> {
    let address = workspace_address(&tenant_id, "dashboard");
    let request = pb::SwitchOrgRequest { tenant_id, return_token: false };
    api.write(act, request, async |transport, request| SessionServiceClient::new(transport).switch_org(request).await).await?;
    browser::leave_for(&address);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::writes;

    #[test]
    fn read_only_people_keep_their_own_account() {
        assert!(writes("customer.write") && writes("import.run") && writes("member.invite"));
        assert!(!writes("customer.read") && !writes("audit.export") && !writes("account.password"));
    }
}
