//! The portal's own frame: a dark bar with tabs over a wide canvas.

use leptos::prelude::*;
use web_kit::{
    banner::OfflineBanner,
    icon::{Icon, Mark, glyphs},
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
    operator::{Identity, space::use_sign_out},
    session::use_session,
    theme::ThemeToggle,
};

use crate::app::Provider;

const TABS: [(&str, &str); 3] =
    [("/provider/overview", "Overview"), ("/provider/audit", "Audit"), ("/provider/sessions", "Sessions")];

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let email = use_session::<Identity>().me_untracked().unwrap_or_default().email;
    let leave = use_sign_out::<Provider>();
    let tabs = TABS
        .map(|(href, label)| view! { <leptos_router::components::A href>{label}</leptos_router::components::A> })
        .collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/></div>
            <header class="app-header">
                <Mark/>
                <span class="semibold">"StreamFlow"</span>
                <span class="portal-tag">"Provider"</span>
                <nav class="topnav" aria-label="Pages">{tabs}</nav>
                <span class="push"></span>
                <span class="t-12 not-phone bar-person">{email}</span>
                <ThemeToggle/>
                <button type="button" class="bar-btn" aria-label="Sign out" title="Sign out" on:click=move |_| leave.run(())>
                    <Icon glyph=glyphs::POWER_OFF/>
                </button>
            </header>
            <Content>
                <div class="pagehead"><Crumbs/><HeaderActions/></div>
                {children()}
            </Content>
            <RightPanel/>
        </div>
        <LayoutRegions/>
    }
}
