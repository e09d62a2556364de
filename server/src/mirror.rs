//! `streamflow ops mirror`, and how a server reads what it wrote: one encrypted object in a folder or a bucket. The server keeps what it has
//! read last: nobody who takes the mirror away, or puts an older one in its place, lets more people in.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::body::Bytes;
use ipnet::IpNet;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use streamflow_kernel::{
    crypto::{MasterKeys, master_id_of},
    db::files::{private_folder, replace},
};
use streamflow_migrations::System;
use streamflow_provider::setting::mirror::Mirror;

use crate::{cli::Place, config::Config, databases, serve::Shared};

const NAME: &str = "settings.sealed";
/// A server that starts does not wait longer for a bucket.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// Where a server keeps it, below the data.
const LAST: &str = "recovery/settings.sealed";

/// Writes the copy of what is in force now. Nothing else writes it.
pub async fn write(place: &Place) -> anyhow::Result<()> {
    let config = Config::load(place, None)?;
    databases::must_exist(&config, System::Provider)?;
    let (store, path) = store(&config)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Provider).await?;
    let mirror = Mirror::take(&kernel).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let sealed = mirror.seal(&shared.master_keys.now()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    store.put(&path, PutPayload::from(sealed)).await.context("the mirror can't be written")?;
    println!(
        "{} settings mirrored to {}; a server that runs shows them, and goes by them in Recovery Mode, from its next start on.",
        mirror.len(),
        config.mirror_url()
    );
    Ok(())
}

/// Seals the mirror and what this machine keeps of it anew with the current master key, where there are any and another one sealed them: their
/// content stays as it is. True when one was. Fails when one can't be read, opened or written.
pub async fn reseal(config: &Config, masters: &MasterKeys) -> anyhow::Result<bool> {
    let (mut is_any, file) = (false, config.data.join(LAST));
    let is_old = |sealed: &[u8]| master_id_of(sealed).is_ok_and(|id| id != masters.current_id());
    let fresh = |sealed: &[u8]| open(masters, sealed)?.seal(masters).map_err(|error| anyhow::anyhow!("{error:?}"));
    if let Some(sealed) = fetch(config).await.context("the mirror can't be read")?.filter(|sealed| is_old(sealed)) {
        let (store, path) = store(config)?;
        let sealed = fresh(&sealed).context("the mirror can't be opened")?;
        store.put(&path, PutPayload::from(sealed)).await.context("the mirror can't be written")?;
        is_any = true;
    }
    if let Some(sealed) = kept(&file)?.filter(|sealed| is_old(sealed)) {
        let sealed = fresh(&sealed).with_context(|| format!("{} can't be opened", file.display()))?;
        keep(&file, &sealed).with_context(|| format!("{} can't be written", file.display()))?;
        is_any = true;
    }
    Ok(is_any)
}

/// Ids of the master keys that seal the mirror and what this machine keeps of it. Fails when one can't be read.
pub async fn sealed_by(config: &Config) -> anyhow::Result<Vec<String>> {
    let mirror = fetch(config).await.context("the mirror can't be read")?.map(|sealed| sealed.to_vec());
    let copies = mirror.into_iter().chain(kept(&config.data.join(LAST))?);
    Ok(copies.filter_map(|sealed| master_id_of(&sealed).ok().map(str::to_owned)).collect())
}

fn kept(file: &path::Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        sealed => sealed.map(Some).with_context(|| format!("{} can't be read", file.display())),
    }
}

/// What a server knows of the settings before it has its database.
#[derive(Debug, Default)]
pub struct Known {
    pub mirror: Option<Mirror>,
    /// From where the emergency account may sign in; empty means from anywhere.
    pub networks: Vec<IpNet>,
}

impl From<Mirror> for Known {
    fn from(mirror: Mirror) -> Self {
        Self { networks: mirror.networks(), mirror: Some(mirror) }
    }
}

