//! Reading the audit: what the audit pages of all portals ask, so that a portal only maps the rows to its own messages.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::{AuditRecord, COLUMNS};
use crate::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
    list::{
        List, ListRequest, ListSpec,
        filter::{self, FieldSpec, Kind, Op},
        order::OrderField,
        page::{Key, KeyKind},
    },
};

/// Category of plain reads, which most records are of.
const READ: &str = "read";

/// Matches are counted no further.
const COUNTED: u64 = 10_000;

const BY_TIME: OrderField = OrderField::new("at", KeyKind::Time);

/// What the audit can be asked; newest first unless asked otherwise.
pub const SPEC: ListSpec = ListSpec {
    name: "audit",
    filters: &[
        FieldSpec::new("category", Kind::Text),
        FieldSpec::new("outcome", Kind::Text),
        FieldSpec::new("actor_id", Kind::Uuid(prefix::USER)),
        FieldSpec::new("path", Kind::Text),
        FieldSpec::new("entity_id", Kind::Text),
        FieldSpec::new("ip", Kind::Text),
        FieldSpec::new("at", Kind::Timestamp),
    ],
    orders: &[BY_TIME],
    default_order: BY_TIME.descending(),
};

/// Records of the reader's company, or of the system where a portal has none.
#[derive(Debug)]
pub struct AuditPage {
    pub records: Vec<AuditRecord>,
    /// Empty on the last page.
    pub next_page_token: String,
    /// Counted with the first page only.
    pub total_size: i32,
    pub total_is_capped: bool,
}

/// Refuses what the audit can't be asked.
pub fn check(request: ListRequest<'_>) -> Result<()> {
    Ok(SPEC.read(request).map(drop)?)
}

/// One page of the list a request asks for.
pub async fn page(ctx: &Ctx, request: ListRequest<'_>) -> Result<AuditPage> {
    let list = SPEC.read(request)?;
    let narrow = Narrow::new(&list)?;
    let db = ctx.read().await?;
    let mut records = records(&db, &narrow, list.order.descending, after(&list), list.size + 1).await?;
    let more = records.len() as u64 > list.size;
    records.truncate(usize::try_from(list.size).unwrap_or(usize::MAX));
    let last = records.last().filter(|_| more);
    let next_page_token = last.map(|last| list.token_after(Key::Time(last.at), last.id)).unwrap_or_default();
    let total = match (&list.after, more) {
        (Some(_), _) => 0,
        (None, false) => records.len() as u64,
        (None, true) => count(&db, &narrow).await?,
    };
    Ok(AuditPage {
        records,
        next_page_token,
        total_size: i32::try_from(total.min(COUNTED)).unwrap_or(i32::MAX),
        total_is_capped: total > COUNTED,
    })
}

fn after(list: &List) -> Option<(DateTime<Utc>, Uuid)> {
    let token = list.after.as_ref()?;
    match token.last_key {
        Key::Time(at) => Some((at, token.last_id)),
        _ => None,
    }
}

/// A filter as SQL on the audit's columns.
pub(super) struct Narrow {
    sql: String,
    values: Vec<Value>,
}

impl Narrow {
    /// Reads a filter that stands alone, as exports have it.
    pub fn parse(filter: &str) -> Result<Self> {
        Self::new(&SPEC.read(ListRequest { filter, ..ListRequest::default() })?)
    }

    fn new(list: &List) -> Result<Self> {
        let mut narrow = Self { sql: String::new(), values: Vec::new() };
        for term in &list.conditions {
            narrow.add(term)?;
        }
        Ok(narrow)
    }

