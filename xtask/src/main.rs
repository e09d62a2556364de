//! `cargo xtask`: everything a person or CI does with this repository, so that nobody has to remember a command line.

#![expect(clippy::disallowed_methods, reason = "a developer's tool reads its own environment, clock and randomness")]

mod bench;
mod build;
mod check;
mod demo;
mod install;
mod operators;
mod otp;
mod portals;
mod run;
mod shell;
mod shots;
mod table;
mod test;
mod texts;

use std::process::ExitCode;

use clap::Parser;

/// Build, run, check and measure StreamFlow.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Build everything, seed four demo companies and serve the four portals.
    Run(run::Options),
    /// Print the current second-factor code of a demo account.
    Otp(otp::Options),
    /// Build the web apps and the server (`--release`: target/dist).
    Build(build::Options),
    /// Format, lints, house rules, licences, docs and proto lint: run before each commit.
    Check(check::Options),
    /// Run every test; installs what the tests need, or says what is missing.
    Test(test::Options),
    /// Write a picture of every page to target/shots.
    Shots(shots::Options),
    /// Measure against the performance goals; arguments go to the benchmark.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let task = Task::parse();
    match shell::enter_root().and_then(|()| perform(task)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Run(options) => return run::run(&options),
        Task::Otp(options) => otp::run(&options)?,
        Task::Build(options) => build::run(&options)?,
        Task::Check(options) => check::run(&options)?,
        Task::Test(options) => test::run(&options)?,
        Task::Shots(options) => shots::run(&options)?,
        Task::Bench(options) => bench::run(&options)?,
    }
    Ok(ExitCode::SUCCESS)
}
