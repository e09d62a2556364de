//! Reads every industry template, and lists them for the crate. One that can't be used stops the build with file and field.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]

#[path = "src/template/read.rs"]
mod read;

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=src/template/read.rs");
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("templates");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let (mut list, mut problems) = (String::from("&["), Vec::new());
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(industry) = name.strip_suffix(".toml") else {
            problems.push(format!("{name}: a template is a .toml file"));
            continue;
        };
        if let Err(lines) = read::read(&name, &fs::read_to_string(&path)?) {
            problems.push(lines);
        }
        write!(list, "({industry:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    list.push(']');
    if !problems.is_empty() {
        return Err(format!("templates:\n{}", problems.join("\n")).into());
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("templates.rs"), list)?;
    Ok(())
}
