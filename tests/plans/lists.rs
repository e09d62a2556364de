//! Every list has an index that serves each of its orders: whatever narrows the list, then the field, then the id. What a catalogue does
//! not tell, such as where NULLs go, the plans of statements do.

use std::{fs, path::Path};

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use streamflow_client::{
    attachment, contact, customer, import, invitation, lead, notification, record::row::Record as _, registration,
    task::store::find::Choice, team, timeline,
};
use streamflow_kernel::{
    anomaly, audit,
    db::{Backend, Database},
    jobs,
    list::{ListSpec, order::Order},
    session,
};
use streamflow_migrations::System;
use streamflow_provider::tenant;
use streamflow_tests::{postgres, spy, world};
use tracing::Instrument as _;

/// A list, and the table that it pages through.
struct Listed {
    spec: ListSpec,
    /// The file that declares it, below `server`.
    source: &'static str,
    systems: &'static [System],
    table: &'static str,
    /// Columns that the statement of each page compares with one value.
    of: &'static [&'static str],
}

const CLIENT: &[System] = &[System::Client];
const PROVIDER: &[System] = &[System::Provider];

const fn listed(
    spec: ListSpec,
    source: &'static str,
    systems: &'static [System],
    table: &'static str,
    of: &'static [&'static str],
) -> Listed {
    Listed { spec, source, systems, table, of }
}

const OWN_TASKS: ListSpec = Choice { include_done: false, everyone: false }.spec();
const ORG: &[&str] = &["org_id"];
const RECORD: &[&str] = &["org_id", "record_kind", "record_id"];

const LISTS: &[Listed] = &[
    listed(anomaly::page::spec(false), "kernel/src/anomaly/page.rs", &System::ALL, "anomalies", ORG),
    listed(audit::page::SPEC, "kernel/src/audit/page.rs", &System::ALL, "audit", ORG),
    listed(jobs::desk::SPEC, "kernel/src/jobs/desk.rs", &System::ALL, "jobs", &[]),
    listed(session::LIST, "kernel/src/session.rs", &System::ALL, "sessions", &["user_id"]),
    listed(tenant::list::SPEC, "provider/src/tenant/list.rs", PROVIDER, "tenants", &[]),
    listed(attachment::store::LIST, "client/src/attachment/store.rs", CLIENT, "attachments", RECORD),
    listed(contact::store::Entity::LIST, "client/src/contact/store.rs", CLIENT, "contacts", ORG),
    listed(customer::store::Entity::LIST, "client/src/customer/store.rs", CLIENT, "customers", ORG),
    listed(import::store::LIST, "client/src/import/store.rs", CLIENT, "imports", ORG),
    listed(invitation::store::LIST, "client/src/invitation/store.rs", CLIENT, "invitations", ORG),
    listed(lead::store::Entity::LIST, "client/src/lead/store.rs", CLIENT, "leads", ORG),
    listed(notification::store::spec(false), "client/src/notification/store.rs", CLIENT, "notifications", &["org_id", "user_id"]),
    listed(registration::store::LIST, "client/src/registration/store.rs", CLIENT, "registrations", &[]),
    listed(OWN_TASKS, "client/src/task/store/find.rs", CLIENT, "tasks", ORG),
    listed(team::store::MEMBER_LIST, "client/src/team/store.rs", CLIENT, "memberships", ORG),
    listed(team::store::TEAM_LIST, "client/src/team/store.rs", CLIENT, "teams", ORG),
    listed(timeline::store::LIST, "client/src/timeline/store.rs", CLIENT, "timeline", RECORD),
];

/// Orders that no index serves, each with its reason.
const SORTED: &[(&str, &str, &str)] = &[
    ("leads", "stage", "a company puts its stages in an order that no index can have"),
    ("members", "name", "a company's people, by names that another table has"),
    ("teams", "name", "a company's teams are few"),
    ("sessions", "created_at", "a person's sessions are few, and found by the person"),
];

