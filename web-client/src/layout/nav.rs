//! What can be gone to. One list serves the sidebar, the phone's bar, the palette and the G keys, so they never differ.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use web_kit::{
    browser,
    guard::use_go,
    icon::{Glyph, glyphs},
    keys::use_shortcut,
    layout::NavLink,
};

use crate::api::{address, may, session};

/// One place.
#[derive(Clone, Copy)]
pub struct Entry {
    pub label: &'static str,
    /// Page below the company's address.
    pub page: &'static str,
    pub glyph: Glyph,
    /// Rights that show it: one is enough.
    permissions: &'static [&'static str],
    /// Keys that go there.
    keys: &'static str,
}

/// Entries under a heading; the first group has none.
pub struct Group {
    pub label: &'static str,
    entries: &'static [Entry],
}

const fn entry(
    label: &'static str,
    page: &'static str,
    glyph: Glyph,
    permissions: &'static [&'static str],
    keys: &'static str,
) -> Entry {
    Entry { label, page, glyph, permissions, keys }
}

pub const GROUPS: [Group; 3] = [
    Group {
        label: "",
        entries: &[
            entry(mark!("My work"), "tasks", glyphs::LIST_CHECK, &["task.read"], "g w"),
            entry(mark!("Inbox"), "inbox", glyphs::INBOX, &["notification.read"], "g n"),
            entry(mark!("Dashboard"), "dashboard", glyphs::HOUSE, &["dashboard.read"], "g d"),
        ],
    },
    Group {
        label: mark!("Customers"),
        entries: &[
            entry(mark!("Customers"), "customers", glyphs::ADDRESS_BOOK, &["customer.read"], "g c"),
            entry(mark!("Contacts"), "contacts", glyphs::USER_GROUP, &["contact.read"], "g o"),
            entry(mark!("Leads"), "leads", glyphs::FILTER, &["lead.read"], "g l"),
        ],
    },
    Group {
        label: mark!("Company"),
        entries: &[
            entry(mark!("Import"), "imports", glyphs::FILE_IMPORT, &["import.run"], "g i"),
            entry(mark!("Team"), "team", glyphs::USER_PEN, &["member.read"], "g t"),
            entry(mark!("Audit log"), "audit", glyphs::SHIELD_HALVED, &["audit.read"], "g a"),
            entry(mark!("Anomalies"), "anomalies", glyphs::TRIANGLE_EXCLAMATION, &["anomaly.read"], "g y"),
            entry(mark!("Settings"), "settings", glyphs::GEAR, &["org.read", "assignment_rule.read"], "g s"),
        ],
    },
];

impl Group {
    /// What this person may see of it.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.iter().copied().filter(|entry| entry.permissions.iter().any(|right| may(right))).collect()
    }
}

/// All of them, in order.
pub fn entries() -> Vec<Entry> {
    GROUPS.iter().flat_map(Group::entries).collect()
}

/// The page a person of any role can go to: the dashboard, or the first they may see.
pub fn home() -> Option<(String, String)> {
    let all = entries();
    let entry = all.iter().find(|entry| entry.page == "dashboard").or(all.first())?;
    let name = if entry.page == "dashboard" { t!("the dashboard").to_owned() } else { t!(entry.label).to_lowercase() };
    Some((name, address(entry.page)))
}

/// The groups as links.
#[component]
pub fn NavGroups() -> impl IntoView {
    let session = session();
    move || {
        // Features come and go while the page is open.
        session.who().track();
        groups()
    }
}

fn groups() -> impl IntoView {
    GROUPS
        .iter()
        .map(|group| (group.label, group.entries()))
        .filter(|(_, entries)| !entries.is_empty())
        .map(|(label, entries)| {
            let links = entries
                .into_iter()
                .map(|entry| view! { <NavLink href=address(entry.page) glyph=entry.glyph label=t!(entry.label)/> })
                .collect_view();
            view! {
                {(!label.is_empty()).then(|| view! { <div class="nav-label">{t!(label)}</div> })}
                <div class="nav">{links}</div>
            }
        })
        .collect_view()
}

/// G and a letter goes to a page.
pub fn follow_keys() {
    let go = use_go();
    for entry in entries() {
        let go = go.clone();
        let to = address(entry.page);
        use_shortcut(entry.keys, t!("Go to {page}", page = t!(entry.label)), move || go(to.clone()));
    }
}

/// A new page takes the focus, so that the next Tab is in it and screen readers begin there. Not from tabs that are pages: arrows go on
/// from one to the next.
pub fn keep_focus() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        let at_tabs = browser::focused().is_some_and(|at| matches!(at.closest("[role=tablist]"), Ok(Some(_))));
        if before.is_some_and(|before| before != now) && !at_tabs {
            browser::focus_soon("#content");
        }
        now
    });
}
