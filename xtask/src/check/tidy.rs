//! House rules that no compiler knows.

pub mod api;
pub mod arrows;
pub mod bans;
pub mod bundles;
pub mod names;
pub mod sources;
pub mod texts;
pub mod untested;

use anyhow::{Result, bail};

/// All findings of one rule at once, one a line.
fn report(findings: Vec<String>) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{}", findings.join("\n"));
}
