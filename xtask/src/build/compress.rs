//! Brotli files beside the assets, made once here instead of for every visitor.

use std::{fs, io::Write as _, path::Path};

use anyhow::Result;
use brotli::enc::{BrotliEncoderParams, writer::CompressorWriter};

use crate::shell;

/// The slowest and smallest of brotli's levels.
const QUALITY: i32 = 11;

/// Writes `name.br` beside each file that has none yet; hashed names never change content.
pub fn folder(folder: &Path) -> Result<()> {
    shell::say("compressing the assets");
    for path in shell::files(folder)? {
        let skipped = path.extension().is_none_or(|extension| extension == "br" || extension == "stamp");
        let mut target = path.clone().into_os_string();
        target.push(".br");
        if skipped || Path::new(&target).exists() {
            continue;
        }
        fs::write(&target, compress(&fs::read(&path)?)?)?;
    }
    Ok(())
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: QUALITY, size_hint: bytes.len(), ..Default::default() };
    let mut writer = CompressorWriter::with_params(Vec::new(), 1 << 16, &parameters);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}
