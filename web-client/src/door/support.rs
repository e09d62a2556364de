//! Behind the one-time link of a support session. The secret is behind the #: no server and no log has seen it on the way.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{OpenSupportSessionRequest, support_session_service_client::SupportSessionServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    form::{Form, FormState},
    icon::{Icon, glyphs},
};

use super::frame::Door;
use crate::api::{session, workspace_address};

#[component]
pub fn OpenSupport() -> impl IntoView {
    let (api, session, form) = (use_api(), session(), FormState::new());
    let secret = window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned();
    let is_whole = !secret.is_empty();
    let secret = StoredValue::new(secret);
    let navigate = StoredValue::new_local(use_navigate());
    let send = move |()| {
        let request = OpenSupportSessionRequest { secret: secret.get_value(), return_token: false };
        let attempt = async move {
            let call = async |transport, request| SupportSessionServiceClient::new(transport).open_support_session(request).await;
            api.open(request, call).await
        };
        form.send(attempt, move |reply| {
            session.refresh();
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate.with_value(|navigate| navigate(&workspace_address(&reply.tenant_id, "dashboard"), options));
        });
    };
    let lead = ViewFn::from(|| t!("The company has let you look. All you do is in its audit, with your name."));
    view! {
        <Door title=t!("Support session") lead>
            {if is_whole {
                view! {
                    <Form state=form on_submit=send guard=false>
                        <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Open the support session")}</Button>
                    </Form>
                }
                    .into_any()
            } else {
                view! {
                    <div class="note is-danger" role="alert">
                        <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
                        <span>{t!("This link is not complete. Open it from where you asked for it.")}</span>
                    </div>
                }
                    .into_any()
            }}
        </Door>
    }
}
