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
const STEPS: [Step; 15] = [
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
    ("clippy: server, tests, tools", clippy),
    ("clippy: web", clippy_web),
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

fn clippy() -> Result<()> {
    let mut command = shell::cargo(&["clippy", "--quiet", "--workspace", "--exclude", "web-*", "--all-targets"]);
    // What only a release has: the web apps inside.
    command.args(["--features", "streamflow/embed"]);
    let (_, messages) = shell::capture(command.args(["--", "-D", "warnings"]))?;
    // Clippy only warns when a ban names what no longer exists; such a ban bans nothing.
    match messages.lines().find(|line| line.contains("does not refer to")) {
        Some(line) => bail!("clippy.toml: {line}"),
        None => Ok(()),
    }
}

fn clippy_web() -> Result<()> {
    let mut command = shell::cargo(&["clippy", "--quiet", "--package", "web-*", "--all-targets"]);
    command.args(["--target", "wasm32-unknown-unknown"]);
    command.env("CARGO_TARGET_DIR", build::WASM_CARGO_OUT);
    shell::quiet(command.args(["--", "-D", "warnings"])).map(drop)
}

/// The same choices of crates as clippy's: with another one, features differ, and every dependency is checked again.
fn docs() -> Result<()> {
    let mut server = shell::cargo(&["doc", "--quiet", "--no-deps", "--workspace", "--exclude", "web-*"]);
    server.args(["--features", "streamflow/embed"]);
    let mut web = shell::cargo(&["doc", "--quiet", "--no-deps", "--package", "web-*", "--target", "wasm32-unknown-unknown"]);
    web.env("CARGO_TARGET_DIR", build::WASM_CARGO_OUT);
    for command in [&mut server, &mut web] {
        shell::quiet(command.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    }
    Ok(())
}
