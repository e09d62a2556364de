//! Shape of source files: size, head, names, and words that must not stay.

use std::{fs, path::Path};

use anyhow::Result;

use super::report;
use crate::shell;

const LINES: usize = 400;

/// Put together here, so that this file doesn't find itself.
const LEFT_OVERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
const SILENCED: [&str; 2] = [concat!("#[al", "low("), concat!("#![al", "low(")];

/// Kinds of files that a person writes.
const WRITTEN: [&str; 9] = ["rs", "proto", "toml", "md", "css", "js", "mjs", "ts", "html"];

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for path in shell::files(Path::new("."))? {
        let path = path.strip_prefix(".").unwrap_or(&path);
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.starts_with("data") || !WRITTEN.contains(&extension) {
            continue;
        }
        let text = fs::read_to_string(path)?;
        findings.extend(left_overs(path, &text));
        if extension == "rs" {
            findings.extend(rust(path, &text));
        }
    }
    report(findings)
}

fn left_overs(path: &Path, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(number, line)| {
        let word = LEFT_OVERS.iter().find(|word| line.contains(**word))?;
        Some(format!("{}:{}: {word} is not a place to leave work", path.display(), number + 1))
    });
    found.collect()
}

fn rust(path: &Path, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut find = |what: String| findings.push(format!("{}: {what}", path.display()));
    let lines = text.lines().count();
    if lines > LINES {
        find(format!("{lines} lines; split by meaning (limit {LINES})"));
    }
    if path.file_name().is_some_and(|name| name == "mod.rs") {
        find("name the module after its folder instead of mod.rs".to_owned());
    }
    if !text.starts_with("//!") {
        find("begins without a `//!` head that says what it is for".to_owned());
    }
    for (number, line) in text.lines().enumerate() {
        if SILENCED.iter().any(|attribute| line.contains(attribute)) {
            find(format!("line {}: use #[expect(…, reason = …)]", number + 1));
        }
    }
    findings
}
