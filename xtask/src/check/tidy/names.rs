//! Names that stay apart in sources: no portal's code knows another portal, and what all share knows none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::report;
use crate::{
    portals::{PORTALS, Portal},
    shell,
};

/// Code that every portal shares.
const SHARED: [&str; 3] = ["server/kernel", "web-kit", "proto/streamflow/common"];

pub fn check() -> Result<()> {
    let mut findings = Vec::new();
    for own in &PORTALS {
        for path in sources(own)? {
            let text = fs::read_to_string(&path)?;
            for other in PORTALS.iter().filter(|other| other.name != own.name) {
                findings.extend(search(&path, &text, other.marks, foreign_words(own, other)));
            }
        }
    }
    for folder in SHARED {
        for path in shell::files(Path::new(folder))? {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            for portal in &PORTALS {
                findings.extend(search(&path, &text, portal.marks, &[]));
            }
        }
    }
    report(findings)
}

fn sources(portal: &Portal) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in [format!("server/{}", portal.name), portal.app.to_owned(), format!("proto/streamflow/{}", portal.name)] {
        paths.extend(shell::files(Path::new(&folder))?);
    }
    Ok(paths)
}

/// The operators' portals have no role of this name, so there the bare word is out as well.
pub fn foreign_words(own: &Portal, other: &Portal) -> &'static [&'static str] {
    match (own.name, other.name) {
        ("client", "accountant") => &[],
        (_, "accountant") => &["accountant", "accountants"],
        _ => other.words,
    }
}

fn search(path: &Path, text: &str, marks: &[&str], words: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mark = marks.iter().find(|mark| line.contains(**mark));
        let word = words.iter().find(|word| has_word(line, word));
        if let Some(name) = mark.or(word) {
            findings.push(format!("{}:{}: another portal's name: {name}", path.display(), number + 1));
        }
    }
    findings
}

/// Whether the word stands there alone or as a part of a longer name: `x_word`, `word::y`, not `Wordy`.
fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn words_are_parts_between_underscores_and_punctuation() {
        assert!(has_word("let provider_id = 1;", "provider"));
        assert!(has_word("use a::Provider;", "provider"));
        assert!(!has_word("CryptoProvider", "provider"));
    }
}
