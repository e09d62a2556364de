//! `cargo xtask shots`: a picture of every page of every portal, to look at beside the design.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{build, install, shell};

#[derive(Args)]
pub struct Options {
    /// Passed to the script, e.g. `--only client/customers`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    install::wasm_target()?;
    install::chromium()?;
    install::browser_packages()?;
    build::dev(&[])?;
    shell::say("taking pictures to target/shots");
    shell::run(Command::new(install::node()?).arg("tests/browser/shots.mjs").args(&options.arguments))
}
