//! `cargo xtask bench`: measures the performance goals on PostgreSQL and SQLite.

use anyhow::Result;
use clap::Args;

use crate::{install, shell};

#[derive(Args)]
pub struct Options {
    /// Passed to the benchmark; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    install::postgres()?;
    shell::run(
        shell::cargo(&[
            "run",
            "--release",
            "--package",
            "streamflow-tests",
            "--bin",
            "bench",
            "--",
        ])
        .args(&options.arguments),
    )
}
