//! The portal's own frame: sidebar, header, page, right panel; a bottom bar on phones.

mod bell;
mod bottom_bar;
mod find;
mod nav;
pub mod person;
mod sidebar;

use leptos::prelude::*;
use leptos_router::components::Outlet;
use web_kit::{
    banner::OfflineBanner,
    icon::Mark,
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
};

use self::{
    bell::Bell,
    bottom_bar::BottomBar,
    find::Find,
    nav::{follow_keys, keep_focus},
    sidebar::Sidebar,
};
use crate::parts::inbox::provide_inbox;

#[component]
pub fn AppLayout() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    slots.home.set(nav::home());
    follow_keys();
    keep_focus();
    provide_inbox();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/></div>
            <Sidebar/>
            <header class="app-header">
                <span class="only-phone"><Mark/></span>
                <Crumbs/>
                <HeaderActions/>
                <Bell/>
            </header>
            <Content><Outlet/></Content>
            <RightPanel/>
            <BottomBar/>
        </div>
        <Find/>
        <LayoutRegions/>
    }
}
