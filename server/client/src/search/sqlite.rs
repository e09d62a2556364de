//! Candidates from SQLite's trigram index (FTS5). It gives rows in the order of their numbers and stops when it has enough, so
//! nothing here sorts or counts more than it hands on; the ranking puts candidates in order.

use sea_orm::{
    Value,
    sea_query::{Expr, Query as Statement, SqliteQueryBuilder},
};
use streamflow_kernel::{db::TenantDb, error::Result};

use super::{domain::Query, find::Candidate, store::Entity};
use crate::record::kind::Kind;

/// Candidates of one way to look, before ranking.
const CANDIDATES: u32 = 200;

const COLUMNS: &str = "search_entries.kind, search_entries.id, search_entries.title, search_entries.subtitle, \
    search_entries.text, search_entries.digits, search_entries.keys, search_entries.archived";

/// CROSS JOIN keeps this order: the index first, then its rows. The other way round the index would be asked once per row.
const INDEXED: &str = "search_fts CROSS JOIN search_entries ON search_entries.entry = search_fts.rowid";

/// A way to find candidates, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The query is, or begins, an id, a number, an external id or an e-mail address.
    Key,
    /// It is part of a phone number.
    Digits,
    /// A name begins so.
    Beginning,
    /// Every word is in a live record, as it is or as the beginning of a word.
    Words,
    /// The same for records that are put away.
    ArchivedWords,
    /// Every word is there but for one slip in it.
    Slips,
    /// Anything in common, for records that a few letters tell from all others.
    Anything,
}

/// In this order; the last only when nothing else gives an answer.
pub const WAYS: [Way; 6] = [Way::Key, Way::Digits, Way::Beginning, Way::Words, Way::ArchivedWords, Way::Slips];

impl Way {
    /// True when no surer way can follow. A name that begins like the query does not say that nothing else is meant.
    pub const fn is_enough(self) -> bool {
        matches!(self, Self::Words | Self::ArchivedWords | Self::Slips)
    }
}

/// Candidates of one way; none when the query can't be meant so.
pub async fn candidates(db: &TenantDb, query: &Query, kinds: &[Kind], way: Way) -> Result<Vec<Candidate>> {
    let indexed = |expression: Option<String>| expression.map(|text| Select::new(db, INDEXED, kinds).matching(text));
    let select = match way {
        Way::Key => key(db, query, kinds),
        Way::Digits => indexed(query.digits.as_ref().map(|digits| format!("digits : {}", quoted(digits)))),
        Way::Beginning if query.text.is_empty() => None,
        Way::Beginning => return beginning(db, query, kinds).await,
        Way::Words => words(db, query, kinds, false),
        Way::ArchivedWords => words(db, query, kinds, true),
        Way::Slips => indexed(query.fts_slips()),
        Way::Anything => indexed(query.fts_any()),
    };
    match select {
        Some(select) => select.run(db).await,
        None => Ok(Vec::new()),
    }
}

/// Keys stand after one another with blanks between, so a key begins the column or follows a blank.
fn key(db: &TenantDb, query: &Query, kinds: &[Kind]) -> Option<Select> {
    if query.key.chars().count() < 3 {
        return short_key(db, query, kinds);
    }
    let begins = format!("keys : (^ {} OR {})", quoted(&query.key), quoted(&format!(" {}", query.key)));
    let whole = format!(" {} ", query.key);
    let select = Select::new(db, INDEXED, kinds).matching(begins);
    // The whole key before those that only begin so.
    Some(select.ordered("instr(' ' || search_entries.keys || ' ', ?) = 0", vec![whole.into()]))
}

/// Only external ids are this short; the trigram index can't see them.
fn short_key(db: &TenantDb, query: &Query, kinds: &[Kind]) -> Option<Select> {
    let (lower, upper) = (query.key.clone(), query.key.to_uppercase());
    let select = Select::new(db, of_kind(Kind::Customer), &[Kind::Customer]);
    let select = select.and("r.org_id = {org} AND r.external_id IN (?, ?)", vec![lower.into(), upper.into()]);
    kinds.contains(&Kind::Customer).then_some(select)
}

