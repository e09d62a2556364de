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
            entry("My work", "tasks", glyphs::LIST_CHECK, &["task.read"], "g w"),
            entry("Inbox", "inbox", glyphs::INBOX, &["notification.read"], "g n"),
            entry("Dashboard", "dashboard", glyphs::HOUSE, &["dashboard.read"], "g d"),
        ],
    },
    Group {
        label: "Customers",
        entries: &[
            entry("Customers", "customers", glyphs::ADDRESS_BOOK, &["customer.read"], "g c"),
            entry("Contacts", "contacts", glyphs::USER_GROUP, &["contact.read"], "g o"),
            entry("Leads", "leads", glyphs::FILTER, &["lead.read"], "g l"),
        ],
    },
    Group {
        label: "Company",
        entries: &[
            entry("Import", "imports", glyphs::FILE_IMPORT, &["import.run"], "g i"),
            entry("Team", "team", glyphs::USER_PEN, &["member.read"], "g t"),
            entry("Audit log", "audit", glyphs::SHIELD_HALVED, &["audit.read"], "g a"),
            entry("Anomalies", "anomalies", glyphs::TRIANGLE_EXCLAMATION, &["anomaly.read"], "g y"),
            entry("Settings", "settings", glyphs::GEAR, &["org.read", "assignment_rule.read"], "g s"),
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
    let name = if entry.page == "dashboard" { "the dashboard".to_owned() } else { entry.label.to_lowercase() };
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
                .map(|entry| view! { <NavLink href=address(entry.page) glyph=entry.glyph label=entry.label/> })
                .collect_view();
            view! {
                {(!label.is_empty()).then(|| view! { <div class="nav-label">{label}</div> })}
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
        use_shortcut(entry.keys, format!("Go to {}", entry.label), move || go(to.clone()));
    }
}

/// A new page takes the focus, so that the next Tab is in it and screen readers begin there.
pub fn keep_focus() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            browser::focus_soon("#content");
        }
        now
    });
}
