//! `streamflow ops mirror`, and how a server reads what it wrote: one encrypted object in a folder.

use std::sync::Arc;

use anyhow::Context as _;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path};
use streamflow_kernel::{crypto::MasterKeys, db::files::private_folder};
use streamflow_migrations::System;
use streamflow_provider::setting::mirror::Mirror;

use crate::{cli::Place, config::Config, databases, serve::Shared};

const NAME: &str = "settings.sealed";

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
    let read = tokio::time::timeout(std::time::Duration::from_secs(5), read).await;
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
    let folder = url.strip_prefix("file://").context("mirror_url begins with file://, the only storage there is so far")?;
    let folder = std::path::Path::new(folder);
    private_folder(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(folder).context("mirror_url")?;
    Ok((Arc::new(store), Path::from(NAME)))
}
