//! The sidebar: company, search, places, person. An icon rail below 1100 px, gone on phones.

use leptos::prelude::*;
use web_kit::{icon::Mark, palette::PaletteButton};

use super::{nav::NavGroups, person::Person};
use crate::api::session;

#[component]
pub fn Sidebar() -> impl IntoView {
    let session = session();
    let company = move || session.me().unwrap_or_default().org_name;
    view! {
        <nav class="app-sidebar" aria-label="Main">
            <div class="org-switch is-still" title=company>
                <Mark/>
                <span class="grow org-name">
                    <span class="semibold truncate">{company}</span>
                    <span class="t-11 muted">"StreamFlow Client"</span>
                </span>
            </div>
            <PaletteButton/>
            <NavGroups/>
            <Person/>
        </nav>
    }
}
