//! `cargo xtask check`: what must hold before a commit. All steps run, so that one look shows all that is wrong.

mod buf;
mod deny;
mod tidy;

use std::{fs, path::Path, process::Command, thread};

use anyhow::{Result, bail};
use clap::Args;

use crate::{build, install, shell, texts};

#[derive(Args)]
pub struct Options {
    /// Write `proto/api.txt` and `lang/template.json` anew instead of comparing them.
    #[arg(long)]
    bless: bool,
    /// Only the steps whose name starts so, e.g. `--only tidy`.
    #[arg(long, value_name = "STEP")]
    only: Option<String>,
}

type Step = (&'static str, fn() -> Result<()>);

/// What runs beside each other, each step after those before it: the compiler often leaves a processor idle. The web apps have a
/// folder of cargo's to themselves, and must be built before tidy reads them.
const LANES: [&[Step]; 3] = [
    &[
        ("fmt", fmt),
        ("tidy: dependency arrows", tidy::arrows::check),
        ("tidy: shape of source files", tidy::sources::check),
        ("tidy: names that stay apart", tidy::names::check),
        ("tidy: reasons for bans", tidy::bans::check),
        ("tidy: crates without tests", tidy::untested::check),
        ("tidy: proto/api.txt", tidy::api::check),
        ("tidy: texts in the catalogue", tidy::texts::check),
        ("buf lint", buf::check),
        ("deny: bans, licences, sources", deny::rules),
        ("deny: advisories", deny::advisories),
    ],
    &[("clippy", clippy), ("docs", docs)],
    &[("web apps", build::web_apps), ("tidy: names in built apps", tidy::bundles::check)],
];

pub fn run(options: &Options) -> Result<()> {
    if options.bless {
        tidy::api::bless()?;
        return texts::bless();
    }
    install::wasm_target()?;
    let only = options.only.as_deref().unwrap_or_default();
    let failed: Vec<&str> = thread::scope(|scope| {
        let lanes = LANES.map(|lane| scope.spawn(move || failures(lane, only)));
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|_| vec!["a step that broke off"])).collect()
    });
    if !failed.is_empty() {
        bail!("{} failed: {}", failed.len(), failed.join("; "));
    }
    Ok(())
}

/// Takes the steps whose name starts so; gives those that found something.
fn failures(lane: &[Step], only: &str) -> Vec<&'static str> {
    let mut failed = Vec::new();
    for (name, step) in lane.iter().filter(|(name, _)| name.starts_with(only)) {
        let (result, spent) = shell::measured(&format!("check: {name}"), step);
        match result {
            Ok(()) => shell::say(&format!("{name}: ok ({spent})")),
            Err(error) => {
                shell::say(&format!("{name}: FAILED ({spent})\n{error:#}\n"));
                failed.push(*name);
            }
        }
    }
    failed
}

fn fmt() -> Result<()> {
    shell::quiet(&mut shell::cargo(&["fmt", "--all", "--check"])).map(drop)
}

const DENY: [&str; 2] = ["-D", "warnings"];

/// Web apps as for this machine: nothing in them is for WASM alone, and built for it they are in any case.
const EVERYTHING: [&str; 3] = ["--workspace", "--features", "streamflow/embed,streamflow-tests/bench"];

/// With what only a release has, the web apps inside, and with the benchmark.
fn clippy() -> Result<()> {
    let mut command = shell::cargo(&["clippy", "--quiet", "--all-targets"]);
    command.args(EVERYTHING);
    let (_, messages) = shell::capture(command.arg("--").args(DENY))?;
    // Clippy only warns when a ban names what no longer exists; such a ban bans nothing.
    match messages.lines().find(|line| line.contains("does not refer to")) {
        Some(line) => bail!("clippy.toml: {line}"),
        None => Ok(()),
    }
}

/// The same choice of crates as clippy's: with another one, features differ, and every dependency is checked again. So would be our own
/// crates, which clippy has checked, unless cargo is told that clippy is asked for again.
fn docs() -> Result<()> {
    let sysroot = shell::quiet(Command::new("rustc").args(["--print", "sysroot"]))?;
    let mut command = shell::cargo(&["doc", "--quiet", "--no-deps"]);
    // By the name that cargo-clippy knows itself by, or cargo takes it for another one.
    command.env("RUSTC_WORKSPACE_WRAPPER", fs::canonicalize(Path::new(sysroot.trim()).join("bin/clippy-driver"))?);
    // As cargo-clippy hands on the words that were given to it.
    command.env("CLIPPY_ARGS", DENY.map(|word| format!("{word}__CLIPPY_HACKERY__")).concat());
    shell::quiet(command.args(EVERYTHING).env("RUSTDOCFLAGS", "-Dwarnings")).map(drop)
}
