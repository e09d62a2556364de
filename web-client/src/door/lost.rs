//! Wrong turns: no such page, and another company's address.

use leptos::prelude::*;
use web_kit::{button::Kind, button::LinkButton, empty::EmptyState, layout::use_page};

use super::frame::Door;
use crate::{
    api::{address, me, workspace_address},
    layout::person::use_sign_out,
};

/// An address outside the workspace that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Door title="No such page" lead=ViewFn::from(|| "This address leads nowhere. It may be old, or mistyped.")>
            <LinkButton href="/" kind=Kind::Primary>"Go to your workspace"</LinkButton>
        </Door>
    }
}

/// The same inside the workspace: the frame stays.
#[component]
pub fn NotHere() -> impl IntoView {
    use_page("No such page");
    let home = address("dashboard");
    let actions = ViewFn::from(move || {
        view! { <LinkButton href=home.clone() kind=Kind::Primary>"Go to the dashboard"</LinkButton> }
    });
    view! { <EmptyState title="No such page" text="This address leads nowhere. It may be old, or mistyped." actions/> }
}

/// The address is another company's.
#[component]
pub fn WrongSpace() -> impl IntoView {
    let leave = use_sign_out();
    let own = me();
    let company = own.org_name;
    let lead = ViewFn::from(move || {
        format!("You are signed in to {company}. This address belongs to another company, so nothing of it is shown.")
    });
    view! {
        <Door title="Not your company’s page" lead>
            <div class="row">
                <LinkButton href=workspace_address(&own.tenant_id, "dashboard") kind=Kind::Primary>
                    "Go to your company"
                </LinkButton>
                <button type="button" class="btn" on:click=move |_| leave.run(())>"Sign in as somebody else"</button>
            </div>
        </Door>
    }
}
