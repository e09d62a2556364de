//! `cargo xtask test`: every test there is. Missing programs are installed or named; nothing is skipped.

mod programs;

use std::{
    cmp::Reverse,
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;

use self::programs::{Program, cores};
use crate::{build, install, shell};

#[derive(Args)]
pub struct Options {
    /// Leave out the browser tests, which take the longest.
    #[arg(long)]
    no_browser: bool,
}

/// All tests, and the server that some of them start. This tool is apart: with the others it would be compiled a second time.
const ALL: [&str; 6] = ["--workspace", "--exclude", "xtask", "--tests", "--bin", "streamflow"];

pub fn run(options: &Options) -> Result<()> {
    install::wasm_target()?;
    install::postgres()?;
    if !options.no_browser {
        install::chromium()?;
        install::browser_packages()?;
    }
    let programs = shell::timed("building the web apps, the server and the tests", build)?;
    let scratch = Scratch::new()?;
    shell::timed("tests in Rust: units, API, faults", || rust_tests(&programs, &scratch, options))?;
    if !options.no_browser {
        shell::timed("tests in the browser", || browser_tests(&scratch))?;
    }
    shell::say("all tests passed");
    Ok(())
}

/// The web apps have a folder of cargo's to themselves, so that both are built at once.
fn build() -> Result<Vec<Program>> {
    thread::scope(|scope| {
        let web = scope.spawn(build::web_apps);
        let tests = programs::build(&ALL);
        web.join().map_err(|_| anyhow!("building the web apps broke off"))?.and(tests)
    })
}

/// Beside them `cargo xtask run`, which leaves the demo that the tests in the browser take copies of, and what this tool tests of itself.
fn rust_tests(programs: &[Program], scratch: &Scratch, options: &Options) -> Result<()> {
    let (waiting, working) = programs::split(programs);
    let first = || if options.no_browser { Ok(()) } else { node_tests(scratch, &["tests/browser/run.mjs".into()], 1) };
    let own = || shell::quiet(&mut shell::cargo(&["test", "--quiet", "--package", "xtask"])).map(drop);
    shell::at_once(vec![
        ("those that wait", Box::new(|| programs::run(&waiting, scratch))),
        ("those that work", Box::new(|| programs::run(&working, scratch))),
        ("cargo xtask", Box::new(|| first().and(own()))),
    ])
}

fn browser_tests(scratch: &Scratch) -> Result<()> {
    node_tests(scratch, &browser_files(Path::new("tests/browser"))?, cores())
}

fn node_tests(scratch: &Scratch, files: &[PathBuf], at_once: usize) -> Result<()> {
    let mut tests = Command::new(install::node()?);
    tests.args(["--test", &format!("--test-concurrency={at_once}")]).args(files).env("DEMO_FOLDER", &scratch.demo);
    scratch.give(&mut tests);
    shell::run(&mut tests)
}

/// Where tests keep their databases and files. In memory where there is room: they wait for the disk at each commit otherwise, and
/// what they kill are programs, never the machine.
struct Scratch {
    /// Of all that is temporary; none where the usual place is as good.
    memory: Option<PathBuf>,
    /// The data folder of `cargo xtask run`.
    demo: PathBuf,
}

impl Scratch {
    const MEMORY: &str = "/dev/shm";
    /// Bytes that must be free, in that folder and of the machine's memory.
    const ROOM: u64 = 8 << 30;

    fn new() -> Result<Self> {
        let memory = (env::var_os("TMPDIR").is_none() && Self::has_room())
            .then(|| Path::new(Self::MEMORY).join(format!("streamflow-tests-{}", process::id())));
        if let Some(folder) = &memory {
            fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        }
        let demo = memory.clone().unwrap_or_else(env::temp_dir).join(format!("streamflow-demo-{}", process::id()));
        Ok(Self { memory, demo })
    }

    fn has_room() -> bool {
        let folder = rustix::fs::statvfs(Self::MEMORY).is_ok_and(|of| of.f_bavail * of.f_frsize >= Self::ROOM);
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let free = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse().ok());
        folder && free.is_some_and(|kib: u64| kib << 10 >= Self::ROOM)
    }

    fn give(&self, tests: &mut Command) {
        if let Some(folder) = &self.memory {
            tests.env("TMPDIR", folder);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for folder in [Some(&self.demo), self.memory.as_ref()].into_iter().flatten() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Each file by its name: what Node.js makes of a folder there differs from version to version.
fn browser_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    anyhow::ensure!(!files.is_empty(), "{} holds no tests", folder.display());
    // The longest first, so that none is left running alone; a file's length tells about how long it takes.
    files.sort_by_cached_key(|file| Reverse(fs::metadata(file).map_or(0, |of| of.len())));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_tests_are_found_by_name_and_none_is_an_error() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = browser_files(&root.join("tests/browser")).expect("files");
        assert!(found.contains(&root.join("tests/browser/story.test.mjs")));
        assert!(!found.contains(&root.join("tests/browser/portal.mjs")));
        assert!(browser_files(&root.join("tests/api")).is_err());
    }
}
