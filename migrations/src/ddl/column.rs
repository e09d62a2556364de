//! Columns: name, type in either dialect, data class, and what the value means.
//!
//! SQLite tables are STRICT. Ids are 16-byte BLOBs, times RFC 3339 TEXT in UTC (which sorts as time does), days ISO 8601 TEXT.

use super::Dialect;

/// How much harm a value can do in the wrong hands; decides what may be logged, exported or copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 0: anyone may know.
    Public,
    /// 1: of use to the org or the operator only.
    Internal,
    /// 2: business matters of an org.
    Confidential,
    /// 3: about a person.
    Personal,
    /// 4: a secret, or its hash or ciphertext.
    Secret,
}

impl Class {
    const fn label(self) -> &'static str {
        match self {
            Self::Public => "0 public",
            Self::Internal => "1 internal",
            Self::Confidential => "2 confidential",
            Self::Personal => "3 personal",
            Self::Secret => "4 secret",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Uuid,
    Text,
    SortText,
    Int,
    BigInt,
    Double,
    Bool,
    Bytes,
    Time,
    Day,
    Json,
    Sequence,
    Transaction,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    kind: Kind,
    class: Class,
    meaning: &'static str,
    nullable: bool,
    default: Option<&'static str>,
    only: Option<Dialect>,
}

impl Column {
    const fn new(name: &'static str, kind: Kind, class: Class, meaning: &'static str) -> Self {
        Self { name, kind, class, meaning, nullable: false, default: None, only: None }
    }

    pub const fn uuid(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Uuid, class, meaning)
    }

    /// Text that is empty when there is nothing to say, never NULL.
    pub const fn text(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Text, class, meaning).or("''")
    }

    /// Text that must be given: keys and states.
    pub const fn word(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Text, class, meaning)
    }

    /// Text that lists are ordered by: compared byte by byte in both dialects, so that page tokens mean the same.
    pub const fn sort_text(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::SortText, class, meaning).or("''")
    }

    pub const fn int(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Int, class, meaning)
    }

    pub const fn bigint(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::BigInt, class, meaning)
    }

    pub const fn double(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Double, class, meaning)
    }

    pub const fn bool(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Bool, class, meaning).or("false")
    }

    pub const fn bytes(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Bytes, class, meaning)
    }

    /// Bytes that are empty when there is nothing to keep, never NULL.
    pub const fn blob(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Bytes, class, meaning).or("''")
    }

    /// A moment in UTC.
    pub const fn time(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Time, class, meaning)
    }

    /// A day without time or zone.
    pub const fn day(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Day, class, meaning)
    }

    /// A JSON value: parsed once by PostgreSQL, text on SQLite.
    pub const fn json(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Json, class, meaning)
    }

    /// A number the database counts up; on SQLite it is the row's own id, and the declared primary key becomes UNIQUE.
    pub const fn sequence(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Sequence, class, meaning)
    }

    /// The writing transaction's id, PostgreSQL only: SQLite has one writer at a time, so sequence order is commit order.
    pub const fn transaction(name: &'static str, class: Class, meaning: &'static str) -> Self {
        Self::new(name, Kind::Transaction, class, meaning).or("pg_current_xact_id()").only(Dialect::Postgres)
    }

    pub const fn null(mut self) -> Self {
        self.nullable = true;
        self.default = None;
        self
    }

    /// Default value, in SQL that both dialects read.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub const fn only(mut self, dialect: Dialect) -> Self {
        self.only = Some(dialect);
        self
    }

    pub fn exists_in(&self, dialect: Dialect) -> bool {
        self.only.is_none_or(|only| only == dialect)
    }

    /// Takes the place of the primary key on SQLite.
    pub fn is_row_id(&self) -> bool {
        self.kind == Kind::Sequence
    }

    pub fn comment(&self) -> String {
        format!("{} [{}]", self.meaning, self.class.label())
    }

    pub fn render(&self, dialect: Dialect) -> String {
        let mut sql = format!("\"{}\" {}", self.name, self.type_name(dialect));
        if self.kind == Kind::Sequence {
            return sql;
        }
        if !self.nullable {
            sql.push_str(" NOT NULL");
        }
        if let Some(default) = self.default {
            sql.push_str(" DEFAULT ");
            // A STRICT table takes no text for bytes, not even an empty one.
            let is_blob = dialect == Dialect::Sqlite && self.kind == Kind::Bytes;
            sql.push_str(if is_blob { "x''" } else { default });
        }
        sql
    }

    fn type_name(&self, dialect: Dialect) -> &'static str {
        match (dialect, self.kind) {
            (Dialect::Postgres, Kind::Uuid) => "uuid",
            (Dialect::Postgres, Kind::Text) => "text",
            (Dialect::Postgres, Kind::SortText) => "text COLLATE \"C\"",
            (Dialect::Postgres, Kind::Int) => "integer",
            (Dialect::Postgres, Kind::BigInt) => "bigint",
            (Dialect::Postgres, Kind::Double) => "double precision",
            (Dialect::Postgres, Kind::Bool) => "boolean",
            (Dialect::Postgres, Kind::Bytes) => "bytea",
            (Dialect::Postgres, Kind::Time) => "timestamptz",
            (Dialect::Postgres, Kind::Day) => "date",
            (Dialect::Postgres, Kind::Json) => "jsonb",
            (Dialect::Postgres, Kind::Sequence) => "bigint GENERATED ALWAYS AS IDENTITY",
            (_, Kind::Transaction) => "xid8",
            (Dialect::Sqlite, Kind::Uuid | Kind::Bytes) => "BLOB",
            (Dialect::Sqlite, Kind::Text | Kind::SortText | Kind::Time | Kind::Day | Kind::Json) => "TEXT",
            (Dialect::Sqlite, Kind::Int | Kind::BigInt | Kind::Bool) => "INTEGER",
            (Dialect::Sqlite, Kind::Double) => "REAL",
            (Dialect::Sqlite, Kind::Sequence) => "INTEGER PRIMARY KEY AUTOINCREMENT",
        }
    }
}
