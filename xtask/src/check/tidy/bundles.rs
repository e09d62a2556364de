//! Names that stay apart in what browsers receive: each built app is searched for the other portals' names, and
//! for paths of the machine it was built on.

use std::{env, fs, path::Path};

use anyhow::{Result, bail};

use super::{names::foreign_words, report};
use crate::{
    build::{DEV_OUT, RELEASE_OUT},
    portals::{PORTALS, Portal},
    shell,
};

pub fn check() -> Result<()> {
    if !Path::new(DEV_OUT).exists() {
        bail!("nothing built in {DEV_OUT}");
    }
    let mut findings = Vec::new();
    for folder in [DEV_OUT, RELEASE_OUT] {
        for own in &PORTALS {
            for path in shell::files(&Path::new(folder).join(own.name))? {
                // Precompressed copies hold what their originals hold.
                if path.extension().is_none_or(|extension| extension != "br") {
                    findings.extend(search(own, &path)?);
                }
            }
        }
    }
    report(findings)
}

/// Names of libraries and of source files that hold a word of ours by chance.
const CHANCE: [&str; 3] = ["LocationProvider", "developer.mozilla.org", "src/pages/tenant/"];

fn search(own: &Portal, path: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let told = CHANCE.iter().fold(text.to_string(), |text, name| text.replace(name, ""));
    let lower = told.to_lowercase();
    let mut findings = Vec::new();
    for other in PORTALS.iter().filter(|other| other.name != own.name) {
        let marks = other.marks.iter().filter(|mark| told.contains(**mark));
        let words = foreign_words(own, other).iter().filter(|word| lower.contains(**word));
        for name in marks.chain(words) {
            findings.push(format!("{} holds {name:?} of the {} portal", path.display(), other.name));
        }
    }
    let home = env::home_dir().unwrap_or_default().join("");
    for place in [shell::root()?.join(""), home] {
        let place = place.to_string_lossy().into_owned();
        if place.len() > 1 && text.contains(&place) {
            findings.push(format!("{} tells where it was built ({place})", path.display()));
        }
    }
    Ok(findings)
}
