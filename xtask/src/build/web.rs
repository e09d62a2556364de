//! One web app: cargo compiles it, wasm-bindgen makes its JavaScript, every asset is named after its content.
//!
//! Each app is compiled on its own. Built together, cargo would give the contract crate the features of all four,
//! and each bundle would carry the other portals' names.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Instant, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{
    build::{
        bind,
        page::{self, Page},
    },
    portals::{PORTALS, Portal},
    shell,
    texts::{self, Language},
};

/// Finished apps for work and tests, one folder a portal.
pub const DEV_OUT: &str = "target/portals";
/// Finished apps that are shipped.
pub const RELEASE_OUT: &str = "target/dist/web";
/// Cargo's folder for WASM, apart from the host's so that neither waits for the other.
pub const CARGO_OUT: &str = "target/web";

#[derive(Clone, Copy, PartialEq)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm",
        }
    }

    fn out(self) -> &'static Path {
        Path::new(match self {
            Self::Dev => DEV_OUT,
            Self::Release => RELEASE_OUT,
        })
    }
}

/// Builds the apps of these systems; none named means all.
pub fn build(systems: &[String], profile: Profile) -> Result<()> {
    let _lock = lock()?;
    for portal in PORTALS.iter().filter(|portal| portal.is_among(systems)) {
        build_one(portal, profile)?;
    }
    Ok(())
}

/// Two of these commands at once would write the same folders.
fn lock() -> Result<fs::File> {
    fs::create_dir_all(CARGO_OUT)?;
    let file = fs::File::create(Path::new(CARGO_OUT).join("xtask.lock"))?;
    if file.try_lock().is_err() {
        shell::say("waiting for another build of the web apps");
        file.lock()?;
    }
    Ok(file)
}

fn build_one(portal: &Portal, profile: Profile) -> Result<()> {
    shell::say(&format!("building {}", portal.app));
    let started = Instant::now();
    let wasm = compile(portal, profile)?;
    let page = Page::load(portal)?;
    let folder = profile.out().join(portal.name);
    let stamp = profile.out().join(format!("{}.stamp", portal.name));
    let languages = texts::languages(portal.app, profile == Profile::Dev)?;
    let inputs = inputs(&wasm, &page, &languages)?;
    if folder.exists() && fs::read_to_string(&stamp).is_ok_and(|built| built == inputs) {
        return Ok(());
    }

    let program = bind::bind(portal, &wasm, profile == Profile::Release)?;
    let size: usize = program.iter().map(|file| file.bytes.len()).sum();
    let assets = page::assemble(&page, program, languages)?;
    // A finished folder takes the place of the old one, so that a running server never sees half of it.
    let fresh = folder.with_extension("new");
    let _ = fs::remove_dir_all(&fresh);
    for asset in &assets {
        let path = fresh.join(&asset.path);
        fs::create_dir_all(path.parent().context("an asset lies in a folder")?)?;
        fs::write(path, &asset.bytes)?;
    }
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&fresh, &folder)?;
    fs::write(stamp, inputs)?;
    let (kilobytes, seconds) = (size / 1000, started.elapsed().as_secs_f32());
    shell::say(&format!("built {} ({kilobytes} kB, {seconds:.1} s)", folder.display()));
    Ok(())
}

fn compile(portal: &Portal, profile: Profile) -> Result<Vec<u8>> {
    let mut command = shell::cargo(&["rustc", "--package", portal.app, "--profile", profile.cargo_name()]);
    with_wasm_environment(command.args(["--target", "wasm32-unknown-unknown"]))?;
    // The relocations tell the cutter which function needs which; only the last link is given them.
    command.args(["--features", "split", "--", "-Clink-args=--emit-relocs"]);
    shell::run(&mut command)?;
    let file = format!("wasm32-unknown-unknown/{}/{}.wasm", profile.cargo_name(), portal.app);
    let path = Path::new(CARGO_OUT).join(file);
    fs::read(&path).with_context(|| format!("cargo left no {}", path.display()))
}

/// Panic messages hold source paths: without this the bundle would tell where it was built.
pub fn with_wasm_environment(command: &mut Command) -> Result<&mut Command> {
    let root = shell::root()?;
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    // Views become trait objects: compiling them takes a fraction of the time and of the bytes.
    let mut flags = vec!["--cfg=erase_components".to_owned()];
    flags.push(format!("--remap-path-prefix={}=", root.join("").display()));
    if let Some(home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    // Only in what is built; the compiler's messages keep paths that an editor can open.
    flags.push("--remap-path-scope=object".to_owned());
    let setting = format!("target.wasm32-unknown-unknown.rustflags={flags:?}");
    Ok(command.args(["--config", &setting]).env("CARGO_TARGET_DIR", CARGO_OUT))
}

/// Everything the finished folder is made from, this tool included, as one hash.
fn inputs(wasm: &[u8], page: &Page, languages: &[Language]) -> Result<String> {
    let tool = fs::metadata(env::current_exe()?)?;
    let built = tool.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let mut hash = Sha256::new();
    for part in [wasm, &page.digest(), &built.to_le_bytes()] {
        hash.update(Sha256::digest(part));
    }
    for part in languages.iter().flat_map(|language| [language.code.as_bytes(), language.name.as_bytes(), &language.catalogue]) {
        hash.update(Sha256::digest(part));
    }
    Ok(data_encoding::HEXLOWER.encode(&hash.finalize()))
}
