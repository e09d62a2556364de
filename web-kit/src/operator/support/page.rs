//! `support` below the portal's base: what was asked of all companies.

use leptos::prelude::*;

use super::{
    SupportPortal, ask,
    desk::{Desk, button, list},
};
use crate::layout::use_page;

pub fn page<P: SupportPortal>() -> impl IntoView {
    let desk = Desk::new::<P>(String::new());
    use_page(t!("Support"))
        .canvas()
        .with_lead(t!("Looking at companies, with their leave and in their audit."))
        .with_actions(move || button(desk, false));
    view! {
        <div class="overview">
            <section class="card">
                <div class="card-head"><h2>{t!("Support sessions")}</h2></div>
                {list::<P>(desk, t!("Nobody has asked to look at a company. Owners read why before they let anybody in, and afterwards what was looked at."))}
            </section>
        </div>
        {ask::dialog::<P>(desk)}
    }
}
