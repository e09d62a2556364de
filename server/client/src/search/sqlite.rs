//! Candidates from SQLite's trigram index (FTS5). It holds all companies, so each statement narrows to the company and to what
//! this person may see before it sorts or counts.

use sea_orm::{
    Value,
    sea_query::{Expr, Query as Statement, SqliteQueryBuilder},
};
use streamflow_kernel::{db::TenantDb, error::Result};

use super::{domain::Query, find::Candidate, store::Entity};

/// Candidates of one way to look, before ranking.
const CANDIDATES: u32 = 200;

const COLUMNS: &str = "search_entries.kind, search_entries.id, search_entries.title, search_entries.subtitle, \
    search_entries.text, search_entries.digits, search_entries.keys, search_entries.archived";

/// CROSS JOIN keeps this order: the index first, then its rows. The other way round the index would be asked once per row.
const INDEXED: &str = "search_fts CROSS JOIN search_entries ON search_entries.entry = search_fts.rowid";

/// Every way but likeness: keys, digits, words, and beginnings of words too short for trigrams.
pub async fn direct(db: &TenantDb, query: &Query, kinds: &[&str]) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    if query.key.chars().count() >= 3 {
        let select = Select::new(db, INDEXED, kinds)
            .matching(format!("keys : {}", quoted(&query.key)))
            .and(
                "instr(' ' || search_entries.keys, ?) > 0",
                vec![format!(" {}", query.key).into()],
            );
        // The whole key before those that only begin so.
        found.extend(
            select
                .ordered(
                    "instr(' ' || search_entries.keys || ' ', ?) = 0",
                    vec![format!(" {} ", query.key).into()],
                )
                .run(db)
                .await?,
        );
    } else {
        let key = Value::from(format!(" {} ", query.key));
        found.extend(
            Select::new(db, "search_entries", kinds)
                .and("instr(' ' || search_entries.keys || ' ', ?) > 0", vec![key])
                .run(db)
                .await?,
        );
    }
    if let Some(digits) = &query.digits {
        found.extend(
            Select::new(db, INDEXED, kinds)
                .matching(format!("digits : {}", quoted(digits)))
                .run(db)
                .await?,
        );
    }
    if query.text.is_empty() {
        return Ok(found);
    }
    let mut select = match query.fts_all() {
        Some(all) => Select::new(db, INDEXED, kinds).matching(all),
        None => Select::new(db, "search_entries", kinds),
    };
    for word in query.words().filter(|word| word.chars().count() < 3) {
        // Normalised words hold letters and digits only, so nothing in them is a wildcard.
        let (first, later) = (format!("{word}%"), format!("% {word}%"));
        select = select.and(
            "(search_entries.text LIKE ? OR search_entries.text LIKE ?)",
            vec![first.into(), later.into()],
        );
    }
    let begins = [
        format!("{}%", query.text).into(),
        format!("% {}%", query.text).into(),
    ];
    let order = "search_entries.archived, search_entries.text NOT LIKE ?, search_entries.text NOT LIKE ?";
    found.extend(select.ordered(order, begins.to_vec()).run(db).await?);
    Ok(found)
}

/// Records that share trigrams with the query, those with the most telling ones first.
pub async fn alike(db: &TenantDb, expression: &str, kinds: &[&str]) -> Result<Vec<Candidate>> {
    Select::new(db, INDEXED, kinds)
        .matching(expression.to_owned())
        .ordered("bm25(search_fts)", Vec::new())
        .run(db)
        .await
}

/// One statement and its values, in the order they occur.
struct Select {
    from: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: &'static str,
}

impl Select {
    fn new(db: &TenantDb, from: &'static str, kinds: &[&str]) -> Self {
        let marks = vec!["?"; kinds.len()].join(", ");
        let conditions = vec![
            "search_entries.org_id = {org}".to_owned(),
            format!("search_entries.kind IN ({marks})"),
        ];
        let values = kinds.iter().map(|kind| Value::from(*kind)).collect();
        let select = Self {
            from,
            conditions,
            values,
            order: "",
        };
        select.visible(db)
    }

    /// The rule of [`Scope::condition`](streamflow_kernel::db::Scope::condition) as text.
    fn visible(self, db: &TenantDb) -> Self {
        let condition = db.scope().condition::<Entity>();
        let (sql, values) = Statement::select()
            .expr(Expr::cust("1"))
            .cond_where(condition)
            .build(SqliteQueryBuilder);
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
        let order = if self.order.is_empty() {
            String::new()
        } else {
            format!("ORDER BY {}", self.order)
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE {} {order} LIMIT {CANDIDATES}",
            self.from,
            self.conditions.join(" AND ")
        );
        db.query(&sql, self.values).await
    }
}

/// A string of FTS5's query language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