/// The column of a field that is not called as it.
fn column(list: &str, field: &'static str) -> &'static str {
    match (list, field) {
        ("customers" | "contacts" | "leads" | "tenants", "name") => "sort_name",
        ("leads", "value") => "value_minor",
        ("teams", "name") => "lower(name)",
        _ => field,
    }
}

/// Columns of an index, each with whether it descends. None of an index that knows no order, or not every row.
fn columns(definition: &str) -> Option<Vec<(String, bool)>> {
    if definition.contains(" gin ") || definition.contains(" WHERE ") {
        return None;
    }
    let (_, columns) = definition.split_once('(')?;
    let columns = columns.trim_end_matches(')').split(',').map(|column| {
        let column = column.replace('"', "").to_lowercase();
        let mut words = column.split_whitespace();
        (words.next().unwrap_or_default().to_owned(), words.next() == Some("desc"))
    });
    Some(columns.collect())
}

/// Whether pages in the order of this column come from the index as they are.
fn serves(index: &[(String, bool)], of: &[&str], column: &str) -> bool {
    let Some(place) = index.iter().position(|(name, _)| name == column) else { return false };
    let narrows = index[..place].iter().all(|(name, _)| of.contains(&name.as_str()));
    let is_led = of.first().is_none_or(|first| index[..place].first().is_some_and(|(name, _)| name == first));
    narrows && is_led && index.get(place + 1).is_some_and(|(name, descends)| name == "id" && *descends == index[place].1)
}

/// Indexes of a system: table and definition.
async fn indexes(database: &Database) -> Vec<(String, String)> {
    let (backend, sql) = match database.backend() {
        Backend::Postgres => (
            DbBackend::Postgres,
            "SELECT tablename::text AS holder, indexdef AS definition FROM pg_indexes WHERE schemaname = current_schema()",
        ),
        Backend::Sqlite => (
            DbBackend::Sqlite,
            "SELECT tbl_name AS holder, sql AS definition FROM sqlite_master WHERE type IN ('index', 'table') AND sql IS NOT NULL",
        ),
    };
    let pool = database.pool();
    let rows = pool.query_all_raw(Statement::from_string(backend, sql));
    let rows = rows.instrument(spy::behind_the_walls()).await.expect("a catalogue");
    assert!(rows.len() > 20, "only {} indexes", rows.len());
    let rows =
        rows.iter().map(|row| (row.try_get("", "holder").expect("a name"), row.try_get("", "definition").expect("a text")));
    rows.flat_map(|(table, definition): (String, String)| {
        if !definition.starts_with("CREATE TABLE") {
            return vec![(table, definition)];
        }
        // SQLite sees that what is unique needs no id beside it.
        let unique = definition.split("UNIQUE (").skip(1).filter_map(|rest| rest.split(')').next());
        unique.map(|columns| (table.clone(), format!("({columns}, id)"))).collect()
    })
    .collect()
}

/// What is missing in the database of a system.
async fn missing(system: System, database: &Database) -> Vec<String> {
    let indexes = indexes(database).await;
    let mut missing = Vec::new();
    for list in LISTS.iter().filter(|list| list.systems.contains(&system)) {
        let known: Vec<_> =
            indexes.iter().filter(|(table, _)| table == list.table).filter_map(|(_, definition)| columns(definition)).collect();
        let Order { field: usual, .. } = list.spec.default_order;
        for field in list.spec.orders.iter().map(|order| order.name).chain([usual]) {
            let is_sorted = SORTED.iter().any(|(name, of, _)| (*name, *of) == (list.spec.name, field));
            let column = column(list.spec.name, field);
            let is_served = known.iter().any(|index| serves(index, list.of, column));
            if is_served == is_sorted {
                let what = if is_served { "is listed as sorted, and an index serves it" } else { "has no index for its order" };
                missing.push(format!("{}: {} by {field} {what}", system.name(), list.spec.name));
            }
        }
    }
    missing
}

async fn every_order_has_its_index(backend: Backend) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fresh = match backend {
        Backend::Postgres => Some(postgres::fresh_database().await),
        Backend::Sqlite => None,
    };
    let mut found = Vec::new();
    for system in System::ALL {
        let file = folder.path().join(format!("{}.db", system.name()));
        let location = world::location(system, fresh.as_ref().map(|fresh| fresh.url.as_str()), &file).await;
        found.extend(missing(system, &Database::connect(&location).await.expect("a database")).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_has_its_index_on_sqlite() {
    every_order_has_its_index(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_has_its_index_on_postgres() {
    every_order_has_its_index(Backend::Postgres).await;
}

/// Files below a folder that declare lists, and how many.
fn declared(folder: &Path, server: &Path, found: &mut Vec<(String, usize)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            declared(&entry, server, found);
            continue;
        }
        let name = entry.strip_prefix(server).expect("a file below").to_string_lossy().into_owned();
        // What all lists are made of makes some for its tests.
        if entry.extension().is_none_or(|extension| extension != "rs") || name.starts_with("kernel/src/list") {
            continue;
        }
        let text = fs::read_to_string(&entry).expect("a text");
        let count = text.split("ListSpec {").skip(1).filter(|rest| rest.trim_start().starts_with("name")).count();
        if count > 0 {
            found.push((name, count));
        }
    }
}

#[test]
fn every_list_of_the_server_is_named() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server");
    let mut found = Vec::new();
    declared(&server, &server, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for (file, count) in found {
        let named = LISTS.iter().filter(|list| list.source == file).count();
        assert_eq!(named, count, "{file} declares {count} lists, and `LISTS` names {named} of it");
    }
}

#[test]
fn what_serves_an_order_is_told_from_what_does_not() {
    let index = |text: &str| columns(&format!("CREATE INDEX x ON t ({text})")).expect("columns");
    assert!(serves(&index("org_id, city, id"), ORG, "city"));
    assert!(serves(&index("\"org_id\", \"city\" desc, \"id\" DESC"), ORG, "city"));
    for wrong in ["city, id", "org_id, city", "org_id, owner_id, city, id", "org_id, city desc, id", "org_id, id, city"] {
        assert!(!serves(&index(wrong), ORG, "city"), "{wrong}");
    }
    assert!(columns("CREATE INDEX x ON t (org_id, city, id) WHERE city <> ''").is_none());
}
