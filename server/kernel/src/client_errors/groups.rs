//! Reports grouped by what they have in common, counted and without anybody's words.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};

use super::shape;
use crate::{crypto, db::SystemDb, error::Result, kernel::Portal};

/// Reports that are looked at, the newest.
const READ: usize = 5_000;
const GROUPS: usize = 200;

/// Reports of one fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub fingerprint: String,
    pub message: String,
    pub place: String,
    pub build: String,
    /// Reports among those looked at.
    pub count: usize,
    /// How many companies it happened in, by the pages' addresses: a report comes without a session, so that it gets through always.
    pub companies: usize,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// All of a range.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The most frequent first.
    pub groups: Vec<Group>,
    /// Less frequent ones that were left out.
    pub left_out: usize,
    /// Reports that were looked at, 5,000 at most.
    pub counted: usize,
    /// There are more reports in the range than were looked at.
    pub capped: bool,
}

#[derive(Clone, Debug, FromQueryResult)]
struct Row {
    at: DateTime<Utc>,
    message: String,
    page: String,
    build: String,
}

/// Groups of the newest 5,000 reports since a time, 200 at most.
pub async fn groups(db: &SystemDb, portal: &Portal, since: DateTime<Utc>) -> Result<Groups> {
    let sql =
        format!("SELECT at, message, page, build FROM client_errors WHERE at >= ? ORDER BY at DESC, id DESC LIMIT {}", READ + 1);
    let mut rows: Vec<Row> = db.query(&sql, vec![since.into()]).await?;
    let capped = rows.len() > READ;
    rows.truncate(READ);
    let counted = rows.len();
    let mut groups = grouped(portal, rows);
    let left_out = groups.len().saturating_sub(GROUPS);
    groups.truncate(GROUPS);
    Ok(Groups { groups, left_out, counted, capped })
}

/// `rows` are the newest first.
fn grouped(portal: &Portal, rows: Vec<Row>) -> Vec<Group> {
    let mut groups: HashMap<String, (Group, HashSet<String>)> = HashMap::new();
    for row in rows {
        let message = shape::message(&row.message);
        let (place, build) = (shape::place(portal.pages, portal.first_parts, &row.page), shape::build(&row.build));
        let digest =
            Sha256::digest(crypto::bind(&[message.as_bytes(), place.as_bytes(), portal.space.as_bytes(), build.as_bytes()]));
        let fingerprint = HEXLOWER.encode(&digest[..8]);
        let (group, companies) = groups.entry(fingerprint.clone()).or_insert_with(|| {
            let group = Group { fingerprint, message, place, build, count: 0, companies: 0, first_at: row.at, last_at: row.at };
            (group, HashSet::new())
        });
        group.count += 1;
        group.first_at = row.at;
        companies.extend(shape::company(portal.pages, &row.page).map(str::to_owned));
    }
    let counted = |(group, companies): (Group, HashSet<String>)| Group { companies: companies.len(), ..group };
    let mut groups: Vec<Group> = groups.into_values().map(counted).collect();
    groups.sort_by_key(|group| Reverse((group.count, group.last_at)));
    groups
}
