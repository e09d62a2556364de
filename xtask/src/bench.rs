//! `cargo xtask bench`: measures the performance goals on PostgreSQL and SQLite, with release builds.

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
    shell::run(&mut shell::cargo(&["build", "--release", "--package", "streamflow"]))?;
    let bench = ["run", "--release", "--package", "streamflow-tests", "--bin", "bench", "--"];
    shell::run(shell::cargo(&bench).args(&options.arguments))
}
