//! clippy.toml: each ban says why.
//!
//! That bans fire needs no test here: the kernel expects them (`#![expect(clippy::disallowed_methods)]`), and an
//! expectation that is not met is an error.

use std::fs;

use anyhow::{Context as _, Result};

use super::report;

const FILE: &str = "clippy.toml";

pub fn check() -> Result<()> {
    let text = fs::read_to_string(FILE)?;
    let table: toml::Table = text.parse().context(FILE)?;
    let mut findings = Vec::new();
    for (list, bans) in table.iter().filter(|(list, _)| list.starts_with("disallowed-")) {
        for ban in bans.as_array().into_iter().flatten() {
            let reason = ban.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
            if reason.trim().is_empty() {
                findings.push(format!("{FILE}: {list}: no reason for {ban}"));
            }
        }
    }
    report(findings)
}
