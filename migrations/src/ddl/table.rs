//! Tables: columns, keys, links to other tables and indexes, rendered for either dialect.

use super::{Column, Dialect, Guard, Target, literal, quoted};

/// One table. Lists of columns are written `a, b desc`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub purpose: &'static str,
    pub columns: &'static [Column],
    pub primary_key: &'static str,
    pub unique: &'static [&'static str],
    pub links: &'static [Link],
    pub checks: &'static [&'static str],
    /// Name and columns.
    pub indexes: &'static [(&'static str, &'static str)],
    pub guard: Guard,
    /// Rows are only ever added: no role may change or delete them.
    pub append_only: bool,
}

/// A foreign key.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    column: &'static str,
    table: &'static str,
    target: &'static str,
    with_org: bool,
    on_delete: OnDelete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDelete {
    Refuse,
    Cascade,
    Clear,
}

impl Link {
    /// Within the org: `(org_id, column)` to `(org_id, target)`. PostgreSQL checks foreign keys without row-level
    /// security, so a key without org_id would let one org point at, and probe for, another's rows.
    pub const fn in_org(column: &'static str, table: &'static str, target: &'static str) -> Self {
        Self { column, table, target, with_org: true, on_delete: OnDelete::Refuse }
    }

    /// To a table that belongs to no org.
    pub const fn to(column: &'static str, table: &'static str, target: &'static str) -> Self {
        Self { column, table, target, with_org: false, on_delete: OnDelete::Refuse }
    }

    /// This row goes with the one it points to.
    pub const fn cascades(mut self) -> Self {
        self.on_delete = OnDelete::Cascade;
        self
    }

    /// This row stays, pointing nowhere.
    pub const fn clears(mut self) -> Self {
        self.on_delete = OnDelete::Clear;
        self
    }

    fn render(&self, table: &str, dialect: Dialect) -> String {
        let Self { column, table: to, target, .. } = *self;
        let (from, target) = if self.with_org {
            (format!("\"org_id\", \"{column}\""), format!("\"org_id\", \"{target}\""))
        } else {
            (format!("\"{column}\""), format!("\"{target}\""))
        };
        let action = match (self.on_delete, dialect) {
            (OnDelete::Cascade, _) => " ON DELETE CASCADE".to_owned(),
            (OnDelete::Clear, Dialect::Postgres) => format!(" ON DELETE SET NULL (\"{column}\")"),
            _ => String::new(),
        };
        format!("CONSTRAINT {table}_{column}_fkey FOREIGN KEY ({from}) REFERENCES {to} ({target}){action}")
    }

    /// SQLite's SET NULL takes no column list and would clear org_id too, so a trigger does it there.
    fn clear_trigger(&self, table: &str, dialect: Dialect) -> Option<String> {
        let Self { column, table: to, target, .. } = *self;
        (self.on_delete == OnDelete::Clear && dialect == Dialect::Sqlite).then(|| {
            format!(
                "CREATE TRIGGER {table}_clear_{column} BEFORE DELETE ON {to} BEGIN\n  \
                 UPDATE {table} SET \"{column}\" = NULL WHERE org_id = OLD.org_id AND \"{column}\" = OLD.\"{target}\";\n\
                 END"
            )
        })
    }
}

impl Table {
    pub const EMPTY: Self = Self {
        name: "",
        purpose: "",
        columns: &[],
        primary_key: "org_id, id",
        unique: &[],
        links: &[],
        checks: &[],
        indexes: &[],
        guard: Guard::None,
        append_only: false,
    };

    /// Statements that create the table with everything that belongs to it.
    pub fn create(&self, target: Target) -> Vec<String> {
        let mut statements = vec![self.create_table(target.dialect)];
        statements.extend(
            self.indexes.iter().map(|(name, columns)| format!("CREATE INDEX {name} ON {} ({})", self.name, quoted(columns))),
        );
        statements.extend(self.links.iter().filter_map(|link| link.clear_trigger(self.name, target.dialect)));
        if target.is_postgres() {
            statements.extend(self.comments());
            statements.extend(self.guard.statements(self.name, target.system));
            statements.extend(self.grants(target));
        }
        statements
    }

    fn create_table(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().filter(|column| column.exists_in(dialect));
        let mut sql = match dialect {
            Dialect::Postgres => format!("CREATE TABLE {} (\n", self.name),
            Dialect::Sqlite => format!("CREATE TABLE {} ( -- {}\n", self.name, self.purpose),
        };
        for column in columns {
            sql.push_str("  ");
            sql.push_str(&column.render(dialect));
            sql.push(',');
            if dialect == Dialect::Sqlite {
                sql.push_str(" -- ");
                sql.push_str(&column.comment());
            }
            sql.push('\n');
        }
        sql.push_str("  ");
        sql.push_str(&self.constraints(dialect).join(",\n  "));
        sql.push_str("\n)");
        if dialect == Dialect::Sqlite {
            sql.push_str(" STRICT");
        }
        sql
    }

    fn constraints(&self, dialect: Dialect) -> Vec<String> {
        let has_row_id = self.columns.iter().any(|column| column.is_row_id() && column.exists_in(dialect));
        let primary = if has_row_id && dialect == Dialect::Sqlite { "UNIQUE" } else { "PRIMARY KEY" };
        let name = self.name;
        let mut constraints = vec![format!("CONSTRAINT {name}_pkey {primary} ({})", quoted(self.primary_key))];
        constraints.extend(self.unique.iter().map(|columns| {
            let label = columns.trim_start_matches("org_id, ").replace(", ", "_");
            format!("CONSTRAINT {name}_{label}_key UNIQUE ({})", quoted(columns))
        }));
        constraints.extend(self.links.iter().map(|link| link.render(name, dialect)));
        constraints.extend(self.checks.iter().map(|check| format!("CHECK ({check})")));
        constraints
    }

    fn comments(&self) -> Vec<String> {
        let table = format!("COMMENT ON TABLE {} IS {}", self.name, literal(self.purpose));
        let columns = self
            .columns
            .iter()
            .filter(|column| column.exists_in(Dialect::Postgres))
            .map(|column| format!("COMMENT ON COLUMN {}.\"{}\" IS {}", self.name, column.name, literal(&column.comment())));
        std::iter::once(table).chain(columns).collect()
    }

    fn grants(&self, target: Target) -> Vec<String> {
        let rights = if self.append_only { "SELECT, INSERT" } else { "SELECT, INSERT, UPDATE, DELETE" };
        let mut roles = vec![target.system.login_role()];
        if self.guard.admits_system() {
            roles.push(target.system.system_role());
        }
        vec![format!("GRANT {rights} ON {} TO {}", self.name, roles.join(", "))]
    }
}
