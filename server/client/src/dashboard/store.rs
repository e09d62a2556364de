//! Figures of the dashboard, counted by the database from the rows this person sees.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait as _, FromQueryResult, QuerySelect as _, sea_query::Expr};
use streamflow_kernel::{
    db::{Backend, Scoped, TenantDb},
    error::{Error, Result},
};
use uuid::Uuid;

use crate::{
    customer::store::{Column as Customer, Entity as Customers},
    lead::store::{Column as Lead, Entity as Leads},
    record::row::{self, Record},
};

const WEEK_SECONDS: i64 = 7 * 24 * 3600;

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

#[derive(FromQueryResult)]
struct OfWeek {
    week: i64,
    count: i64,
}

/// Live customers.
pub async fn customers(tx: &TenantDb) -> Result<i64> {
    count(tx, row::finder::<Customers>(tx, tx.scope()).filter(Customer::ArchivedAt.is_null())).await
}

async fn count<E: Record>(tx: &TenantDb, finder: Scoped<E>) -> Result<i64> {
    let rows: Vec<Count> = tx.rows(finder.map(|select| select.select_only().expr_as(Expr::cust("COUNT(*)"), "count"))).await?;
    Ok(rows.first().map_or(0, |row| row.count))
}

/// Records made since `start` (archived ones too), as week since then and count.
pub async fn added<E: Record>(tx: &TenantDb, start: DateTime<Utc>) -> Result<Vec<(i64, i64)>> {
    let created_at = made::<E>()?;
    let week = week(tx, "created_at", start);
    let finder = row::finder::<E>(tx, tx.scope()).filter(created_at.gte(start)).map(|select| {
        select
            .select_only()
            .expr_as(Expr::cust(week.clone()), "week")
            .expr_as(Expr::cust("COUNT(*)"), "count")
            .group_by(Expr::cust(week))
    });
    let rows: Vec<OfWeek> = tx.rows(finder).await?;
    Ok(rows.into_iter().map(|row| (row.week, row.count)).collect())
}

/// Own tasks done since `start`, as week since then and count.
pub async fn tasks_done(tx: &TenantDb, start: DateTime<Utc>) -> Result<Vec<(i64, i64)>> {
    let sql = format!(
        "SELECT {} AS week, COUNT(*) AS count FROM tasks WHERE org_id = {{org}} AND assignee_id = ? AND done_at >= ? GROUP BY 1",
        week(tx, "done_at", start)
    );
    let rows: Vec<OfWeek> = tx.query(&sql, vec![tx.scope().user_id.into(), start.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.week, row.count)).collect())
}

/// Live leads made since `start`, as their stage, whether that was since `middle`, and count.
pub async fn added_by_stage(tx: &TenantDb, start: DateTime<Utc>, middle: DateTime<Utc>) -> Result<Vec<(Uuid, bool, i64)>> {
    #[derive(FromQueryResult)]
    struct Row {
        stage_id: Uuid,
        late: i64,
        count: i64,
    }
    let late: Expr =
        Expr::case(Lead::CreatedAt.gte(middle), Expr::cust("CAST(1 AS bigint)")).finally(Expr::cust("CAST(0 AS bigint)")).into();
    let finder = row::finder::<Leads>(tx, tx.scope()).filter(Lead::ArchivedAt.is_null()).filter(Lead::CreatedAt.gte(start)).map(
        |select| {
            select
                .select_only()
                .column(Lead::StageId)
                .expr_as(late, "late")
                .expr_as(Expr::cust("COUNT(*)"), "count")
                .group_by(Lead::StageId)
                .group_by(Expr::cust("2"))
        },
    );
    let rows: Vec<Row> = tx.rows(finder).await?;
    Ok(rows.into_iter().map(|row| (row.stage_id, row.late == 1, row.count)).collect())
}

fn made<E: Record>() -> Result<E::Column> {
    E::column("created_at").ok_or_else(|| Error::internal("records without the time they were made"))
}

/// The week since `start` in which a time lies.
fn week(tx: &TenantDb, column: &str, start: DateTime<Utc>) -> String {
    let from = start.timestamp();
    match tx.backend() {
        Backend::Postgres => format!("CAST(FLOOR((EXTRACT(EPOCH FROM {column}) - {from}) / {WEEK_SECONDS}) AS bigint)"),
        Backend::Sqlite => format!("(unixepoch({column}) - {from}) / {WEEK_SECONDS}"),
    }
}

/// Leads that came to their stage since `start`, as stage, whether that was since `middle`, and count. A lead that never moved came
/// there when it was made.
pub async fn arrivals(tx: &TenantDb, start: DateTime<Utc>, middle: DateTime<Utc>) -> Result<Vec<(Uuid, bool, i64)>> {
    #[derive(FromQueryResult)]
    struct Row {
        stage_id: Uuid,
        arrived_at: DateTime<Utc>,
    }
    // Whatever moves a lead also updates it, so that the index on updates narrows this to the range.
    let arrived_at = "COALESCE((SELECT MAX(t.at) FROM timeline t WHERE t.org_id = leads.org_id AND t.record_kind = 'lead' \
                      AND t.record_id = leads.id AND t.kind IN ('moved', 'converted')), leads.created_at)";
    let closed =
        "EXISTS (SELECT 1 FROM lead_stages s WHERE s.org_id = leads.org_id AND s.id = leads.stage_id AND s.kind <> 'open')";
    let finder = row::finder::<Leads>(tx, tx.scope())
        .filter(Lead::UpdatedAt.gte(start))
        .filter(Expr::cust(closed))
        .map(|select| select.select_only().column(Lead::StageId).expr_as(Expr::cust(arrived_at), "arrived_at"));
    let rows: Vec<Row> = tx.rows(finder).await?;
    let mut counts: Vec<(Uuid, bool, i64)> = Vec::new();
    for row in rows.into_iter().filter(|row| row.arrived_at >= start) {
        let is_late = row.arrived_at >= middle;
        match counts.iter_mut().find(|(stage, late, _)| *stage == row.stage_id && *late == is_late) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((row.stage_id, is_late, 1)),
        }
    }
    Ok(counts)
}

/// Live leads in open stages whose next step is due.
pub async fn follow_ups_due(tx: &TenantDb, open_stages: Vec<Uuid>, today: NaiveDate) -> Result<i64> {
    let finder = row::finder::<Leads>(tx, tx.scope())
        .filter(Lead::ArchivedAt.is_null())
        .filter(Lead::FollowUpOn.lte(today))
        .filter(Lead::StageId.is_in(open_stages));
    count(tx, finder).await
}
