//! What the commands need beside the Rust toolchain: looked for first, installed where that is possible, and
//! otherwise named in one line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::shell;

// The file alone: the crate of the tests brings the whole server with it.
#[path = "../../tests/src/postgres/programs.rs"]
mod programs;

/// Tools of this repository's own, thrown away with the build.
const TOOLS: &str = "target/tools";
const CARGO_DENY: &str = "0.20.2";
const BUF: &str = "1.75.0";
const NODE: &str = "22.23.3";
/// As `engines` of tests/browser/package.json says.
const OLDEST_NODE: u32 = 20;

pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = shell::quiet(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    shell::say("adding the wasm target to the toolchain");
    shell::run(Command::new("rustup").args(["target", "add", TARGET]))
        .context("missing: the wasm target (rustup target add wasm32-unknown-unknown)")
}

/// PostgreSQL's programs, for the clusters that tests start themselves.
pub fn postgres() -> Result<()> {
    if programs::folder().is_some() {
        return Ok(());
    }
    let what = format!("PostgreSQL {} or newer", programs::OLDEST);
    debian("postgresql", &what)?;
    if programs::folder().is_none() {
        bail!("missing: {what} (set {} to the folder that holds initdb)", programs::VARIABLE);
    }
    Ok(())
}

/// Of the browsers that can be installed the one without a window is smaller, and needs two thirds of the time.
const HEADLESS: &str = "chromium-headless-shell";

pub fn chromium() -> Result<()> {
    if shell::find(HEADLESS).or_else(chromium_of_people).is_some() {
        return Ok(());
    }
    // Not every Debian or Ubuntu has it.
    debian(HEADLESS, "Chromium").or_else(|_| debian("chromium", "Chromium"))
}

/// The browser that people use, whose times are worth measuring.
pub fn chromium_of_people() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].into_iter().find_map(shell::find)
}

/// The packages of the browser tests, exactly as their lock file says.
pub fn browser_packages() -> Result<()> {
    let folder = Path::new("tests/browser");
    let lock = fs::read(folder.join("package-lock.json")).context("tests/browser/package-lock.json")?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    need_npm()?;
    shell::say("installing the browser tests' packages");
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
    shell::quiet(&mut command).context("missing: the browser tests' packages")?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// Path of cargo-deny in the version this repository is checked with.
pub fn cargo_deny() -> Result<PathBuf> {
    let own = PathBuf::from(TOOLS).join("bin/cargo-deny");
    for path in [Some(own.clone()), shell::find("cargo-deny")].into_iter().flatten() {
        let version = shell::quiet(Command::new(&path).arg("--version"));
        if version.is_ok_and(|text| text.trim().ends_with(CARGO_DENY)) {
            return Ok(path);
        }
    }
    shell::say("installing cargo-deny (about a minute)");
    // A debug build: it takes a fraction of the time to compile and is quick enough.
    let mut command = shell::cargo(&["install", "cargo-deny", "--locked", "--debug", "--version", CARGO_DENY]);
    command.args(["--root", TOOLS]).env("CARGO_PROFILE_DEV_DEBUG", "0");
    shell::quiet(&mut command).context("missing: cargo-deny")?;
    Ok(own)
}

pub fn buf() -> Result<PathBuf> {
    npm_tool("@bufbuild/buf", BUF, "buf")
}

fn npm_tool(package: &str, version: &str, program: &str) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Manifest {
        version: String,
    }
    let modules = PathBuf::from(TOOLS).join(program).join("node_modules");
    let path = modules.join(".bin").join(program);
    let manifest = fs::read(modules.join(package).join("package.json")).unwrap_or_default();
    if serde_json::from_slice::<Manifest>(&manifest).is_ok_and(|m| m.version == version) {
        return Ok(path);
    }
    need_npm()?;
    shell::say(&format!("installing {package} {version}"));
    let folder = PathBuf::from(TOOLS).join(program);
    fs::create_dir_all(&folder)?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
    command.arg(&folder).arg(format!("{package}@{version}"));
    shell::quiet(&mut command).with_context(|| format!("missing: {package}"))?;
    Ok(path)
}

/// Node.js that the browser tests run on: the machine's, or one of this repository's own where that is older, as Debian 12's is.
pub fn node() -> Result<PathBuf> {
    need_npm()?;
    let version = shell::quiet(Command::new("node").arg("--version")).unwrap_or_default();
    if major(&version).is_some_and(|major| major >= OLDEST_NODE) {
        return Ok(PathBuf::from("node"));
    }
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    npm_tool(&format!("node-{system}-{processor}"), NODE, "node")
        .with_context(|| format!("missing: Node.js {OLDEST_NODE} or newer; here is {}", version.trim()))
}

/// 18 of "v18.20.4".
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn need_npm() -> Result<()> {
    if shell::find("npm").is_none() {
        debian("npm", "Node.js with npm")?;
    }
    Ok(())
}

/// Installs a Debian package when that is possible without asking anyone.
fn debian(package: &str, what: &str) -> Result<()> {
    static UPDATED: AtomicBool = AtomicBool::new(false);
    let by_hand = format!("missing: {what} (sudo apt-get install {package})");
    if shell::find("apt-get").is_none() || !rustix::process::geteuid().is_root() {
        bail!(by_hand);
    }
    if !UPDATED.swap(true, Ordering::Relaxed) {
        shell::say("refreshing the package lists");
        shell::quiet(Command::new("apt-get").arg("update")).context(by_hand.clone())?;
    }
    shell::say(&format!("installing {package}"));
    let mut command = Command::new("apt-get");
    command.args(["install", "--yes", "--no-install-recommends", package]);
    shell::quiet(command.env("DEBIAN_FRONTEND", "noninteractive")).context(by_hand)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v18.20.4\n"), Some(18));
        assert_eq!(major("v22.23.3"), Some(22));
        for text in ["", "18.20.4", "v", "node: not found"] {
            assert_eq!(major(text), None, "{text}");
        }
    }
}
