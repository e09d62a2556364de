//! F1 to F4: what calls between systems cost, how quickly companies are registered and seen by the provider system, and how long
//! Recovery Mode takes to begin and to end. On databases of its own, filled with nothing.

mod calls;
mod recovery;
mod registration;

use anyhow::Result;
use streamflow_tests::postgres::Cluster;

use crate::{options::Options, report::Report};

/// The goals that are measured here.
pub const GOALS: [&str; 4] = ["F1", "F2", "F3", "F4"];

pub async fn measure(options: &Options, on: &'static str, report: &mut Report) -> Result<()> {
    if !options.wants_any(&GOALS) {
        return Ok(());
    }
    let mut cluster = (on == "postgres").then(|| Cluster::start(true));
    if options.wants("F1") {
        calls::measure(options, on, cluster.as_ref(), report).await?;
    }
    if options.wants_any(&["F2", "F3"]) {
        registration::measure(options, on, cluster.as_ref(), report).await?;
    }
    if options.wants("F4") {
        recovery::measure(options, on, cluster.as_mut(), report).await?;
    }
    Ok(())
}
