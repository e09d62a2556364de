//! The portal's own frame: a text index, one sheet, margin notes.

use leptos::prelude::*;
use leptos_router::components::A;
use web_kit::{
    banner::OfflineBanner,
    icon::{Icon, Mark, glyphs},
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
    operator::{Identity, space::use_sign_out},
    session::use_session,
    theme::ThemeToggle,
};

use crate::app::Accountant;

const INDEX: [(&str, &str); 3] =
    [("/accounting/overview", "Overview"), ("/accounting/audit", "Audit"), ("/accounting/sessions", "Sessions")];

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let email = use_session::<Identity>().me_untracked().unwrap_or_default().email;
    let leave = use_sign_out::<Accountant>();
    let index = INDEX.map(|(href, label)| view! { <A href>{label}</A> }).collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/></div>
            <header class="app-header">
                <Mark/>
                <span class="semibold">"StreamFlow"</span>
                <span class="acc-name">"Accountant"</span>
                <span class="push"></span>
                <span class="t-12 muted not-phone">{email}</span>
                <ThemeToggle/>
                <button type="button" class="btn btn-icon btn-ghost" aria-label="Sign out" title="Sign out" on:click=move |_| leave.run(())>
                    <Icon glyph=glyphs::POWER_OFF/>
                </button>
            </header>
            <div class="app-sidebar"><nav class="index" aria-label="Pages">{index}</nav></div>
            <Content>
                <div class="pagehead"><Crumbs/><HeaderActions/></div>
                {children()}
            </Content>
            <RightPanel/>
        </div>
        <LayoutRegions/>
    }
}
