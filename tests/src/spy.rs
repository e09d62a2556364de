//! Listens to every SQL statement of the process. SQLite has no row-level security, so what PostgreSQL enforces is proven here: a
//! statement on a company's table names the company, unless the system sent it for itself.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{LazyLock, Mutex, Once, PoisonError},
};

use streamflow_migrations::TENANT_TABLES;
use tracing::{
    Event, Span, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// The span that `SystemDb` sends its statements in.
const SYSTEM: &str = "system_db";
/// The span of statements that a test sends itself.
const TEST: &str = "behind_the_walls";

static FINDINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static STATEMENTS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Statements since [`remember`], each once.
static REMEMBERED: Mutex<Option<BTreeSet<Heard>>> = Mutex::new(None);

/// A statement as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    pub sql: String,
    /// Sent by `SystemDb`, not for a person.
    pub is_system: bool,
}

/// Keeps what is heard from now on, for [`remembered`].
pub fn remember() {
    REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// All that was heard since [`remember`], of every database of the process.
pub fn remembered() -> Vec<Heard> {
    REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().cloned().collect()
}

/// The names that companies' tables go by in a statement, each with its table.
pub fn tenant_names(sql: &str) -> Vec<(String, &'static str)> {
    Reading::of(&tokens(sql)).tables.into_iter().map(|table| (table.place.1, table.name)).collect()
}

/// Begins to listen; once per process.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing_subscriber::registry().with(Spy).try_init();
    });
}

/// The span in which tests send statements of their own, which nobody's request caused.
pub fn behind_the_walls() -> Span {
    tracing::trace_span!("behind_the_walls")
}

/// Statements heard so far: a spy that hears nothing proves nothing.
pub fn heard() -> u64 {
    STATEMENTS.load(std::sync::atomic::Ordering::Relaxed)
}

/// Statements on a company's table that did not name the company.
pub fn findings() -> Vec<String> {
    FINDINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Spy;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spy {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query" || metadata.is_span() && [SYSTEM, TEST].contains(&metadata.name())
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        STATEMENTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let span = context.event_scope(event).and_then(|mut spans| spans.next()).map(|span| span.name());
        if span == Some(TEST) {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        let sql = if statement.full.is_empty() { statement.summary } else { statement.full };
        let is_system = span == Some(SYSTEM);
        if let Some(table) = (!is_system).then(|| judged(&sql)).flatten() {
            FINDINGS.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{table}: {sql}"));
        }
        if let Some(kept) = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.insert(Heard { sql, is_system });
        }
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    full: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.full),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, format!("{value:?}").trim_matches('"'));
    }
}

/// As [`unbound_table`] says. Most statements come again and again, and reading one takes longer than sending it.
fn judged(sql: &str) -> Option<&'static str> {
    static JUDGED: LazyLock<Mutex<HashMap<String, Option<&'static str>>>> = LazyLock::new(Mutex::default);
    let known = JUDGED.lock().unwrap_or_else(PoisonError::into_inner).get(sql).copied();
    known.unwrap_or_else(|| {
        let found = unbound_table(sql);
        JUDGED.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), found);
        found
    })
}

/// The first company's table that `sql` reads or writes without binding its `org_id`. An OR around the binding is not noticed:
/// nothing but a reader sees that.
pub fn unbound_table(sql: &str) -> Option<&'static str> {
    let tokens = tokens(sql);
    if matches!(tokens.first().map(String::as_str), Some("create" | "alter" | "pragma" | "drop" | "explain" | "analyze")) {
        return None;
    }
    let reading = Reading::of(&tokens);
    reading
        .tables
        .iter()
        .find(|table| !table.inserted && !reading.is_bound(table))
        .map(|table| table.name)
        .or(reading.bare_insert)
}

/// Words in lower case without quotes, and each mark on its own; texts are left out.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut in_text = false;
    for c in sql.chars() {
        in_text ^= c == '\'';
        if !in_text && (c.is_alphanumeric() || matches!(c, '_' | '$' | '?')) {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if !in_text && !c.is_whitespace() && !matches!(c, '"' | '`' | '\'') {
            tokens.push(c.to_string());
        }
    }
    tokens.extend((!word.is_empty()).then_some(word));
    tokens
}

/// An `org_id`, by the name its table goes by in a query; no name when the column stands alone.
type Place = (usize, String);

#[derive(Debug)]
struct Table {
    name: &'static str,
    place: Place,
    /// The target of an INSERT, whose column list was looked at instead.
    inserted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    From,
    Condition,
    Other,
}

/// What a statement says of `org_id`, query by query: a bound outer query says nothing about the one inside it.
#[derive(Debug, Default)]
struct Reading {
    tables: Vec<Table>,
    /// Names that each query's FROM gives, and the query around it.
    names: Vec<(Vec<String>, Option<usize>)>,
    /// Compared with a value.
    bound: Vec<Place>,
    /// Compared with each other.
    equal: Vec<(Place, Place)>,
    bare_insert: Option<&'static str>,
}

