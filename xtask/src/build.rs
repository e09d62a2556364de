//! `cargo xtask build`: the four web apps and the server.

mod bind;
mod compress;
mod page;
mod web;

use std::{fs, path::PathBuf};

use anyhow::Result;
use clap::Args;

use crate::{install, shell};

pub use web::{DEV_OUT, RELEASE_OUT};

/// The server for work and tests.
pub const BUILT: &str = "target/debug/streamflow";
/// The server that is shipped.
pub const RELEASED: &str = "target/dist/streamflow";

#[derive(Args)]
pub struct Options {
    /// Small, optimised and precompressed, with the web apps embedded in target/dist/streamflow.
    #[arg(long)]
    release: bool,
}

pub fn run(options: &Options) -> Result<()> {
    install::wasm_target()?;
    let server = if options.release { release(&[])? } else { dev(&[])? };
    shell::say(&format!("built {}", server.display()));
    Ok(())
}

/// Quick builds for work and tests, with the web apps of these systems (none named: all). Returns the server's path.
pub fn dev(systems: &[String]) -> Result<PathBuf> {
    web::build(systems, web::Profile::Dev)?;
    shell::say("building the server");
    shell::run(&mut shell::cargo(&["build", "--package", "streamflow"]))?;
    Ok(PathBuf::from(BUILT))
}

/// What is shipped; arguments and result as for [`dev`].
pub fn release(systems: &[String]) -> Result<PathBuf> {
    web::build(systems, web::Profile::Release)?;
    compress::folder(RELEASE_OUT.as_ref())?;
    shell::say("building the server with the web apps embedded");
    shell::run(&mut shell::cargo(&["build", "--release", "--package", "streamflow", "--features", "embed"]))?;
    let server = PathBuf::from(RELEASED);
    fs::copy("target/release/streamflow", &server)?;
    Ok(server)
}

/// The web apps alone, as tests and `check` want them.
pub fn web_apps() -> Result<()> {
    web::build(&[], web::Profile::Dev)
}
