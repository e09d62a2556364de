//! `cargo xtask test`: every test there is. Missing programs are installed or named; nothing is skipped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
use clap::Args;

use crate::{build, install, shell};

#[derive(Args)]
pub struct Options {
    /// Leave out the browser tests, which take the longest.
    #[arg(long)]
    no_browser: bool,
}

pub fn run(options: &Options) -> Result<()> {
    install::wasm_target()?;
    install::postgres()?;
    if !options.no_browser {
        install::chromium()?;
        install::browser_packages()?;
    }
    build::web_apps()?;
    // All at once: built alone, the server would need its dependencies with other features, and compile them all again.
    shell::say("building the server and the tests");
    shell::run(&mut shell::cargo(&["build", "--workspace", "--all-targets"]))?;

    shell::say("tests in Rust: units, API, faults");
    shell::run(&mut shell::cargo(&["test", "--workspace"]))?;

    if !options.no_browser {
        shell::say("tests in the browser");
        shell::run(Command::new(install::node()?).arg("--test").args(browser_tests(Path::new("tests/browser"))?))?;
    }
    shell::say("all tests passed");
    Ok(())
}

/// Each file by its name: what Node.js makes of a folder there differs from version to version.
fn browser_tests(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    anyhow::ensure!(!files.is_empty(), "{} holds no tests", folder.display());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_tests_are_found_by_name_and_none_is_an_error() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = browser_tests(&root.join("tests/browser")).expect("files");
        assert!(found.contains(&root.join("tests/browser/story.test.mjs")));
        assert!(!found.contains(&root.join("tests/browser/portal.mjs")));
        assert!(browser_tests(&root.join("tests/api")).is_err());
    }
}
