//! The sidebar: company, search, places, person. An icon rail below 1100 px, gone on phones.

use leptos::prelude::*;
use web_kit::palette::PaletteButton;

use super::{nav::NavGroups, orgs::OrgSwitch, person::Person};

#[component]
pub fn Sidebar() -> impl IntoView {
    view! {
        <nav class="app-sidebar" aria-label=t!("Main")>
            <OrgSwitch/>
            <PaletteButton/>
            <NavGroups/>
            <Person/>
        </nav>
    }
}
