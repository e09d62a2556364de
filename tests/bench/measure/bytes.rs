//! P10: what a browser loads first of each portal, compressed: everything but the parts that come with a page (`split_*`, `chunk_*`).

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::report::{Figure, Goal, Report};

const PORTALS: [&str; 4] = ["client", "provider", "dev", "accountant"];

pub fn measure(report: &mut Report) -> Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/web");
    for portal in PORTALS {
        let (later, files): (Vec<_>, Vec<_>) = files(&web.join(portal))?.into_iter().partition(|file| is_later(file));
        let compressed: u64 = files.iter().filter(|file| is_brotli(file)).map(|file| size(file)).sum();
        // Only a release build compresses; the size of a development build says nothing.
        if compressed == 0 {
            report.note(format!(
                "P10 left out for {portal}: target/dist/web/{portal} is not built; run `cargo xtask build --release`"
            ));
            continue;
        }
        let plain =
            files.iter().filter(|file| !is_brotli(file) && !with_brotli(file).exists()).map(|file| size(file)).sum::<u64>();
        report.add(Figure {
            id: "P10",
            on: "",
            what: format!("first load of {portal}, brotli"),
            samples: vec![(compressed + plain) as f64 / 1_000.0],
            unit: "kB",
            goal: Goal::AtMost { floor: 300.0, goal: 200.0 },
        });
        let later: u64 = later.iter().filter(|file| is_brotli(file)).map(|file| size(file)).sum();
        report.tell(
            "P10",
            "",
            format!("  its other parts together, each loaded with the first page that needs it ({portal})"),
            vec![later as f64 / 1_000.0],
            "kB",
        );
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { all.extend(files(&path)?) } else { all.push(path) }
    }
    Ok(all)
}

/// Parts of the program that a page brings.
fn is_later(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("split_") || name.starts_with("chunk_")
}

fn is_brotli(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "br")
}

fn with_brotli(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.br", file.display()))
}

fn size(file: &Path) -> u64 {
    file.metadata().map_or(0, |meta| meta.len())
}
