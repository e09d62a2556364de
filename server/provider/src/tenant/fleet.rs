//! Figures over all companies.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, QueryOrder as _, QuerySelect as _, Value, entity::prelude::*};
use streamflow_kernel::{
    clock::timestamp,
    db::{Backend, SystemDb},
    error::{Error, Result},
};
use streamflow_proto::provider::v1 as pb;

use super::store::{Column, Entity, Model};

/// Ranges that can be asked for, in days.
const RANGES: [i32; 3] = [7, 30, 90];
/// Trials that end within that time are shown one by one.
const SOON: TimeDelta = TimeDelta::days(14);
const SHOWN: u64 = 10;
const NEWEST: u64 = 5;
pub const DAY: i64 = 86_400;

/// Days of UTC, today included, and as many before.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    now: DateTime<Utc>,
    days: i64,
}

impl Range {
    pub fn parse(days: i32, now: DateTime<Utc>) -> Result<Self> {
        if !RANGES.contains(&days) {
            return Err(Error::invalid("days", "Choose 7, 30 or 90 days."));
        }
        Ok(Self { now, days: days.into() })
    }

    /// Number of today, counted from 1970.
    fn today(self) -> i64 {
        self.now.timestamp().div_euclid(DAY)
    }

    pub const fn days(self) -> i64 {
        self.days
    }

    /// One a day of the range, each beside the day that is as far before, from counts by days since 1970.
    pub fn by_day(self, known: &HashMap<i64, i64>) -> Vec<pb::FleetDay> {
        let count = |day: i64| known.get(&day).copied().unwrap_or_default();
        let days = (0..self.days).rev().map(|ago| self.today() - ago);
        days.map(|day| pb::FleetDay {
            at: DateTime::from_timestamp(day * DAY, 0).and_then(timestamp),
            value: count(day),
            before: count(day - self.days),
        })
        .collect()
    }

    fn begin(self, ranges: i64) -> DateTime<Utc> {
        let days = TimeDelta::days(self.days * ranges - 1);
        self.now.date_naive().and_time(NaiveTime::MIN).and_utc() - days
    }
}

pub async fn fleet(db: &SystemDb, range: Range) -> Result<pb::GetFleetResponse> {
    let now = range.now;
    let by_state = by_state(db, now).await?;
    let sign_ups = sign_ups(db, range).await?;
    let shown = |rows: Vec<Model>| rows.into_iter().map(|row| row.into_pb(now)).collect();
    let soon = |select: sea_orm::Select<Entity>| {
        let ends = Column::TrialEndsAt;
        let select = select.filter(Column::SuspendedAt.is_null()).filter(Column::DeletedAt.is_null());
        let select = select.filter(ends.gt(now)).filter(ends.lte(now + SOON));
        select.order_by_asc(ends).order_by_asc(Column::TenantId).limit(SHOWN)
    };
    let suspended = |select: sea_orm::Select<Entity>| {
        let select = select.filter(Column::SuspendedAt.is_not_null()).filter(Column::DeletedAt.is_null());
        select.order_by_desc(Column::SuspendedAt).limit(SHOWN)
    };
    let newest = |select: sea_orm::Select<Entity>| select.order_by_desc(Column::CreatedAt).limit(NEWEST);
    Ok(pb::GetFleetResponse {
        tenants: by_state.iter().map(|count| count.value).sum(),
        by_state,
        by_plan: by(db, "plan").await?,
        by_industry: by(db, "industry").await?,
        sign_ups: Some(sum(&sign_ups)),
        sign_ups_by_day: sign_ups,
        trial_ends: Some(trial_ends(db, range).await?),
        next_trial_ends: shown(db.all::<Entity>(soon).await?),
        suspended: shown(db.all::<Entity>(suspended).await?),
        newest: shown(db.all::<Entity>(newest).await?),
    })
}

/// What the days of a range come to.
pub fn sum(days: &[pb::FleetDay]) -> pb::Figure {
    pb::Figure { value: days.iter().map(|day| day.value).sum(), before: days.iter().map(|day| day.before).sum() }
}

#[derive(Debug, FromQueryResult)]
struct Count {
    name: String,
    value: i64,
}

/// The same rule as [`state`](super::domain::state).
async fn by_state(db: &SystemDb, now: DateTime<Utc>) -> Result<Vec<pb::FleetCount>> {
    let sql = "SELECT CASE WHEN deleted_at IS NOT NULL THEN 'DELETED' WHEN suspended_at IS NOT NULL THEN 'SUSPENDED' \
               WHEN closes_at IS NOT NULL THEN 'CLOSING' WHEN trial_ends_at > ? THEN 'TRIAL' \
               WHEN trial_ends_at IS NOT NULL THEN 'TRIAL_ENDED' ELSE 'ACTIVE' END AS name, COUNT(*) AS value \
               FROM tenants GROUP BY 1 ORDER BY 1";
    counts(db, sql, vec![now.into()]).await
}

/// `column` is one of ours, never a caller's word.
async fn by(db: &SystemDb, column: &'static str) -> Result<Vec<pb::FleetCount>> {
    counts(db, &format!("SELECT {column} AS name, COUNT(*) AS value FROM tenants GROUP BY 1 ORDER BY 2 DESC, 1"), vec![]).await
}

async fn counts(db: &SystemDb, sql: &str, values: Vec<Value>) -> Result<Vec<pb::FleetCount>> {
    let rows: Vec<Count> = db.query(sql, values).await?;
    Ok(rows.into_iter().map(|row| pb::FleetCount { name: row.name, value: row.value }).collect())
}

#[derive(Debug, FromQueryResult)]
struct Slot {
    slot: i64,
    value: i64,
}

async fn sign_ups(db: &SystemDb, range: Range) -> Result<Vec<pb::FleetDay>> {
    let seconds = match db.backend() {
        Backend::Postgres => "CAST(FLOOR(EXTRACT(EPOCH FROM created_at)) AS bigint)",
        Backend::Sqlite => "unixepoch(created_at)",
    };
    let sql = format!("SELECT {seconds} / {DAY} AS slot, COUNT(*) AS value FROM tenants WHERE created_at >= ? GROUP BY 1");
    let rows: Vec<Slot> = db.query(&sql, vec![range.begin(2).into()]).await?;
    Ok(range.by_day(&rows.into_iter().map(|row| (row.slot, row.value)).collect()))
}

#[derive(Debug, FromQueryResult)]
struct Ends {
    value: i64,
    before: i64,
}

async fn trial_ends(db: &SystemDb, range: Range) -> Result<pb::Figure> {
    let sql = "SELECT COUNT(CASE WHEN trial_ends_at > ? AND trial_ends_at <= ? THEN 1 END) AS value, \
               COUNT(CASE WHEN trial_ends_at > ? AND trial_ends_at <= ? THEN 1 END) AS before FROM tenants";
    let (now, length) = (range.now, TimeDelta::days(range.days));
    let rows: Vec<Ends> = db.query(sql, vec![now.into(), (now + length).into(), (now - length).into(), now.into()]).await?;
    let ends = rows.first().ok_or_else(|| Error::internal("a count returned nothing"))?;
    Ok(pb::Figure { value: ends.value, before: ends.before })
}
