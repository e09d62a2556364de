//! The company is closed to its people: why, since when, and whom to ask.

use std::time::Duration;

use leptos::prelude::*;
use web_kit::{
    button::{Button, Kind},
    format::moment,
    later,
    load::look_again,
};

use super::frame::Door;
use crate::{
    api::{may, me, session},
    layout::{closing::provide_closing, orgs::OtherOrgs, person::use_sign_out},
    pages,
};

later!(Exports, company, pages::settings::data::Data);

/// How often the page asks whether the company is open again.
const ASK_EVERY: Duration = Duration::from_secs(15);

#[component]
pub fn Suspended() -> impl IntoView {
    let leave = use_sign_out();
    let session = session();
    let told = Memo::new(move |_| session.me().and_then(|me| me.suspension).unwrap_or_default());
    look_again(ASK_EVERY, move || session.refresh());
    // Its owners may have it deleted from here too.
    provide_closing();
    let company = me().org_name;
    let lead = ViewFn::from(move || {
        let since = told.with(|told| moment(told.since.as_ref()));
        t!(
            "{company} is closed since {since}. Nothing of it was lost; it is all there when the company is open again.",
            company,
            since
        )
    });
    view! {
        <Door title=t!("This company is suspended") lead>
            <dl class="kv">
                <dt>{t!("Why")}</dt>
                <dd class="pre-line">{move || told.with(|told| told.reason.clone())}</dd>
                <dt>{t!("Whom to ask")}</dt>
                <dd>{move || told.with(|told| told.contact.clone())}</dd>
            </dl>
            <div class="row">
                <Button kind=Kind::Primary on_click=move |_| session.refresh()>{t!("Look again")}</Button>
                <Button on_click=move |_| leave.run(())>{t!("Sign out")}</Button>
            </div>
            <OtherOrgs/>
            // What belongs to the company stays its own, whatever it owes.
            {may("org_data.export").then(|| view! { <Exports/> })}
        </Door>
    }
}
