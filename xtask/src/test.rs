//! `cargo xtask test`: every test there is. Missing programs are installed or named; nothing is skipped.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
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

/// What the tests' own harness reads.
const THREADS: &str = "RUST_TEST_THREADS";

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
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
    let mut tests = shell::cargo(&["test", "--workspace"]);
    // Most of them wait most of the time: for a database, a job, a second to pass.
    if env::var_os(THREADS).is_none() {
        tests.env(THREADS, (2 * cores()).to_string());
    }
    shell::run(&mut tests)?;

    if !options.no_browser {
        shell::say("tests in the browser");
        let at_once = format!("--test-concurrency={}", cores());
        let mut tests = Command::new(install::node()?);
        shell::run(tests.args(["--test", &at_once]).args(browser_tests(Path::new("tests/browser"))?))?;
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
