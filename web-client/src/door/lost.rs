//! Wrong turns: no such page, and another company's address.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use web_kit::{
    browser,
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    layout::use_page,
};

use super::frame::Door;
use crate::{
    api::{address, me, workspace_address},
    layout::{
        orgs::{use_orgs, use_switch},
        person::use_sign_out,
    },
};

/// An address outside the workspace that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Door title=t!("No such page") lead=ViewFn::from(|| t!("This address leads nowhere. It may be old, or mistyped."))>
            <LinkButton href="/" kind=Kind::Primary class="btn-lg">{t!("Go to your workspace")}</LinkButton>
        </Door>
    }
}

/// The same inside the workspace: the frame stays.
#[component]
pub fn NotHere() -> impl IntoView {
    use_page(t!("No such page"));
    let home = address("dashboard");
    let actions = ViewFn::from(move || {
        view! { <LinkButton href=home.clone() kind=Kind::Primary>{t!("Go to the dashboard")}</LinkButton> }
    });
    view! { <EmptyState title=t!("No such page") text=t!("This address leads nowhere. It may be old, or mistyped.") actions/> }
}

/// The address is another company's: one of the person's own, where a press leads there, or a stranger's.
#[component]
pub fn WrongSpace() -> impl IntoView {
    let leave = use_sign_out();
    let own = me();
    let company = own.org_name;
    let here = use_params_map().with_untracked(|map| map.get("tenant").unwrap_or_default());
    let orgs = use_orgs();
    let other = Memo::new(move |_| orgs.with(|orgs| orgs.iter().find(|org| org.tenant_id == here && !org.current).cloned()));
    let go = use_switch();
    let lead = ViewFn::from(move || match other.get() {
        Some(other) => {
            t!("You are signed in to {company}. This address belongs to {name}, where you work too.", company, name = other.name)
        }
        None => {
            t!("You are signed in to {company}. This address belongs to another company, so nothing of it is shown.", company)
        }
    });
    let back = workspace_address(&own.tenant_id, "dashboard");
    view! {
        <Door title=t!("Another company’s page") lead>
            <div class="row">
                // With a new program: this one may still hold what it showed of the other company.
                <Button kind=Kind::Primary on_click=move |_| browser::leave_for(&back)>{t!("Go to your company")}</Button>
                {move || match other.get() {
                    Some(other) => {
                        let label = t!("Switch to {name}", name = other.name);
                        view! { <Button on_click=move |_| go.run(other.tenant_id.clone())>{label.clone()}</Button> }.into_any()
                    }
                    None => view! { <Button on_click=move |_| leave.run(())>{t!("Sign in as somebody else")}</Button> }.into_any(),
                }}
            </div>
        </Door>
    }
}