/// The newest that was ever read. Whatever is wrong is in the log.
pub async fn read(config: &Config, masters: &MasterKeys) -> Known {
    let found = tokio::time::timeout(READ_WITHIN, fetch(config)).await.map_err(anyhow::Error::from).flatten();
    let found = found.and_then(|sealed| sealed.map(|sealed| Ok((open(masters, &sealed)?, sealed))).transpose());
    let file = config.data.join(LAST);
    match last(&file, masters) {
        Ok(Some(last)) if !is_as_new(&found, &last) => {
            let problem = match found {
                Ok(Some(_)) => "it is older than one that was read before".to_owned(),
                Ok(None) => "it is gone".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            let written_at = last.written_at;
            tracing::warn!(target: "streamflow", problem, %written_at, "the mirror of the settings can't be used; the one that was read last is in force");
            last.into()
        }
        Err(error) if !matches!(found, Ok(Some(_))) => {
            tracing::error!(target: "streamflow", %error, file = %file.display(),
                "the mirror that was read last can't be opened, and there is no other: in Recovery Mode one can sign in on this machine only");
            let here = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
            Known { mirror: None, networks: here.map(IpNet::from).to_vec() }
        }
        _ => first_or_newer(found, &file),
    }
}

fn is_as_new(found: &anyhow::Result<Option<(Mirror, Bytes)>>, last: &Mirror) -> bool {
    matches!(found, Ok(Some((mirror, _))) if mirror.written_at >= last.written_at)
}

fn first_or_newer(found: anyhow::Result<Option<(Mirror, Bytes)>>, file: &path::Path) -> Known {
    match found {
        Ok(Some((mirror, sealed))) => {
            if let Err(error) = keep(file, &sealed) {
                tracing::error!(target: "streamflow", %error, file = %file.display(), "the mirror of the settings can't be kept");
            }
            mirror.into()
        }
        Ok(None) => Known::default(),
        Err(error) => {
            tracing::warn!(target: "streamflow", %error, "the mirror of the settings can't be read; Recovery Mode works without it");
            Known::default()
        }
    }
}

async fn fetch(config: &Config) -> anyhow::Result<Option<Bytes>> {
    let (store, path) = store(config)?;
    match store.get(&path).await {
        Ok(found) => Ok(Some(found.bytes().await?)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn open(masters: &MasterKeys, sealed: &[u8]) -> anyhow::Result<Mirror> {
    Mirror::open(masters, sealed).map_err(|error| anyhow::anyhow!("{error:?}"))
}

fn last(file: &path::Path, masters: &MasterKeys) -> anyhow::Result<Option<Mirror>> {
    match fs::read(file) {
        Ok(sealed) => open(masters, &sealed).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whole or as it was, also after a crash.
fn keep(file: &path::Path, sealed: &[u8]) -> io::Result<()> {
    private_folder(file.parent().unwrap_or(path::Path::new(".")))?;
    replace(file, sealed)
}

fn store(config: &Config) -> anyhow::Result<(Arc<dyn ObjectStore>, Path)> {
    let url = config.mirror_url();
    if let Some(place) = url.strip_prefix("s3://") {
        return bucket(place);
    }
    let folder = url.strip_prefix("file://").context("mirror_url begins with file:// or s3://")?;
    let folder = std::path::Path::new(folder);
    private_folder(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(folder).context("mirror_url")?;
    Ok((Arc::new(store), Path::from(NAME)))
}

/// `bucket/folder`. Endpoint, region and credentials come from the environment under the names that Amazon's own tools read.
fn bucket(place: &str) -> anyhow::Result<(Arc<dyn ObjectStore>, Path)> {
    streamflow_kernel::tls::install();
    let (bucket, folder) = place.split_once('/').unwrap_or((place, ""));
    anyhow::ensure!(!bucket.is_empty(), "mirror_url names a bucket: s3://bucket/folder");
    let patience = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(patience).build().context("mirror_url")?;
    Ok((Arc::new(store), Path::from(folder).join(NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "192.0.2.0/24";

    /// As the command writes it, of a day of the month.
    fn sealed(masters: &MasterKeys, day: u8) -> Vec<u8> {
        let entry = serde_json::json!({ "key": "sign_in.networks", "value": [OFFICE] });
        let mirror = serde_json::json!({ "written_at": format!("2026-11-{day:02}T09:00:00Z"), "entries": [entry] });
        serde_json::from_value::<Mirror>(mirror).unwrap().seal(masters).unwrap()
    }

    fn day(known: &Known) -> Option<String> {
        known.mirror.as_ref().map(|mirror| mirror.written_at.format("%d").to_string())
    }

    #[tokio::test]
    async fn nobody_gets_in_by_taking_the_mirror_away_or_putting_an_older_one_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let masters = MasterKeys::load_or_create(&folder.path().join("master.key")).unwrap();
        let place = config.mirror_url().strip_prefix("file://").map(|place| path::PathBuf::from(place).join(NAME)).unwrap();
        assert!(read(&config, &masters).await.networks.is_empty(), "there never was one");

        let office: Vec<IpNet> = vec![OFFICE.parse().unwrap()];
        fs::write(&place, sealed(&masters, 20)).unwrap();
        assert_eq!(read(&config, &masters).await.networks, office);
        for wrong in [Some(sealed(&masters, 19)), Some(b"noise".to_vec()), None] {
            match &wrong {
                Some(bytes) => fs::write(&place, bytes).unwrap(),
                None => fs::remove_file(&place).unwrap(),
            }
            let known = read(&config, &masters).await;
            assert_eq!((day(&known).as_deref(), known.networks), (Some("20"), office.clone()), "{wrong:?}");
        }
        fs::write(&place, sealed(&masters, 21)).unwrap();
        assert_eq!(day(&read(&config, &masters).await).as_deref(), Some("21"));

        fs::remove_file(&place).unwrap();
        fs::write(folder.path().join(LAST), b"noise").unwrap();
        let known = read(&config, &masters).await;
        assert!(known.mirror.is_none() && !known.networks.is_empty(), "{known:?}");
        assert!(known.networks.iter().all(|network| network.addr().is_loopback()));
        fs::write(&place, sealed(&masters, 22)).unwrap();
        assert_eq!(day(&read(&config, &masters).await).as_deref(), Some("22"));
    }
}