impl Reading {
    fn of(tokens: &[String]) -> Self {
        let mut reading = Self { names: vec![(Vec::new(), None)], ..Self::default() };
        let at = |index: usize| tokens.get(index).map_or("", String::as_str);
        // Open parentheses, each with the query to go back to and the clause it stands in.
        let mut open = Vec::new();
        let (mut query, mut clause) = (0, Clause::Other);
        for index in 0..tokens.len() {
            match at(index) {
                "(" => {
                    open.push((query, clause));
                    if clause == Clause::From {
                        clause = Clause::Other;
                    }
                    if matches!(at(index + 1), "select" | "insert" | "update" | "delete" | "with") {
                        reading.names.push((Vec::new(), Some(query)));
                        query = reading.names.len() - 1;
                        clause = Clause::Other;
                    }
                }
                ")" => (query, clause) = open.pop().unwrap_or((query, clause)),
                "union" | "except" | "intersect" => {
                    let around = reading.names[query].1;
                    reading.names.push((Vec::new(), around));
                    query = reading.names.len() - 1;
                    clause = Clause::Other;
                }
                // `ON CONFLICT` and `DO UPDATE … WHERE` concern the row that the column list has bound.
                "on" if at(index + 1) == "conflict" => clause = Clause::Other,
                "where" | "on" | "having" => clause = Clause::Condition,
                "returning" | "order" | "group" | "limit" | "set" | "select" => clause = Clause::Other,
                "from" | "join" => {
                    clause = Clause::From;
                    reading.table(tokens, index, query);
                }
                "," if clause == Clause::From => reading.table(tokens, index, query),
                // FOR UPDATE names no table.
                "update" if at(index.wrapping_sub(1)) == "for" => {}
                "into" | "update" => reading.table(tokens, index, query),
                "org_id" if clause == Clause::Condition => reading.column(tokens, index, query),
                _ => {}
            }
        }
        reading
    }

    /// Notes the table named after FROM, JOIN, INTO or UPDATE.
    fn table(&mut self, tokens: &[String], index: usize, query: usize) {
        let at = |index: usize| tokens.get(index).map_or("", String::as_str);
        let name = at(index + 1);
        let after = if at(index + 2) == "as" { index + 3 } else { index + 2 };
        let ends =
            ["where", "on", "join", "left", "inner", "cross", "order", "group", "limit", "set", "returning", "union", "using"];
        let is_alias = at(after).starts_with(|c: char| c.is_alphabetic() || c == '_') && !ends.contains(&at(after));
        let alias = if is_alias { at(after) } else { name };
        self.names[query].0.push(alias.to_owned());
        let Some(name) = TENANT_TABLES.iter().copied().find(|table| *table == name) else { return };
        let inserted = at(index) == "into";
        if inserted {
            let columns = tokens[index + 2..].iter().take_while(|token| *token != ")");
            if !columns.into_iter().any(|token| token == "org_id") {
                self.bare_insert = Some(name);
            }
        }
        self.tables.push(Table { name, place: (query, alias.to_owned()), inserted });
    }

    /// Notes what the `org_id` at `index` is compared with.
    fn column(&mut self, tokens: &[String], index: usize, query: usize) {
        let at = |index: usize| tokens.get(index).map_or("", String::as_str);
        let is_value = |token: &str| token == "?" || token.starts_with('$') || token.starts_with('?');
        let name_at = |index: usize| if index > 1 && at(index - 1) == "." { at(index - 2) } else { "" };
        let place = (query, name_at(index).to_owned());
        let first = if name_at(index).is_empty() { index } else { index - 2 };
        // A tuple: `(org_id, id) IN (…)`, `(a.org_id, a.id) = (…)`.
        let closed = (index + 1..tokens.len()).find(|index| !is_name_or_comma(at(*index))).filter(|index| at(*index) == ")");
        let operator = closed.filter(|_| matches!(at(first.wrapping_sub(1)), "(" | ",")).map_or(index + 1, |closed| closed + 1);
        match (at(operator), at(operator + 1)) {
            ("in", "(") if at(operator + 2) != "select" => self.bound.push(place),
            ("=", "(") if operator > index + 1 => self.bound.push(place),
            ("=", value) if is_value(value) => self.bound.push(place),
            ("=", "cast") if is_value(at(operator + 3)) => self.bound.push(place),
            ("=", "any") => self.bound.push(place),
            ("=", name) if at(operator + 2) == "." && at(operator + 3) == "org_id" => {
                self.equal.push((place, (query, name.to_owned())));
            }
            _ if at(first.wrapping_sub(1)) == "=" && is_value(at(first.wrapping_sub(2))) => self.bound.push(place),
            _ => {}
        }
    }

    /// The query that gives the name its meaning: its own or one around it, whose FROM may only follow.
    fn home(&self, (query, name): &Place) -> Place {
        let mut seen = Some(*query);
        while let Some(current) = seen {
            if self.names[current].0.contains(name) {
                return (current, name.clone());
            }
            seen = self.names[current].1;
        }
        (*query, name.clone())
    }