/// Entries by way of the records they stand for, whose tables have indexes of their own.
const fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Customer => {
            "customers r CROSS JOIN search_entries ON search_entries.org_id = r.org_id AND search_entries.id = r.id"
        }
        Kind::Contact => "contacts r CROSS JOIN search_entries ON search_entries.org_id = r.org_id AND search_entries.id = r.id",
        Kind::Lead => "leads r CROSS JOIN search_entries ON search_entries.org_id = r.org_id AND search_entries.id = r.id",
    }
}

/// Names that begin so, by the index of each kind of record: the trigram index can't see one or two letters, and goes through the
/// records of all companies for more.
async fn beginning(db: &TenantDb, query: &Query, kinds: &[Kind]) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for kind in kinds {
        let (first, last) = (query.text.clone(), format!("{}\u{10ffff}", query.text));
        let select = Select::new(db, of_kind(*kind), &[*kind])
            .and("r.org_id = {org} AND r.sort_name >= ? AND r.sort_name < ?", vec![first.into(), last.into()])
            .ordered("r.sort_name", Vec::new());
        found.extend(select.run(db).await?);
    }
    Ok(found)
}

fn words(db: &TenantDb, query: &Query, kinds: &[Kind], archived: bool) -> Option<Select> {
    let long = query.fts_all();
    let (letters, short): (Vec<&str>, Vec<&str>) =
        query.words().filter(|word| word.chars().count() < 3).partition(|word| word.chars().count() < 2);
    let mut select = match &long {
        Some(all) => Select::new(db, INDEXED, kinds).matching(all.clone()),
        // With the blank before it a word of two letters is a trigram. Those that begin the text were found by their names.
        None if !short.is_empty() => {
            let words: Vec<String> = short.iter().map(|word| quoted(&format!(" {word}"))).collect();
            Select::new(db, INDEXED, kinds).matching(format!("text : ({})", words.join(" AND ")))
        }
        None => return None,
    };
    let unseen = letters.into_iter().chain(short.into_iter().filter(|_| long.is_some()));
    for word in unseen {
        // Normalised words hold letters and digits only, so nothing in them is a wildcard.
        let (first, later) = (format!("{word}%"), format!("% {word}%"));
        let begins = "(search_entries.text LIKE ? OR search_entries.text LIKE ?)";
        select = select.and(begins, vec![first.into(), later.into()]);
    }
    Some(select.and("search_entries.archived = ?", vec![archived.into()]))
}

/// One statement and its values, in the order they occur.
struct Select {
    from: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: &'static str,
}

impl Select {
    fn new(db: &TenantDb, from: &'static str, kinds: &[Kind]) -> Self {
        let marks = vec!["?"; kinds.len()].join(", ");
        let conditions = vec!["search_entries.org_id = {org}".to_owned(), format!("search_entries.kind IN ({marks})")];
        let values = kinds.iter().map(|kind| Value::from(kind.as_str())).collect();
        let select = Self { from, conditions, values, order: "" };
        select.visible(db)
    }

    /// The rule of [`Scope::condition`](streamflow_kernel::db::Scope::condition) as text.
    fn visible(self, db: &TenantDb) -> Self {
        let condition = db.scope().condition::<Entity>();
        let (sql, values) = Statement::select().expr(Expr::cust("1")).cond_where(condition).build(SqliteQueryBuilder);
        match sql.split_once(" WHERE ") {
            Some((_, condition)) => self.and(&format!("({condition})"), values.0),
            None => self,
        }
    }

    fn matching(self, expression: String) -> Self {
        self.and("search_fts MATCH ?", vec![expression.into()])
    }

    fn and(mut self, condition: &str, values: Vec<Value>) -> Self {
        self.conditions.push(condition.to_owned());
        self.values.extend(values);
        self
    }

    /// To be called last: its values follow all others.
    fn ordered(mut self, order: &'static str, values: Vec<Value>) -> Self {
        self.order = order;
        self.values.extend(values);
        self
    }

    async fn run(self, db: &TenantDb) -> Result<Vec<Candidate>> {
        let order = if self.order.is_empty() { String::new() } else { format!("ORDER BY {}", self.order) };
        let (from, conditions) = (self.from, self.conditions.join(" AND "));
        let sql = format!("SELECT {COLUMNS} FROM {from} WHERE {conditions} {order} LIMIT {CANDIDATES}");
        db.query(&sql, self.values).await
    }
}

/// A string of FTS5's query language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
