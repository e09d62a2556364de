//! Features of the portal that a company can switch off: what they are called, which pages they have, and what is shown in place of
//! those while they are off.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    button::{Kind, LinkButton},
    empty::EmptyState,
    layout::use_page,
};

use crate::api::{address, me, session};

/// Name, title, first part of its pages' addresses, what it is for.
const MODULES: [(&str, &str, &str, &str); 3] = [
    ("leads", mark!("Leads"), "leads", mark!("People who may become customers, on a list and on a board.")),
    ("imports", mark!("Imports"), "imports", mark!("Customers, contacts and leads from files.")),
    ("tasks", mark!("Tasks"), "tasks", mark!("What each person has to do next.")),
];

fn find(name: &str) -> Option<&'static (&'static str, &'static str, &'static str, &'static str)> {
    MODULES.iter().find(|(known, ..)| *known == name)
}

/// A module of a newer server keeps its own name.
pub fn title(name: &str) -> String {
    find(name).map_or(name, |(_, title, ..)| t!(title)).to_owned()
}

pub fn about(name: &str) -> &'static str {
    find(name).map_or("", |(.., about)| t!(about))
}

/// The module that the page at this path belongs to, if the company has switched it off; followed.
pub fn switched_off(path: &str) -> Option<&'static str> {
    let on = session().me()?.modules;
    let page = path.split('/').nth(4)?;
    let (name, ..) = MODULES.iter().find(|(_, _, first, _)| *first == page)?;
    (!on.iter().any(|known| known == name)).then_some(*name)
}

/// In place of a page of a module that is off: says so, and how that changes.
#[component]
pub fn SwitchedOff(name: &'static str) -> impl IntoView {
    let title = title(name);
    use_page(title.clone());
    let is_owner = me().role() == pb::Role::Owner;
    let actions = ViewFn::from(move || {
        if is_owner {
            view! { <LinkButton href=address("settings/features") kind=Kind::Primary>{t!("Open the settings")}</LinkButton> }
                .into_any()
        } else {
            view! { <LinkButton href=address("dashboard")>{t!("Go to the dashboard")}</LinkButton> }.into_any()
        }
    });
    let text = if is_owner {
        t!("Your company has switched this feature off. Switch it on in the settings; all that was there is still there.")
    } else {
        t!("Your company has switched this feature off. An owner can switch it on in the settings; nothing was lost.")
    };
    view! { <EmptyState title=t!("{title} are off", title) text actions/> }
}
