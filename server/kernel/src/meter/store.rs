//! Rows of `metric_samples`, and what charts ask of them.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::figures::Figures;
use crate::{
    db::{Database, SystemDb},
    error::{Error, Result},
};

/// Lengths of what one row is about, in seconds.
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;

pub(super) struct Sample {
    pub seconds: i64,
    pub at: DateTime<Utc>,
    pub process: Uuid,
    pub figures: String,
}

/// Writes what a process measured; what it wrote before about the same time is replaced.
pub(super) async fn insert_samples(database: &Database, samples: Vec<Sample>) -> Result<()> {
    let sql = "INSERT INTO metric_samples (seconds, at, process, figures) VALUES (?, ?, ?, ?) \
               ON CONFLICT (seconds, at, process) DO UPDATE SET figures = excluded.figures";
    let db = database.system().await?;
    for Sample { seconds, at, process, figures } in samples {
        db.execute(sql, vec![seconds.into(), at.into(), process.into(), figures.into()]).await?;
    }
    db.commit().await
}

/// How many jobs are due, and for how many seconds the oldest of them has been.
pub(super) async fn queue(database: &Database, now: DateTime<Utc>) -> Result<(u64, u64)> {
    #[derive(FromQueryResult)]
    struct Due {
        due: i64,
        oldest: Option<DateTime<Utc>>,
    }
    let sql = "SELECT COUNT(*) AS due, MIN(run_at) AS oldest FROM jobs WHERE state = 'queued' AND run_at <= ?";
    let rows: Vec<Due> = database.system_read().await?.query(sql, vec![now.into()]).await?;
    let Due { due, oldest } = rows.into_iter().next().ok_or_else(|| Error::internal("a count returned nothing"))?;
    let waits = oldest.map_or(0, |at| (now - at).num_seconds());
    Ok((due.unsigned_abs(), waits.max(0).unsigned_abs()))
}

/// How far a chart reaches back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    Hour,
    Day,
    Week,
}

impl Range {
    /// The range that reaches back so many hours. Fails with a violation of `hours` for others than 1, 24 and 168.
    pub fn of_hours(hours: i32) -> Result<Self> {
        match hours {
            1 => Ok(Self::Hour),
            24 => Ok(Self::Day),
            168 => Ok(Self::Week),
            _ => Err(Error::invalid("hours", "Choose 1, 24 or 168 hours.")),
        }
    }

    /// Length of a place on its axis.
    pub const fn slot_seconds(self) -> i64 {
        match self {
            Self::Hour => MINUTE,
            Self::Day => 15 * MINUTE,
            Self::Week => HOUR,
        }
    }

    /// Places on its axis.
    pub const fn slots(self) -> usize {
        match self {
            Self::Hour => 60,
            Self::Day => 96,
            Self::Week => 168,
        }
    }

    /// Length of the rows it is drawn from.
    const fn row_seconds(self) -> i64 {
        if matches!(self, Self::Week) { HOUR } else { MINUTE }
    }
}

/// A place on the axis; without seconds nothing was measured in it.
#[derive(Clone, Debug)]
pub struct Slot {
    pub at: DateTime<Utc>,
    pub figures: Figures,
}

#[derive(FromQueryResult)]
struct Row {
    at: DateTime<Utc>,
    figures: String,
}

/// The range that ends with the last whole minute before `until`, and the range before it: twice its places, oldest first.
pub async fn slots(db: &SystemDb, range: Range, until: DateTime<Utc>) -> Result<Vec<Slot>> {
    let width = range.slot_seconds();
    let end = ((until.timestamp() - MINUTE).div_euclid(width) + 1) * width;
    let from = end - width * 2 * i64::try_from(range.slots()).map_err(Error::internal)?;
    let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(|| Error::internal("a time out of range"));
    let sql = "SELECT at, figures FROM metric_samples WHERE seconds = ? AND at >= ? AND at < ? ORDER BY at";
    let rows: Vec<Row> = db.query(sql, vec![range.row_seconds().into(), time(from)?.into(), time(end)?.into()]).await?;
    let mut measured: BTreeMap<i64, Figures> = BTreeMap::new();
    for row in rows {
        let figures: Figures = serde_json::from_str(&row.figures).map_err(Error::internal)?;
        measured.entry(row.at.timestamp()).or_default().add_beside(&figures);
    }
    let mut slots: BTreeMap<i64, Figures> = (from..end).step_by(width as usize).map(|at| (at, Figures::default())).collect();
    for (at, figures) in measured {
        slots.entry(at - at.rem_euclid(width)).or_default().add_after(&figures);
    }
    slots.into_iter().map(|(at, figures)| Ok(Slot { at: time(at)?, figures })).collect()
}
