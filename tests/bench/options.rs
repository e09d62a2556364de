//! What is measured, and for how long.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::data::Size;

/// Measures the performance goals on PostgreSQL and SQLite, beside pgbench with the same SQL.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench --")]
pub struct Options {
    /// Less data and shorter arms: about a minute. Good to see that everything runs, not to compare.
    #[arg(long)]
    pub quick: bool,
    /// Goals to measure, e.g. P1,F2,import; all when unset.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// One database only: postgres or sqlite.
    #[arg(long)]
    pub database: Option<String>,
    /// Times each arm runs, by turns with the other.
    #[arg(long, default_value_t = 3)]
    pub repeats: usize,
    /// The server to measure.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/dist/streamflow"))]
    pub server: PathBuf,
    /// Keeps the server running this many seconds under list load, for a profiler; prints its process id.
    #[arg(long, default_value_t = 0)]
    pub profile: u64,
}

impl Options {
    pub fn read() -> Self {
        Self::parse()
    }

    pub fn wants(&self, goal: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == goal)
    }

    pub fn wants_any(&self, goals: &[&str]) -> bool {
        goals.iter().any(|goal| self.wants(goal))
    }

    pub fn on(&self, database: &str) -> bool {
        self.database.as_deref().is_none_or(|only| only == database)
    }

    pub const fn size(&self) -> Size {
        if self.quick {
            Size { orgs: 200, customers: 20_000, whale: 6_000 }
        } else {
            Size { orgs: 1_000, customers: 100_000, whale: 30_000 }
        }
    }

    /// One turn of one arm.
    pub const fn turn(&self) -> Duration {
        if self.quick { Duration::from_millis(1_000) } else { Duration::from_secs(5) }
    }

    pub const fn warm_up(&self) -> Duration {
        if self.quick { Duration::from_millis(500) } else { Duration::from_secs(2) }
    }

    pub const fn watchers(&self) -> usize {
        if self.quick { 200 } else { 1_000 }
    }

    /// Nothing runs longer than this.
    pub const fn limit(&self) -> Duration {
        Duration::from_secs(if self.quick { 300 } else { 1_500 } + self.profile)
    }
}