    fn is_bound(&self, table: &Table) -> bool {
        let mut known: Vec<Place> = self.bound.iter().map(|place| self.home(place)).collect();
        let equal: Vec<[Place; 2]> = self.equal.iter().map(|(a, b)| [self.home(a), self.home(b)]).collect();
        let mut reached = 0;
        while reached < known.len() {
            for pair in &equal {
                if pair.contains(&known[reached]) {
                    let news: Vec<Place> = pair.iter().filter(|place| !known.contains(place)).cloned().collect();
                    known.extend(news);
                }
            }
            reached += 1;
        }
        // A column without a name is that of the query's only table: with two of them the database refuses it.
        known.contains(&table.place) || known.contains(&(table.place.0, String::new()))
    }
}

fn is_name_or_comma(token: &str) -> bool {
    matches!(token, "," | ".")
        || token.starts_with(|c: char| c.is_alphabetic() || c == '_') && !matches!(token, "and" | "or" | "in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_without_its_company_is_found() {
        let unbound = [
            // As sea-orm writes them: every column by name, the company's among them.
            (
                "SELECT \"customers\".\"org_id\", \"customers\".\"id\" FROM \"customers\" WHERE \"customers\".\"id\" = ? LIMIT ?",
                "customers",
            ),
            ("UPDATE \"leads\" SET \"name\" = ? WHERE \"leads\".\"id\" = ? RETURNING \"org_id\", \"id\", \"name\"", "leads"),
            ("UPDATE \"leads\" SET \"org_id\" = ? WHERE \"leads\".\"id\" = ?", "leads"),
            ("SELECT \"tasks\".\"org_id\" FROM \"tasks\" ORDER BY \"tasks\".\"org_id\" ASC", "tasks"),
            ("INSERT INTO \"contacts\" (\"id\", \"name\") VALUES (?, ?) RETURNING \"org_id\"", "contacts"),
            ("DELETE FROM contacts", "contacts"),
            ("SELECT \"name\" FROM \"teams\" WHERE \"id\" = ?", "teams"),
            ("SELECT 1 FROM audit WHERE actor_id = ? ORDER BY at DESC", "audit"),
            ("DELETE FROM notifications WHERE user_id = ?", "notifications"),
            ("SELECT 1 FROM orgs JOIN customers ON true", "customers"),
            ("SELECT 1 FROM customers c, leads l WHERE c.org_id = ?", "leads"),
            ("SELECT 1 FROM customers c JOIN leads l ON l.customer_id = c.id WHERE c.org_id = ?", "leads"),
            ("SELECT 1 FROM customers c JOIN leads l ON l.org_id = c.org_id WHERE l.id = ?", "customers"),
            ("SELECT 1 FROM customers WHERE org_id = ? AND id IN (SELECT customer_id FROM leads WHERE id = ?)", "leads"),
            ("SELECT 1 FROM leads WHERE org_id = ? UNION ALL SELECT 1 FROM tasks WHERE id = ?", "tasks"),
            ("SELECT 1 FROM leads WHERE org_id IS NOT NULL AND note = 'org_id = ?'", "leads"),
        ];
        for (sql, table) in unbound {
            assert_eq!(unbound_table(sql), Some(table), "{sql}");
        }
    }

    #[test]
    fn a_bound_statement_passes() {
        let bound = [
            "SELECT \"customers\".\"org_id\", \"customers\".\"id\" FROM \"customers\" WHERE \"customers\".\"org_id\" = ? AND \"customers\".\"id\" = ? LIMIT ?",
            "SELECT id FROM tasks WHERE tasks.org_id = $1 AND person IN (SELECT user_id FROM team_members WHERE org_id = $2) FOR UPDATE",
            "UPDATE \"leads\" SET \"name\" = ? WHERE \"leads\".\"org_id\" = ? AND \"leads\".\"id\" = ? RETURNING \"org_id\"",
            "INSERT INTO \"contacts\" (\"org_id\", \"id\") VALUES (?, ?) RETURNING \"org_id\", \"id\"",
            "INSERT INTO counters (org_id, name) VALUES ($1, $2) ON CONFLICT (org_id, name) DO UPDATE SET value = counters.value + 1",
            "SELECT 1 FROM customers c JOIN leads l ON l.org_id = c.org_id AND l.customer_id = c.id WHERE c.org_id = $1",
            "SELECT 1 FROM customers c WHERE c.org_id = ? AND EXISTS (SELECT 1 FROM leads l WHERE l.org_id = c.org_id)",
            "SELECT (SELECT MAX(t.at) FROM timeline t WHERE t.org_id = leads.org_id) FROM \"leads\" WHERE \"leads\".\"org_id\" = ?",
            "DELETE FROM tasks WHERE (org_id, id) IN ((?, ?), (?, ?))",
            "SELECT version FROM sqlite_version",
        ];
        for sql in bound {
            assert_eq!(unbound_table(sql), None, "{sql}");
        }
    }
}
