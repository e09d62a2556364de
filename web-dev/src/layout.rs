//! The portal's own frame: an icon rail, hairline panels, a status line.

use leptos::prelude::*;
use leptos_router::components::A;
use web_kit::{
    banner::OfflineBanner,
    icon::{Glyph, Icon, Mark, glyphs},
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
    operator::{Identity, space::use_sign_out},
    session::use_session,
    theme::ThemeToggle,
};

use crate::app::Dev;

const RAIL: [(&str, Glyph, &str); 3] = [
    ("/dev/overview", glyphs::HEART_PULSE, "health"),
    ("/dev/audit", glyphs::SHIELD_HALVED, "audit"),
    ("/dev/sessions", glyphs::FINGERPRINT, "sessions"),
];

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let email = use_session::<Identity>().me_untracked().unwrap_or_default().email;
    let leave = use_sign_out::<Dev>();
    let rail = RAIL.map(|(href, glyph, label)| view! { <A href><Icon glyph/><span>{label}</span></A> }).collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/></div>
            <div class="app-sidebar">
                <Mark/>
                <nav class="railnav" aria-label="Pages">{rail}</nav>
            </div>
            <header class="app-header">
                <span class="path"><span>"dev"</span><span>"/"</span></span>
                <Crumbs/>
                <HeaderActions/>
                <ThemeToggle/>
                <button type="button" class="btn btn-icon btn-ghost" aria-label="Sign out" title="Sign out" on:click=move |_| leave.run(())>
                    <Icon glyph=glyphs::POWER_OFF/>
                </button>
            </header>
            <Content>{children()}</Content>
            <RightPanel/>
            <footer class="app-status"><span>{email}</span></footer>
        </div>
        <LayoutRegions/>
    }
}
