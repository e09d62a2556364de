//! What people read in the web apps: the catalogue of English texts that translators take, and the catalogues that they give back.

mod catalogue;
mod literal;
mod looks;
mod pseudo;
mod scan;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};

pub use self::{
    catalogue::{Language, bless, check_catalogues, languages},
    scan::Bare,
};
use crate::{portals::PORTALS, shell};

/// What all portals share.
const KIT: &str = "web-kit";

/// A text as the apps ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The form for one, of a text that goes by a number.
    pub one: Option<String>,
    /// Sources that hold it.
    pub files: BTreeSet<String>,
}

/// By the key that it has in catalogues.
pub type Texts = BTreeMap<String, Text>;

/// The texts of these crates, and what looks like a text but is none of theirs.
pub fn read(crates: &[&str]) -> Result<(Texts, Vec<Bare>)> {
    let classes = looks::classes(crates)?;
    let (mut texts, mut bare) = (Texts::new(), Vec::new());
    for folder in crates {
        for path in shell::files(&Path::new(folder).join("src"))? {
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let file = path.to_string_lossy().replace('\\', "/");
            let source = fs::read_to_string(&path)?;
            let found = scan::file(&file, &source, &classes).with_context(|| format!("{file} can't be read as Rust"))?;
            bare.extend(found.bare);
            for (key, one) in found.texts {
                let text: &mut Text = texts.entry(key).or_default();
                text.one = text.one.take().or(one);
                text.files.insert(file.clone());
            }
        }
    }
    Ok((texts, bare))
}

/// Of all web crates.
pub fn read_all() -> Result<(Texts, Vec<Bare>)> {
    let mut crates = vec![KIT];
    crates.extend(PORTALS.iter().map(|portal| portal.app));
    read(&crates)
}
