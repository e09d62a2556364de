//! From the compiler's WASM to what a browser loads: the program is cut where its pages begin,
//! and wasm-bindgen writes the JavaScript around it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    build::{page::Asset, web::CARGO_OUT},
    portals::Portal,
    shell,
};

/// The app's script, under the name that `page` and the pieces know it by.
pub const SCRIPT: &str = "app.js";
/// The part of the program that is there from the start.
pub const PROGRAM: &str = "app_bg.wasm";
/// Fetches the other parts.
const LINK: &str = "split.js";

/// All files of the program; their paths are relative to one another.
pub fn bind(portal: &Portal, wasm: &[u8], release: bool) -> Result<Vec<Asset>> {
    let folder = PathBuf::from(CARGO_OUT).join("bound").join(portal.name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let main = cut(wasm, &folder)?;
    Bindgen::new()
        .input_bytes("app", main)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(true)
        // What the parts call in each other must keep its name.
        .keep_lld_exports(true)
        .demangle(false)
        .generate(&folder)
        .with_context(|| format!("wasm-bindgen can't process {}", portal.app))?;

    let mut program = Vec::new();
    for file in shell::files(&folder)? {
        let mut bytes = fs::read(&file)?;
        if release && file.extension().is_some_and(|extension| extension == "wasm") {
            bytes = without_custom_sections(&bytes).with_context(|| format!("{} is no WASM", file.display()))?;
        }
        program.push(Asset { path: file.strip_prefix(&folder)?.to_owned(), bytes });
    }
    Ok(program)
}

/// Writes the parts that come later into the folder; returns the part that comes first.
fn cut(wasm: &[u8], folder: &Path) -> Result<Vec<u8>> {
    let main = folder.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &main;
    let (script, link) = (format!("./{SCRIPT}"), format!("./{LINK}"));
    options.main_module = &script;
    options.link_name = &link;
    wasm_split_cli_support::transform(options).map_err(|error| anyhow!("the program can't be cut: {error}"))?;
    let bytes = fs::read(&main)?;
    fs::remove_file(main)?;
    Ok(bytes)
}

/// Names of functions and the like: larger than the code, and of no use to a browser.
fn without_custom_sections(wasm: &[u8]) -> Result<Vec<u8>> {
    const HEADER: usize = 8;
    const CUSTOM: u8 = 0;
    let mut kept = wasm.get(..HEADER).context("no header")?.to_vec();
    let mut start = HEADER;
    while start < wasm.len() {
        let (size, size_bytes) = leb128(&wasm[start + 1..])?;
        let end = start + 1 + size_bytes + size;
        let section = wasm.get(start..end).context("a section is cut off")?;
        if section[0] != CUSTOM {
            kept.extend_from_slice(section);
        }
        start = end;
    }
    Ok(kept)
}

/// A variable-length number and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    bail!("a number is cut off");
}

#[cfg(test)]
mod tests {
    use super::without_custom_sections;

    #[test]
    fn only_custom_sections_go() {
        let header = *b"\0asm\x01\0\0\0";
        let module = [&header[..], &[1, 1, 0], &[0, 3, 1, b'x', 9], &[3, 1, 0]].concat();
        let kept = without_custom_sections(&module).unwrap_or_default();
        assert_eq!(kept, [&header[..], &[1, 1, 0], &[3, 1, 0]].concat());
        assert!(without_custom_sections(&module[..module.len() - 1]).is_err());
    }
}
