//! Public keys of the audit: those of the master keys there are, and of those that were retired, which `keys retire` keeps in a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use streamflow_kernel::{
    audit::checkpoint,
    crypto::{MasterKeys, PublicKey},
    db::files,
};

use crate::config::Config;

/// In the data folder, one key a line. Nothing in it is secret, but whoever changes it decides which old checkpoints count.
const FILE: &str = "audit-public-keys";

/// Of the keys there are, the current one first, then of retired ones. Fails where there are no master keys: a new one would verify nothing.
pub fn all(config: &Config) -> anyhow::Result<Vec<PublicKey>> {
    let masters = match &config.master_keys {
        Some(text) => MasterKeys::parse(text)?,
        None => {
            let file = config.master_key_file();
            anyhow::ensure!(file.exists(), "{} is missing; give --data, or --public-key to verify", file.display());
            MasterKeys::load(&file)?
        }
    };
    let mut keys = PublicKey::all(&masters, checkpoint::PURPOSE);
    let retired = retired(&config.data.join(FILE))?;
    keys.extend(retired.into_iter().filter(|key| !masters.ids().contains(&key.id.as_str())));
    Ok(keys)
}

/// Keeps the public key of a master key that is about to go. Returns the file, on disk; none when we don't have that master key.
pub fn keep(config: &Config, masters: &MasterKeys, id: &str) -> anyhow::Result<Option<PathBuf>> {
    let file = config.data.join(FILE);
    let Some(key) = PublicKey::all(masters, checkpoint::PURPOSE).into_iter().find(|key| key.id == id) else { return Ok(None) };
    let mut keys = retired(&file)?;
    if !keys.contains(&key) {
        keys.push(key);
        let text = keys.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
        files::replace(&file, text.as_bytes()).with_context(|| format!("{} can't be written", file.display()))?;
    }
    Ok(Some(file))
}

fn retired(file: &Path) -> anyhow::Result<Vec<PublicKey>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.with_context(|| format!("{} can't be read", file.display()))?,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let key = |line| PublicKey::parse(line).with_context(|| format!("{} holds a line that is no public key", file.display()));
    lines.map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_key_verifies_on() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        all(&config).unwrap_err();
        let file = config.master_key_file();
        let masters = MasterKeys::load_or_create(&file).unwrap();
        let [old] = all(&config).unwrap().try_into().unwrap();
        assert_eq!(keep(&config, &masters, "k9").unwrap(), None);
        for _ in 0..2 {
            assert_eq!(keep(&config, &masters, "k1").unwrap(), Some(folder.path().join(FILE)));
        }
        assert_eq!(all(&config).unwrap(), std::slice::from_ref(&old));
        fs::write(&file, "k2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let keys = all(&config).unwrap();
        assert_eq!((keys.len(), keys[0].id.as_str(), &keys[1]), (2, "k2", &old));
        fs::write(folder.path().join(FILE), "noise").unwrap();
        all(&config).unwrap_err();
    }
}
