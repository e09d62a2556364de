//! Texts that people read go through the catalogue: none stands bare in a web app, and the template is what the sources say.

use anyhow::Result;

use super::report;
use crate::texts;

pub fn check() -> Result<()> {
    let (all, bare) = texts::read_all()?;
    let bare =
        bare.into_iter().map(|one| format!("{}:{}: a text outside of t!, n! and mark!: {:?}", one.file, one.line, one.text));
    report(bare.chain(texts::check_catalogues(&all)?).collect())
}
