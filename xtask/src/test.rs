//! `cargo xtask test`: every test there is. Missing programs are installed or named; nothing is skipped.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{build, install, shell};

#[derive(Args)]
pub struct Options {
    /// Leave out the browser tests, which take the longest.
    #[arg(long)]
    no_browser: bool,
}

pub fn run(options: &Options) -> Result<()> {
    install::wasm_target()?;
    install::postgres()?;
    if !options.no_browser {
        install::chromium()?;
        install::browser_packages()?;
    }
    build::web_apps()?;
    // All at once: built alone, the server would need its dependencies with other features, and compile them all again.
    shell::say("building the server and the tests");
    shell::run(&mut shell::cargo(&["build", "--workspace", "--all-targets"]))?;

    shell::say("tests in Rust: units, API, faults");
    shell::run(&mut shell::cargo(&["test", "--workspace"]))?;

    if !options.no_browser {
        shell::say("tests in the browser");
        shell::run(Command::new("node").args(["--test", "tests/browser/"]))?;
    }
    shell::say("all tests passed");
    Ok(())
}
