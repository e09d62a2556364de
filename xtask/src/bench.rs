//! `cargo xtask bench`: measures the performance goals on PostgreSQL and SQLite, with what a release ships.

use std::env;

use anyhow::Result;
use clap::Args;

use crate::{build, install, shell};

/// Names the browser to the scripts (tests/browser/portal.mjs).
const CHROMIUM: &str = "CHROMIUM";

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
    let mut command =
        shell::cargo(&["run", "--release", "--package", "streamflow-tests", "--features", "bench", "--bin", "bench"]);
    command.args(["--", "--server"]);
    command.arg(server).args(&options.arguments).env("NODE", install::node()?);
    if let Some(browser) = install::chromium_of_people().filter(|_| env::var_os(CHROMIUM).is_none()) {
        command.env(CHROMIUM, browser);
    }
    shell::run(&mut command)
}
