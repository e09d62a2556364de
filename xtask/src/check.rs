//! `cargo xtask check`: what must hold before a commit. All steps run, so that one look shows all that is wrong.

mod buf;
mod deny;
mod tidy;

use std::{io::Write as _, time::Instant};

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

/// Quick steps first; the bundles must be built before tidy reads them.
const STEPS: [Step; 14] = [
    ("fmt", fmt),
    ("tidy: dependency arrows", tidy::arrows::check),
    ("tidy: shape of source files", tidy::sources::check),
    ("tidy: names that stay apart", tidy::names::check),
    ("tidy: reasons for bans", tidy::bans::check),
    ("tidy: proto/api.txt", tidy::api::check),
    ("tidy: texts in the catalogue", tidy::texts::check),
    ("buf lint", buf::check),
    ("deny: bans, licences, sources", deny::rules),
    ("deny: advisories", deny::advisories),
    ("clippy", clippy),
    ("docs", docs),
    ("web apps", build::web_apps),
    ("tidy: names in built apps", tidy::bundles::check),
];

pub fn run(options: &Options) -> Result<()> {
    if options.bless {
        tidy::api::bless()?;
        return texts::bless();
    }
    install::wasm_target()?;
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        if options.only.as_ref().is_some_and(|only| !name.starts_with(only.as_str())) {
            continue;
        }
        eprint!("{name} … ");
        std::io::stderr().flush()?;
        let started = Instant::now();
        match step() {
            Ok(()) => eprintln!("ok ({:.1} s)", started.elapsed().as_secs_f32()),
            Err(error) => {
                eprintln!("FAILED\n{error:#}\n");
                failed.push(name);
            }
        }
    }
    if !failed.is_empty() {
        bail!("{} failed: {}", failed.len(), failed.join("; "));
    }
    Ok(())
}

fn fmt() -> Result<()> {
    shell::quiet(&mut shell::cargo(&["fmt", "--all", "--check"])).map(drop)
}

/// Web apps as for this machine: nothing in them is for WASM alone, and built for it they are in any case.
const EVERYTHING: [&str; 3] = ["--workspace", "--features", "streamflow/embed"];

/// With what only a release has: the web apps inside.
fn clippy() -> Result<()> {
    let mut command = shell::cargo(&["clippy", "--quiet", "--all-targets"]);
    command.args(EVERYTHING);
    let (_, messages) = shell::capture(command.args(["--", "-D", "warnings"]))?;
    // Clippy only warns when a ban names what no longer exists; such a ban bans nothing.
    match messages.lines().find(|line| line.contains("does not refer to")) {
        Some(line) => bail!("clippy.toml: {line}"),
        None => Ok(()),
    }
}

/// The same choice of crates as clippy's: with another one, features differ, and every dependency is checked again.
fn docs() -> Result<()> {
    let mut command = shell::cargo(&["doc", "--quiet", "--no-deps"]);
    shell::quiet(command.args(EVERYTHING).env("RUSTDOCFLAGS", "-Dwarnings")).map(drop)
}
