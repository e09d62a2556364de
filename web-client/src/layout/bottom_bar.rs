//! Phones: four places and all the others behind "More".

use leptos::prelude::*;
use web_kit::{
    dialog::Dialog,
    icon::{Icon, glyphs},
    layout::NavLink,
    palette::PaletteButton,
};

use super::{
    nav::{self, NavGroups},
    orgs::OtherOrgs,
    person::{ProfileLink, SignedIn, has_account, use_sign_out},
};
use crate::api::{address, session};

/// Pages that deserve a place, the most needed first.
const FIRST: [&str; 4] = ["dashboard", "tasks", "customers", "leads"];

#[component]
pub fn BottomBar() -> impl IntoView {
    let open = RwSignal::new(false);
    let session = session();
    let links = move || {
        session.who().track();
        let all = nav::entries();
        FIRST
            .iter()
            .filter_map(|page| all.iter().find(|entry| entry.page == *page))
            .map(|entry| view! { <NavLink href=address(entry.page) glyph=entry.glyph label=t!(entry.label)/> })
            .collect_view()
    };
    view! {
        <nav class="app-bottombar" aria-label=t!("Main, phone")>
            {links}
            <button type="button" class="bar-more" on:click=move |_| open.set(true)>
                <Icon glyph=glyphs::BARS/>
                {t!("More")}
            </button>
        </nav>
        <Dialog open title=t!("More")>
            <More open/>
        </Dialog>
    }
}

#[component]
fn More(open: RwSignal<bool>) -> impl IntoView {
    let leave = use_sign_out();
    let out = has_account().then(|| {
        view! {
            <button type="button" class="btn" on:click=move |_| leave.run(())>
                <Icon glyph=glyphs::POWER_OFF/>
                {t!("Sign out")}
            </button>
        }
    });
    view! {
        <div class="more-sheet" on:click=move |event| {
            // A choice closes the sheet; the theme's button does not.
            if web_kit::browser::is_link(event.target()) {
                open.set(false);
            }
        }>
            <div on:click=move |_| open.set(false)><PaletteButton/></div>
            <NavGroups/>
            <hr class="rule"/>
            <ProfileLink/>
            <OtherOrgs/>
            <SignedIn/>
            {out}
        </div>
    }
}
