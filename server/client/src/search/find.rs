//! Finds candidates with each database's own index; the ranking is the same on both.

use std::collections::{HashMap, hash_map::Entry};

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::Result,
};
use uuid::Uuid;

use super::{
    domain::{Query, entry::SearchEntry, rank},
    sqlite::{self, Way},
};
use crate::record::kind::Kind;

/// A record that answers the query.
#[derive(Clone, Debug)]
pub struct Hit {
    pub kind: Kind,
    pub id: Uuid,
    pub title: String,
    pub subtitle: String,
    /// What answers it, when it isn't the title.
    pub matched: String,
    pub pinned: bool,
}

/// A record that may answer the query.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Candidate {
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
    let mut ranking = Ranking { query, found: HashMap::new() };
    if !query.is_empty() && !kinds.is_empty() {
        match db.backend() {
            Backend::Postgres => ranking.add(postgres(db, query, kinds).await?),
            Backend::Sqlite => from_sqlite(db, &mut ranking, kinds, limit).await?,
        }
    }
    Ok(ranking.best(limit))
}

/// Records whose title has this in it, by title: for those who must not learn what else records are found by, not even by which of
/// them come first.
pub async fn by_title(db: &TenantDb, typed: &str, kinds: &[Kind], limit: usize) -> Result<Vec<Hit>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let like = if db.backend() == Backend::Postgres { "ILIKE" } else { "LIKE" };
    let marks = vec!["?"; kinds.len()].join(", ");
    let sql = format!(
        "SELECT kind, id, title, subtitle, '' AS text, '' AS digits, '' AS keys, archived FROM search_entries \
         WHERE org_id = {{org}} AND kind IN ({marks}) AND title {like} ? ESCAPE '\\' ORDER BY archived, title, id LIMIT {limit}"
    );
    let part = typed.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let kinds = kinds.iter().map(|kind| kind.as_str().into());
    let rows: Vec<Candidate> = db.query(&sql, kinds.chain([format!("%{part}%").into()]).collect()).await?;
    let hit = |row: Candidate| {
        let (title, subtitle, matched) = (row.title, row.subtitle, String::new());
        Some(Hit { kind: Kind::from_stored(&row.kind)?, id: row.id, title, subtitle, matched, pinned: false })
    };
    Ok(rows.into_iter().filter_map(hit).collect())
}

/// Looks in ever less certain ways, until there are enough answers.
async fn from_sqlite(db: &TenantDb, ranking: &mut Ranking<'_>, kinds: &[Kind], limit: usize) -> Result<()> {
    for way in sqlite::WAYS {
        // Whoever typed a whole key made no slip, and the words of a whole address are in half of all records.
        if ranking.has_pinned() && (way == Way::Slips || ranking.query.key.contains('@')) {
            return Ok(());
        }
        ranking.add(sqlite::candidates(db, ranking.query, kinds, way).await?);
        if way.is_enough() && ranking.found.len() >= limit {
            return Ok(());
        }
    }
    if ranking.found.is_empty() {
        ranking.add(sqlite::candidates(db, ranking.query, kinds, Way::Anything).await?);
    }
    Ok(())
}

/// The function looks past row-level security, which keeps trigram indexes out of reach, and gives ids only; the rows are read
/// under it. Keys keep their punctuation, so they are looked for as typed.
async fn postgres(db: &TenantDb, query: &Query, kinds: &[Kind]) -> Result<Vec<Candidate>> {
    const SQL: &str = "SELECT e.kind, e.id, e.title, e.subtitle, e.text, e.digits, e.keys, e.archived \
        FROM search_ids(?, ?, ?, string_to_array(?, ' '), string_to_array(?, ','), 60) hit \
        JOIN search_entries e ON e.org_id = {org} AND e.kind = hit.kind AND e.id = hit.id";
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let digits = query.digits.clone().unwrap_or_default();
    let values = [query.text.clone(), query.key.clone(), digits, query.regex_slips().join(" "), kinds.join(",")];
    db.query(SQL, values.map(Into::into).to_vec()).await
}

/// Answers found so far, each scored once.
struct Ranking<'a> {
    query: &'a Query,
    found: HashMap<(Kind, Uuid), Answer>,
}

struct Answer {
    score: f32,
    archived: bool,
    entry: SearchEntry,
}

impl Ranking<'_> {
    /// Takes over those candidates that are answers.
    fn add(&mut self, candidates: Vec<Candidate>) {
        for row in candidates {
            let Some(kind) = Kind::from_stored(&row.kind) else { continue };
            let Entry::Vacant(place) = self.found.entry((kind, row.id)) else { continue };
            let Candidate { title, subtitle, text, digits, keys, archived, .. } = row;
            let entry = SearchEntry { title, subtitle, text, digits, keys };
            let score = rank::score(self.query, &entry);
            if score >= rank::FLOOR {
                place.insert(Answer { score, archived, entry });
            }
        }
    }

    fn has_pinned(&self) -> bool {
        self.found.values().any(Answer::is_pinned)
    }

    fn best(self, limit: usize) -> Vec<Hit> {
        let mut answers: Vec<((Kind, Uuid), Answer)> = self.found.into_iter().collect();
        answers.sort_by(|((_, left_id), left), ((_, right_id), right)| {
            let pinned_first = right.is_pinned().cmp(&left.is_pinned());
            pinned_first
                .then(left.archived.cmp(&right.archived))
                .then(right.score.total_cmp(&left.score))
                .then_with(|| left.entry.title.cmp(&right.entry.title))
                .then(left_id.cmp(right_id))
        });
        answers.truncate(limit);
        let query = self.query;
        answers.into_iter().map(|((kind, id), answer)| answer.into_hit(query, kind, id)).collect()
    }
}

impl Answer {
    fn is_pinned(&self) -> bool {
        self.score >= rank::PINNED
    }

    fn into_hit(self, query: &Query, kind: Kind, id: Uuid) -> Hit {
        let pinned = self.is_pinned();
        let matched = rank::matched(query, &self.entry);
        Hit { kind, id, title: self.entry.title, subtitle: self.entry.subtitle, matched, pinned }
    }
}
