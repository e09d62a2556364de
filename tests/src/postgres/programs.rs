//! Where PostgreSQL's programs are. The tools of the repository compile this file too: what they install is what tests find.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Oldest version that the server works with.
pub const OLDEST: u32 = 15;

/// Names the folder of the programs where they are elsewhere than Debian puts them.
pub const VARIABLE: &str = "TEST_POSTGRES_BIN";

/// The folder `TEST_POSTGRES_BIN` names, otherwise the newest installed version's that is not too old.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    named.or_else(|| newest(Path::new("/usr/lib/postgresql"))).filter(|folder| is_complete(folder))
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let folder = |number: u32| versions.join(number.to_string()).join("bin");
    numbers.filter(|number| *number >= OLDEST && is_complete(&folder(*number))).max().map(folder)
}

/// A client alone has no `initdb`.
fn is_complete(folder: &Path) -> bool {
    folder.join("initdb").exists() && folder.join("postgres").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_found() {
        let root = std::env::temp_dir().join(format!("streamflow-versions-{}", std::process::id()));
        assert_eq!(newest(&root), None);
        for (version, programs) in [("9", 2), ("14", 2), ("15", 2), ("17", 2), ("18", 1), ("common", 2)] {
            let bin = root.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in ["postgres", "initdb"].iter().take(programs) {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        assert_eq!(newest(&root), Some(root.join("17/bin")));
        fs::remove_dir_all(root).unwrap();
    }
}
