//! A crate that says that it has no tests (`test = false`, which spares compiling it once more) has none: they would never run.

use std::fs;

use anyhow::Result;
use cargo_metadata::{MetadataCommand, TargetKind};

use super::report;
use crate::shell;

/// Put together here, so that this file doesn't find itself.
const TESTS: [&str; 3] = [concat!("#[te", "st]"), concat!("#[tokio::te", "st"), concat!("cfg(te", "st)")];

pub fn check() -> Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let mut findings = Vec::new();
    for target in metadata.packages.iter().flat_map(|package| &package.targets) {
        let Some(folder) = target.src_path.parent().filter(|_| !target.test && !target.kind.contains(&TargetKind::CustomBuild))
        else {
            continue;
        };
        for path in
            shell::files(folder.as_std_path())?.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        {
            if TESTS.iter().any(|attribute| fs::read_to_string(path).is_ok_and(|text| text.contains(attribute))) {
                findings.push(format!("{}: tests of a crate with `test = false`", path.display()));
            }
        }
    }
    report(findings)
}
