//! One list query for every noun: what the person sees, narrowed by the filter, in order, from where the last page ended.

mod condition;
mod found;
mod sort;

use prost::Message;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait, FromQueryResult, QuerySelect as _, QueryTrait, sea_query};
use streamflow_kernel::{
    db::{Rows, Scoped, TenantDb},
    error::Result,
    list::List,
    pieces::Pieces,
};
use streamflow_proto::common::v1::PageInfo;

pub use self::{condition::condition, sort::Sort};
use super::row::{self, Record};

/// Matches are counted no further: an exact count of a list that grows costs more than the list.
const COUNTED: u64 = 10_000;

pub struct Page<M> {
    pub rows: Vec<M>,
    pub info: PageInfo,
}

/// One page. The total is counted where the request asks for it; otherwise it stays at zero.
pub async fn page<E: Record>(tx: &TenantDb, list: &List, sort: &Sort<E>) -> Result<Page<E::Model>> {
    let found = find(tx, list, sort).await?;
    let mut rows = Vec::with_capacity(found.rows.len());
    let info = found.hand_out(tx, list, sort, |row| {
        rows.push(row);
        Ok(())
    });
    let info = info.await?;
    Ok(Page { rows, info })
}

/// The same as the bytes of an answer: `of` makes a message of each row, `end` one of what goes with them.
pub async fn pieces<E: Record, R: Message + Default>(
    tx: &TenantDb,
    list: &List,
    sort: &Sort<E>,
    of: impl Fn(E::Model) -> R,
    end: impl FnOnce(PageInfo) -> R,
) -> Result<Pieces<R>> {
    let found = find(tx, list, sort).await?;
    let mut pieces = Pieces::new((found.rows.len() + 1) * ROW_SIZE);
    let info = found.hand_out(tx, list, sort, |row| pieces.add(&of(row))).await?;
    pieces.add(&end(info))?;
    Ok(pieces)
}

/// Bytes that most records fit in.
const ROW_SIZE: usize = 640;

struct Found<E: EntityTrait> {
    rows: Rows<E>,
    /// Whether another page follows.
    more: bool,
    /// What is to be counted.
    counted: Option<Scoped<E>>,
}

impl<E: Record> Found<E> {
    /// Gives each row to `take`, in their order.
    async fn hand_out(
        self,
        tx: &TenantDb,
        list: &List,
        sort: &Sort<E>,
        mut take: impl FnMut(E::Model) -> Result<()>,
    ) -> Result<PageInfo> {
        let Self { rows, more, counted } = self;
        let mut info = PageInfo::default();
        for (at, row) in rows.models().enumerate() {
            let row = row?;
            if more && at + 1 == rows.len() {
                info.next_page_token = list.token_after(sort.key(&row), E::id(&row));
            }
            take(row)?;
        }
        if let Some(counted) = counted {
            count_into(&mut info, tx, counted, rows.len()).await?;
        }
        Ok(info)
    }
}

async fn find<E: Record>(tx: &TenantDb, list: &List, sort: &Sort<E>) -> Result<Found<E>> {
    let matching = matching::<E>(tx, list)?;
    let after = list.after.as_ref().map(|token| sort.after(&token.last_key, token.last_id)).transpose()?;
    let counted = list.count_total.then(|| matching.clone());
    let finder = match after {
        Some(condition) => matching.filter(condition),
        None => matching,
    };
    let mut rows = tx.record_rows(finder.map(|select| sort.order(select).limit(list.size + 1))).await?;
    let more = rows.len() as u64 > list.size;
    rows.truncate(usize::try_from(list.size).unwrap_or(usize::MAX));
    Ok(Found { rows, more, counted })
}

/// Every record the list names. Archived ones only when the filter asks for them.
pub fn matching<E: Record>(tx: &TenantDb, list: &List) -> Result<Scoped<E>> {
    let mut all = Condition::all();
    for term in &list.conditions {
        all = all.add(condition::<E>(tx, term)?);
    }
    if !list.conditions.iter().any(|term| term.field == "archived") {
        all = all.add(E::ARCHIVED_AT.is_null());
    }
    Ok(row::finder::<E>(tx, tx.scope()).filter(all))
}

/// Notes how many rows match. A first page that is also the last has them all.
pub async fn count_into<E: EntityTrait>(info: &mut PageInfo, tx: &TenantDb, matching: Scoped<E>, on_page: usize) -> Result<()> {
    let total = if info.next_page_token.is_empty() { on_page as u64 } else { count(tx, matching).await? };
    info.total_is_capped = total > COUNTED;
    info.total_size = i32::try_from(total.min(COUNTED)).unwrap_or(i32::MAX);
    Ok(())
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

async fn count<E: EntityTrait>(tx: &TenantDb, matching: Scoped<E>) -> Result<u64> {
    let counting = matching.map(|select| {
        let mut select = select.select_only().expr(sea_query::Expr::val(1)).limit(COUNTED + 1);
        let query = QueryTrait::query(&mut select);
        let matches = std::mem::take(query);
        query.expr_as(sea_query::Expr::cust("COUNT(*)"), "count").from_subquery(matches, "matches");
        select
    });
    let rows: Vec<Count> = tx.rows(counting).await?;
    Ok(rows.first().map_or(0, |row| u64::try_from(row.count).unwrap_or(0)))
}
