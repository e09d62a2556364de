//! `streamflow ops mirror`, and how a server reads what it wrote: one encrypted object in a folder or a bucket.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use streamflow_kernel::{crypto::MasterKeys, db::files::private_folder};
use streamflow_migrations::System;
use streamflow_provider::setting::mirror::Mirror;

use crate::{cli::Place, config::Config, databases, serve::Shared};

const NAME: &str = "settings.sealed";
/// A server that starts does not wait longer for a bucket.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// Writes the copy of what is in force now. Nothing else writes it.
pub async fn write(place: &Place) -> anyhow::Result<()> {
    let config = Config::load(place, None)?;
    databases::must_exist(&config, System::Provider)?;
    let (store, path) = store(&config)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Provider).await?;
    let mirror = Mirror::take(&kernel).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let sealed = mirror.seal(&shared.master_keys).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    store.put(&path, PutPayload::from(sealed)).await.context("the mirror can't be written")?;
    println!("{} settings mirrored to {}; servers read them when they start.", mirror.len(), config.mirror_url());
    Ok(())
}

/// None when there is none, or none that can be read: then the log says so, and Recovery Mode works without.
pub async fn read(config: &Config, masters: &MasterKeys) -> Option<Mirror> {
    let read = async {
        let (store, path) = store(config)?;
        let bytes = match store.get(&path).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok::<_, anyhow::Error>(Some(Mirror::open(masters, &bytes).map_err(|error| anyhow::anyhow!("{error:?}"))?))
    };
    let read = tokio::time::timeout(READ_WITHIN, read).await;
    match read.map_err(anyhow::Error::from).flatten() {
        Ok(mirror) => mirror,
        Err(error) => {
            tracing::warn!(target: "streamflow", %error, "the mirror of the settings can't be read; Recovery Mode works without it");
            None
        }
    }
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
    // The process has no other user of this default; a second call finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (bucket, folder) = place.split_once('/').unwrap_or((place, ""));
    anyhow::ensure!(!bucket.is_empty(), "mirror_url names a bucket: s3://bucket/folder");
    let patience = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(patience).build().context("mirror_url")?;
    Ok((Arc::new(store), Path::from(folder).join(NAME)))
}
