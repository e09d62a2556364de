//! `cargo xtask bench`: measures the performance goals on PostgreSQL and SQLite, with what a release ships.

use anyhow::Result;
use clap::Args;

use crate::{build, install, shell};

#[derive(Args)]
pub struct Options {
    /// Passed to the benchmark; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    install::postgres()?;
    install::chromium()?;
    install::browser_packages()?;
    install::wasm_target()?;
    let server = build::release(&[])?;
    let bench = ["run", "--release", "--package", "streamflow-tests", "--bin", "bench", "--", "--server"];
    shell::run(shell::cargo(&bench).arg(server).args(&options.arguments).env("NODE", install::node()?))
}
