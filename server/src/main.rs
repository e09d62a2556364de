//! `streamflow`: command line, configuration, listeners and wiring. No business happens here.

mod assets;
mod audit;
mod cli;
mod config;
mod databases;
mod demo;
mod federation;
mod github;
mod import;
mod keys;
mod mirror;
mod operators;
mod provider;
mod public_keys;
mod secrets;
mod serve;
mod serving;
mod tenant;
mod tls;

use std::process::ExitCode;

use clap::Parser as _;

/// Answering a request is much allocating in many threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("streamflow: the runtime can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("streamflow: {error:#}");
            ExitCode::FAILURE
        }
    }
}
