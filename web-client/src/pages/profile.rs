//! Own account: who one is here, how pages look, what one is told, password, second factor, sessions.

mod factor;
mod github;
mod notices;
mod passkeys;
mod password;
mod sessions;

use leptos::prelude::*;
use web_kit::{
    badge::{Avatar, Badge, Tone},
    icon::glyphs,
    layout::use_page,
    look::Look,
};

use self::{
    factor::SecondFactor,
    github::Github,
    notices::Notices,
    passkeys::Passkeys,
    password::Password,
    sessions::{Sessions, use_sessions},
};
use crate::{
    api::{me, role_name},
    parts::directory::use_directory,
};

#[component]
pub fn ProfilePage() -> impl IntoView {
    use_page(t!("Profile")).canvas();
    let sessions = use_sessions();
    let email = me().user.unwrap_or_default().email;
    let changed = move |()| sessions.load.reload();
    view! {
        <div class="profile">
            <You/>
            <Look/>
            <Notices/>
            <Password email changed/>
            <SecondFactor changed/>
            <Passkeys changed/>
            <Github changed/>
            <Sessions pages=sessions/>
        </div>
    }
}

#[component]
fn You() -> impl IntoView {
    let me = me();
    let role = role_name(me.role());
    let user = me.user.clone().unwrap_or_default();
    let directory = use_directory();
    let team_ids = me.team_ids.clone();
    let teams = move || {
        let names: Vec<_> = team_ids.iter().map(|id| directory.team(id)).filter(|name| !name.is_empty()).collect();
        if names.is_empty() { t!("None").to_owned() } else { names.join(", ") }
    };
    view! {
        <section class="card" aria-labelledby="you-head">
            <div class="card-head">
                <Avatar name=user.display_name.clone() medium=true/>
                <h2 id="you-head">{user.display_name.clone()}</h2>
                {me.read_only.then(|| view! { <Badge tone=Tone::Warning glyph=glyphs::LOCK text=t!("Read-only")/> })}
            </div>
            <dl class="kv card-body">
                <dt>{t!("E-mail")}</dt>
                <dd>{user.email.clone()}</dd>
                <dt>{t!("Company")}</dt>
                <dd>{me.org_name.clone()}</dd>
                <dt>{t!("Role")}</dt>
                <dd>{role}</dd>
                <dt>{t!("Teams")}</dt>
                <dd>{teams}</dd>
                <dt>{t!("Times in")}</dt>
                <dd>{me.time_zone.clone()}</dd>
            </dl>
        </section>
    }
}
