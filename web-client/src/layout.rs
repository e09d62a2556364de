//! The portal's own frame: sidebar, header, page, right panel; a bottom bar on phones.

mod bell;
mod bottom_bar;
pub mod closing;
mod find;
pub mod modules;
mod nav;
pub mod orgs;
pub mod person;
mod sidebar;
mod support;
mod trial;

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};
use web_kit::{
    banner::OfflineBanner,
    icon::Mark,
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
    live::{Heard, use_live},
};

use self::{
    bell::Bell,
    bottom_bar::BottomBar,
    closing::{ClosingBanner, provide_closing},
    find::Find,
    modules::{SwitchedOff, switched_off},
    nav::{follow_keys, keep_focus},
    sidebar::Sidebar,
    support::SupportBanner,
    trial::TrialBanner,
};
use crate::parts::inbox::provide_inbox;
use crate::{api::session, parts::custom};

#[component]
pub fn AppLayout() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    slots.home.set(nav::home());
    follow_keys();
    keep_focus();
    provide_inbox();
    provide_closing();
    follow_settings();
    let path = use_location().pathname;
    let off = Memo::new(move |_| switched_off(&path.get()));
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/><SupportBanner/><ClosingBanner/><TrialBanner/></div>
            <Sidebar/>
            <header class="app-header">
                <span class="only-phone"><Mark/></span>
                <Crumbs/>
                <HeaderActions/>
                <Bell/>
            </header>
            <Content>
                {move || match off.get() {
                    Some(name) => view! { <SwitchedOff name/> }.into_any(),
                    None => view! { <Outlet/> }.into_any(),
                }}
            </Content>
            <RightPanel/>
            <BottomBar/>
        </div>
        <Find/>
        <LayoutRegions/>
    }
}

/// What owners change for the company changes the pages of everyone.
fn follow_settings() {
    use_live(|heard| match heard {
        Heard::Change(change) if change.entity == "org" => session().refresh(),
        Heard::Change(change) if change.entity == "custom_field" => custom::reload(),
        Heard::Reset => {
            session().refresh();
            custom::reload();
        }
        Heard::Change(_) => {}
    });
}
