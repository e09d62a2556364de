//! One table of a company as lines of JSON, whatever its columns: page after page in the order of its key.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{Backend, Database, TenantDb},
    error::{Error, Result},
};

use super::domain;

/// A column as the catalogue knows it.
#[derive(Clone, Debug, FromQueryResult)]
struct Column {
    name: String,
    /// In the database's own words.
    kind: String,
    /// Place in the primary key; negative for none.
    place: i32,
}

const POSTGRES: &str = "SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS kind, \
    COALESCE(array_position(i.indkey::int2[], a.attnum), -1)::int AS place \
    FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
    WHERE a.attrelid = CAST(CAST(? AS text) AS regclass) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

const SQLITE: &str = "SELECT name, type AS kind, pk - 1 AS place FROM pragma_table_info(?) ORDER BY cid";

/// A table with what is shown of it.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    /// The column that says which company.
    org: &'static str,
    shown: Vec<Column>,
    /// The primary key without the company.
    key: Vec<Column>,
    size: usize,
}

#[derive(FromQueryResult)]
struct Row {
    line: String,
    place: String,
}

impl Table {
    /// Asks the catalogue.
    pub async fn look(database: &Database, name: &'static str) -> Result<Self> {
        let sql = if database.backend() == Backend::Postgres { POSTGRES } else { SQLITE };
        let columns: Vec<Column> = database.system_read().await?.query(sql, vec![name.into()]).await?;
        if columns.is_empty() {
            return Err(Error::internal("a table to export is not there"));
        }
        let org = if name == "orgs" { "id" } else { "org_id" };
        let hidden: Vec<&str> = domain::hidden(name).collect();
        let mut key: Vec<Column> = columns.iter().filter(|column| column.place >= 0 && column.name != org).cloned().collect();
        key.sort_by_key(|column| column.place);
        let shown = columns.into_iter().filter(|column| !hidden.contains(&&*column.name)).collect();
        Ok(Self { name, org, shown, key, size: domain::page_size(name) })
    }

    /// The next rows after a place, and the place after them; none at the end.
    pub async fn page(&self, tx: &TenantDb, after: Option<&[String]>) -> Result<(Vec<String>, Option<Vec<String>>)> {
        let backend = tx.backend();
        let (line, place) = (self.line(backend), self.place(backend));
        let names: Vec<String> = self.key.iter().map(|column| format!("t.\"{}\"", column.name)).collect();
        let mut sql = format!("SELECT {line} AS line, {place} AS place FROM {} t WHERE t.{} = {{org}}", self.name, self.org);
        let values: Vec<Value> = after.unwrap_or_default().iter().map(|text| text.as_str().into()).collect();
        if !self.key.is_empty() {
            let names = names.join(", ");
            if after.is_some() {
                let marks: Vec<String> = self.key.iter().map(|column| column.mark(backend)).collect();
                sql.push_str(&format!(" AND ({names}) > ({})", marks.join(", ")));
            }
            sql.push_str(&format!(" ORDER BY {names} LIMIT {}", self.size));
        }
        let rows: Vec<Row> = tx.query(&sql, values).await?;
        let more = !self.key.is_empty() && rows.len() == self.size;
        let next =
            rows.last().filter(|_| more).map(|row| serde_json::from_str(&row.place)).transpose().map_err(Error::internal)?;
        Ok((rows.into_iter().map(|row| row.line).collect(), next))
    }

    fn line(&self, backend: Backend) -> String {
        if backend == Backend::Postgres {
            let hidden: Vec<String> = domain::hidden(self.name).map(|name| format!("'{name}'")).collect();
            return format!("(to_jsonb(t) - ARRAY[{}]::text[])::text", hidden.join(", "));
        }
        let pairs: Vec<String> = self.shown.iter().map(|column| format!("'{}', {}", column.name, column.shown())).collect();
        format!("json_object({})", pairs.join(", "))
    }

    fn place(&self, backend: Backend) -> String {
        let texts: Vec<String> = self.key.iter().map(|column| column.text(backend)).collect();
        let function = if backend == Backend::Postgres { "jsonb_build_array" } else { "json_array" };
        let cast = if backend == Backend::Postgres { "::text" } else { "" };
        format!("{function}({}){cast}", texts.join(", "))
    }
}

impl Column {
    fn is_blob(&self) -> bool {
        self.kind == "BLOB"
    }

    /// On SQLite, where ids and bytes are alike: what is as long as an id is written as one, other bytes in hexadecimal digits.
    fn shown(&self) -> String {
        let name = format!("t.\"{}\"", self.name);
        if !self.is_blob() {
            return name;
        }
        let parts =
            [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)].map(|(at, length)| format!("substr(hex({name}), {at}, {length})"));
        format!(
            "CASE WHEN {name} IS NULL THEN NULL WHEN length({name}) = 16 THEN lower({}) ELSE lower(hex({name})) END",
            parts.join(" || '-' || ")
        )
    }

    /// Its value as text, from which [`mark`](Self::mark) makes it again.
    fn text(&self, backend: Backend) -> String {
        let name = format!("t.\"{}\"", self.name);
        match backend {
            Backend::Postgres => format!("{name}::text"),
            Backend::Sqlite if self.is_blob() => format!("hex({name})"),
            Backend::Sqlite => format!("CAST({name} AS TEXT)"),
        }
    }

    fn mark(&self, backend: Backend) -> String {
        match backend {
            Backend::Postgres => format!("CAST(CAST(? AS text) AS {})", self.kind),
            Backend::Sqlite if self.is_blob() => "unhex(?)".to_owned(),
            Backend::Sqlite => format!("CAST(? AS {})", self.kind),
        }
    }
}
