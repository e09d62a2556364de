//! cargo-deny: who may be in the dependency tree, under which licence, from where (`deny.toml`).

use std::process::Command;

use anyhow::Result;

use crate::{install, shell};

pub fn rules() -> Result<()> {
    deny(&["check", "bans", "licenses", "sources"])
}

/// Known vulnerabilities, when the database can be reached; a network that is closed is no finding.
pub fn advisories() -> Result<()> {
    if deny(&["fetch", "db"]).is_err() {
        shell::say("the advisory database could not be fetched, so nothing was compared");
        return Ok(());
    }
    deny(&["check", "advisories"])
}

fn deny(arguments: &[&str]) -> Result<()> {
    let tool = install::cargo_deny()?;
    shell::quiet(Command::new(tool).args(arguments)).map(drop)
}
