//! Whose certificates are believed: of the authorities in a file, and of no others, or of those that browsers believe.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;
use rustls::{ClientConfig, RootCertStore, client::Resumption};

use super::{
    PROTOCOL, Time,
    files::{Followed, Problem, Problems, certificates},
    suites,
};
use crate::clock::Clock;

pub struct Trust {
    file: Option<(PathBuf, Followed)>,
    clock: Arc<dyn Clock>,
    config: RwLock<Arc<ClientConfig>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("file", &self.file.as_ref().map(|(file, _)| file)).finish_non_exhaustive()
    }
}

impl Trust {
    /// In the authorities of this file, or in the usual ones.
    pub fn open(file: Option<&Path>, clock: Arc<dyn Clock>) -> Result<Arc<Self>, Problems> {
        let followed = file.map(|file| (file.to_owned(), Followed::new(vec![file.to_owned()])));
        let roots = match file {
            Some(file) => authorities(file)?,
            None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
        };
        let config = RwLock::new(config(roots, &clock));
        Ok(Arc::new(Self { file: followed, clock, config }))
    }

    /// Takes authorities that were put in the place of those before.
    pub fn look(&self) {
        let Some((file, followed)) = &self.file else { return };
        if let Some(roots) = followed.anew(|| authorities(file)) {
            tracing::info!(target: "streamflow", file = %file.display(), "the authorities of other systems' certificates were read anew");
            *self.config.write() = config(roots, &self.clock);
        }
    }

    /// Another one than before once other authorities are believed.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config.read())
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, Problems> {
    let mut roots = RootCertStore::empty();
    for (place, der) in certificates("ca", file)?.into_iter().enumerate() {
        let unusable =
            |_| Problem::new("ca", file, format!("has a certificate that can't be an authority, number {}", place + 1));
        roots.add(der).map_err(unusable)?;
    }
    Ok(roots)
}

fn config(roots: RootCertStore, clock: &Arc<dyn Clock>) -> Arc<ClientConfig> {
    let mut config = ClientConfig::builder_with_details(suites(), Arc::new(Time(Arc::clone(clock))))
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    // A session that is taken up again looks at no certificate.
    config.resumption = Resumption::disabled();
    Arc::new(config)
}
