//! The page around a web app: its HTML with the names of the hashed assets filled in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::{build::bind, portals::Portal, shell, texts::Language};

/// Shared styles that come first, in this order.
const STYLES: [&str; 3] = ["tokens.css", "components.css", "kit.css"];

/// What a person wrote: everything but the compiled app.
pub struct Page {
    html: String,
    css: String,
    icon: String,
    theme_js: String,
    start_js: String,
}

/// One file of the finished app.
pub struct Asset {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn load(portal: &Portal) -> Result<Self> {
        let app = Path::new(portal.app);
        let kit = Path::new("web-kit");
        let mut css = String::new();
        for name in STYLES {
            css.push_str(&read(&kit.join("style").join(name))?);
            css.push('\n');
        }
        for path in shell::files(&app.join("style"))? {
            css.push_str(&read(&path)?);
            css.push('\n');
        }
        Ok(Self {
            html: read(&app.join("index.html"))?,
            css,
            icon: read(&app.join("icon.svg"))?,
            theme_js: read(&kit.join("boot/theme.js"))?,
            start_js: read(&kit.join("boot/start.js"))?,
        })
    }

    /// Changes when anything a person wrote does.
    pub fn digest(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        for part in [&self.html, &self.css, &self.icon, &self.theme_js, &self.start_js] {
            hash.update(Sha256::digest(part));
        }
        hash.finalize().to_vec()
    }
}

/// The program's files lie together in a folder named after all of them, because they name each other; every other
/// asset has a name of its own.
pub fn assemble(page: &Page, program: Vec<Asset>, languages: Vec<Language>) -> Result<Vec<Asset>> {
    let folder = program_folder(&program);
    let (js, wasm) = (format!("/{folder}/{}", bind::SCRIPT), format!("/{folder}/{}", bind::PROGRAM));
    let mut assets: Vec<Asset> = program;
    for asset in &mut assets {
        asset.path = Path::new(&folder).join(&asset.path);
    }
    let css = add(&mut assets, "app", "css", page.css.clone().into_bytes());
    let icon = add(&mut assets, "icon", "svg", page.icon.clone().into_bytes());
    let theme_js = add(&mut assets, "theme", "js", page.theme_js.clone().into_bytes());
    let start_js = fill(&page.start_js, &[("js", &js), ("wasm", &wasm)])?;
    let start_js = add(&mut assets, "start", "js", start_js.into_bytes());
    let languages: Vec<String> = languages
        .into_iter()
        .map(|Language { code, name, catalogue }| format!("{code}={name}={}", add(&mut assets, &code, "json", catalogue)))
        .collect();
    let languages = languages.join(";");
    let names = [
        ("js", js.as_str()),
        ("wasm", &wasm),
        ("css", &css),
        ("icon", &icon),
        ("theme_js", &theme_js),
        ("start_js", &start_js),
        ("languages", &languages),
    ];
    let html = fill(&page.html, &names)?;
    assets.push(Asset { path: PathBuf::from("index.html"), bytes: html.into_bytes() });
    Ok(assets)
}

fn program_folder(program: &[Asset]) -> String {
    let mut hashes = Vec::new();
    for asset in program {
        hashes.extend_from_slice(asset.path.as_os_str().as_encoded_bytes());
        hashes.extend_from_slice(&Sha256::digest(&asset.bytes));
    }
    format!("assets/app-{}", short_hash(&hashes))
}

/// Adds a file under the name its content gives it; returns its address.
fn add(assets: &mut Vec<Asset>, stem: &str, extension: &str, bytes: Vec<u8>) -> String {
    let path = format!("assets/{stem}-{}.{extension}", short_hash(&bytes));
    let address = format!("/{path}");
    assets.push(Asset { path: PathBuf::from(path), bytes });
    address
}

/// Replaces each `{{name}}`; a placeholder that stays is a mistake in the template.
fn fill(template: &str, names: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, value) in names {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    if let Some((_, rest)) = text.split_once("{{") {
        let name = rest.split_once("}}").map_or(rest, |(name, _)| name);
        bail!("nothing to put in place of {{{{{name}}}}}");
    }
    Ok(text)
}

/// 64 bits of SHA-256 tell versions of one file apart.
fn short_hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)[..8])
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn placeholders_are_filled_and_unknown_ones_refused() {
        let text = fill("a {{js}} b {{css}}", &[("js", "1"), ("css", "2")]);
        assert_eq!(text.ok().as_deref(), Some("a 1 b 2"));
        assert!(fill("{{other}}", &[("js", "1")]).is_err());
    }
}
