//! The benchmark: measures the goals beside the raw database in the same run and prints the ratios.
//!
//! On a shared machine only ratios of arms that ran by turns, CPU time per request and counted round trips mean anything; what is
//! printed in absolute numbers is so because its goal is. Figures go to `tests/bench/results`, nothing else is left behind.
#![expect(
    clippy::disallowed_methods,
    reason = "the benchmark fills databases past the walls and measures with the machine's own clock"
)]

mod data;
mod figures;
mod load;
mod machine;
mod measure;
mod options;
mod report;
mod server;

use anyhow::{Context as _, Result};

use crate::{measure::Bench, options::Options, report::Report};

/// One thread: the generator shares two cores with what it measures, and hand-overs between threads are most of its cost.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::read();
    let mut report = Report::new(&options);
    let stopped = async {
        tokio::signal::ctrl_c().await?;
        anyhow::bail!("stopped")
    };
    let measured = tokio::select! {
        measured = tokio::time::timeout(options.limit(), run(&options, &mut report)) => measured.context("the time is up")?,
        stopped = stopped => stopped,
    };
    // What was measured before a failure is still worth reading.
    report.print();
    let path = report.write()?;
    println!("written to {}", path.display());
    measured
}

async fn run(options: &Options, report: &mut Report) -> Result<()> {
    if options.wants("P10") {
        measure::bytes::measure(report)?;
    }
    if options.on("postgres") {
        if options.wants_any(&measure::GOALS) {
            let bench = Bench::postgres(options).await?;
            bench.measure(report).await?;
        }
        measure::fleet::measure(options, "postgres", report).await?;
    }
    if options.on("sqlite") {
        if options.wants_any(&measure::GOALS) {
            let bench = Bench::sqlite(options).await?;
            bench.measure(report).await?;
        }
        measure::fleet::measure(options, "sqlite", report).await?;
    }
    Ok(())
}
