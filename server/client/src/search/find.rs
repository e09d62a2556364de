//! Finds candidates with each database's own index; the ranking is the same on both.

use std::collections::HashMap;

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::Result,
};
use uuid::Uuid;

use super::{
    domain::{Query, entry::SearchEntry, rank},
    sqlite,
};
use crate::record::kind::Kind;

/// A record that answers the query.
#[derive(Clone, Debug)]
pub struct Hit {
    pub kind: Kind,
    pub id: Uuid,
    pub title: String,
    pub subtitle: String,
    pub matched: String,
    pub pinned: bool,
}

/// A record that may answer the query.
#[derive(Clone, FromQueryResult)]
pub(super) struct Candidate {
    kind: String,
    id: Uuid,
    title: String,
    subtitle: String,
    text: String,
    digits: String,
    keys: String,
    archived: bool,
}

/// The `limit` best answers among records of `kinds` that this person may see: exact keys first, archived records last.
pub async fn find(db: &TenantDb, query: &Query, kinds: &[Kind], limit: usize) -> Result<Vec<Hit>> {
    if query.is_empty() || kinds.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    match db.backend() {
        Backend::Postgres => Ok(ranked(query, postgres(db, query, &kinds).await?, limit)),
        Backend::Sqlite => {
            let mut candidates = sqlite::direct(db, query, &kinds).await?;
            let hits = ranked(query, candidates.clone(), limit);
            // Likeness costs more than all the rest, so only when there are too few plain answers.
            match query.fts_any().filter(|_| hits.len() < limit) {
                None => Ok(hits),
                Some(any) => {
                    candidates.extend(sqlite::alike(db, &any, &kinds).await?);
                    Ok(ranked(query, candidates, limit))
                }
            }
        }
    }
}

fn ranked(query: &Query, candidates: Vec<Candidate>, limit: usize) -> Vec<Hit> {
    let mut scored: HashMap<(String, Uuid), (f32, bool, SearchEntry)> = HashMap::new();
    for row in candidates {
        let Candidate {
            kind,
            id,
            title,
            subtitle,
            text,
            digits,
            keys,
            archived,
        } = row;
        scored.entry((kind, id)).or_insert_with(|| {
            let entry = SearchEntry {
                title,
                subtitle,
                text,
                digits,
                keys,
            };
            (rank::score(query, &entry), archived, entry)
        });
    }
    let mut best: Vec<_> = scored
        .into_iter()
        .filter(|(_, (score, ..))| *score >= rank::FLOOR)
        .collect();
    best.sort_by(|((_, left_id), left), ((_, right_id), right)| {
        let (left_pinned, right_pinned) = (left.0 >= rank::PINNED, right.0 >= rank::PINNED);
        let pinned_first = right_pinned.cmp(&left_pinned);
        pinned_first
            .then_with(|| left.1.cmp(&right.1))
            .then_with(|| right.0.total_cmp(&left.0))
            .then_with(|| left.2.title.cmp(&right.2.title))
            .then_with(|| left_id.cmp(right_id))
    });
    best.truncate(limit);
    let hits = best.into_iter().filter_map(|((kind, id), (score, _, entry))| {
        Some(Hit {
            kind: Kind::from_stored(&kind)?,
            id,
            matched: rank::matched(query, &entry),
            title: entry.title,
            subtitle: entry.subtitle,
            pinned: score >= rank::PINNED,
        })
    });
    hits.collect()
}

/// The function looks past row-level security, which keeps trigram indexes out of reach, and gives ids only; the rows are read
/// under it. Keys keep their punctuation, so they are looked for on their own.
async fn postgres(db: &TenantDb, query: &Query, kinds: &[&str]) -> Result<Vec<Candidate>> {
    const COLUMNS: &str = "e.kind, e.id, e.title, e.subtitle, e.text, e.digits, e.keys, e.archived";
    let function = "SELECT kind, id FROM search_ids(?, ?, string_to_array(?, ','), 60)";
    let mut values = vec![
        query.text.clone().into(),
        query.digits.clone().unwrap_or_default().into(),
        kinds.join(",").into(),
    ];
    let mut calls = function.to_owned();
    if query.key != query.text {
        calls = format!("{calls} UNION {function}");
        values.extend([
            query.key.clone().into(),
            String::new().into(),
            kinds.join(",").into(),
        ]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM ({calls}) hit JOIN search_entries e ON e.org_id = {{org}} AND e.kind = hit.kind AND e.id = hit.id"
    );
    db.query(&sql, values).await
}