    fn add(&mut self, term: &filter::Condition) -> Result<()> {
        let column = match &*term.field {
            known @ ("category" | "outcome" | "actor_id" | "path" | "entity_id" | "ip" | "at") => known,
            other => return Err(Error::internal(format!("the audit has no column {other}"))),
        };
        let value: Value = match &term.value {
            filter::Value::Text(text) if column == "entity_id" => entity_id(text)?.into(),
            filter::Value::Text(text) if term.op == Op::Contains => {
                self.and(format!("lower({column}) LIKE ? ESCAPE '\\'"), Some(pattern(text).into()));
                return Ok(());
            }
            filter::Value::Text(text) => text.clone().into(),
            filter::Value::Id(id) => (*id).into(),
            filter::Value::Time(time) => (*time).into(),
            filter::Value::None => {
                let not = if term.op == Op::NotEqual { " NOT" } else { "" };
                self.and(format!("{column} IS{not} NULL"), None);
                return Ok(());
            }
            _ => return Err(Error::internal("a filter of the audit has another type")),
        };
        let condition = match term.op {
            // "not Ana's" includes what nobody did.
            Op::NotEqual => format!("({column} <> ? OR {column} IS NULL)"),
            Op::Contains => format!("{column} = ?"),
            // The index by category leaves out the reads, and is used where a statement says so.
            Op::Equal if column == "category" && value != READ.into() => format!("{column} = ? AND {column} <> '{READ}'"),
            op => format!("{column} {op} ?"),
        };
        self.and(condition, Some(value));
        Ok(())
    }

    fn and(&mut self, condition: String, value: Option<Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition);
        self.values.extend(value);
    }
}

/// An id of any kind of record.
fn entity_id(text: &str) -> Result<Uuid> {
    let (prefix, _) = text.split_at_checked(4).unwrap_or_default();
    ids::parse(prefix, text).ok_or_else(|| Error::invalid("filter", "entity_id is the id of a record, such as cus_…."))
}

fn pattern(text: &str) -> String {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// By time, after a record.
pub(super) async fn records(
    db: &TenantDb,
    narrow: &Narrow,
    newest_first: bool,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<AuditRecord>> {
    let mut sql = format!("SELECT {COLUMNS} FROM audit WHERE org_id = {{org}}{}", narrow.sql);
    let mut values = narrow.values.clone();
    let (beyond, direction) = if newest_first { ("<", "DESC") } else { (">", "ASC") };
    if let Some((at, id)) = after {
        let _ = write!(sql, " AND (at {beyond} ? OR (at = ? AND id {beyond} ?))");
        values.extend([at.into(), at.into(), id.into()]);
    }
    db.query(&format!("{sql} ORDER BY at {direction}, id {direction} LIMIT {limit}"), values).await
}

async fn count(db: &TenantDb, narrow: &Narrow) -> Result<u64> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let sql = format!(
        "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM audit WHERE org_id = {{org}}{} LIMIT {}) AS matches",
        narrow.sql,
        COUNTED + 1
    );
    let rows: Vec<Count> = db.query(&sql, narrow.values.clone()).await?;
    Ok(rows.first().map_or(0, |row| u64::try_from(row.count).unwrap_or_default()))
}

impl AuditRecord {
    /// Names of the fields that changed.
    pub fn changed_field_names(&self) -> Vec<String> {
        self.changed_fields.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(filter: &str) -> String {
        Narrow::parse(filter).map_or_else(|error| format!("{error:?}"), |narrow| narrow.sql)
    }

    #[test]
    fn filters_become_conditions_on_columns_with_values_apart() {
        assert_eq!(narrow(""), "");
        assert_eq!(narrow("category = read"), " AND category = ?");
        assert_eq!(
            narrow("category = settings AND path : Update"),
            " AND category = ? AND category <> 'read' AND lower(path) LIKE ? ESCAPE '\\'"
        );
        assert_eq!(
            narrow("actor_id != none AND outcome != OK"),
            " AND actor_id IS NOT NULL AND (outcome <> ? OR outcome IS NULL)"
        );
        assert_eq!(narrow("at >= 2026-11-20"), " AND at >= ?");
        let id = ids::format(prefix::CUSTOMER, Uuid::from_u128(7));
        assert_eq!(narrow(&format!("entity_id = {id}")), " AND entity_id = ?");
    }

    #[test]
    fn what_is_no_filter_is_said_at_its_field() {
        for bad in ["payload = x", "entity_id = 7", "actor_id = me", "at : yesterday", "entity_id = ü"] {
            assert!(narrow(bad).contains("\"filter\""), "{bad}: {}", narrow(bad));
        }
    }
}
