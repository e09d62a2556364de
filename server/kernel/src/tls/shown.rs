//! The certificate that a listener shows. It is renewed while the server runs.

use std::{fmt, sync::Arc};

use rustls::{
    ServerConfig,
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::sync::watch;

use super::{
    PROTOCOL, Time,
    certificate::{Certificate, written},
    files::{Followed, Loaded, Pair, Problems},
    suites,
};
use crate::clock::Clock;

pub struct Shown {
    pair: Pair,
    followed: Followed,
    clock: Arc<dyn Clock>,
    current: watch::Sender<Arc<Loaded>>,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("pair", &self.pair).finish_non_exhaustive()
    }
}

impl Shown {
    /// A certificate that has expired is shown too: others refuse it and say why, and people need the portals meanwhile.
    pub fn open(pair: Pair, clock: Arc<dyn Clock>) -> Result<Arc<Self>, Problems> {
        let followed = Followed::new(vec![pair.certificate.clone(), pair.key.clone()]);
        let loaded = pair.read()?;
        if let Some(problem) = pair.dates(&loaded.certificate, clock.now()) {
            tracing::error!(target: "streamflow", "other systems will refuse the certificate of this process: {}", problem.text);
        }
        let (current, latest) = watch::channel(Arc::new(loaded));
        let mut config = ServerConfig::builder_with_details(suites(), Arc::new(Time(Arc::clone(&clock))))
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Latest(latest)));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // A session that is taken up again shows no certificate, and these connections are few.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(Self { pair, followed, clock, current, config: Arc::new(config) }))
    }

    pub fn certificate(&self) -> Certificate {
        self.current.borrow().certificate.clone()
    }

    /// Takes a certificate that was put in the place of the one before.
    pub fn look(&self) {
        if let Some(loaded) = self.followed.anew(|| self.pair.read_valid(self.clock.now())) {
            let (owner, ends) = (loaded.certificate.owner(), written(loaded.certificate.not_after));
            tracing::info!(target: "streamflow", owner, ends, "the certificate of calls between systems was renewed");
            self.current.send_replace(Arc::new(loaded));
        }
    }

    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Ends with the certificate that is shown now. Whoever has seen it should come again then, and see the next one.
    pub fn renewal(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut current = self.current.subscribe();
        async move {
            let renewed = current.changed().await;
            if renewed.is_err() {
                // The server is ending, which connections learn of in another way.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// What rustls asks in each handshake.
#[derive(Debug)]
struct Latest(watch::Receiver<Arc<Loaded>>);

impl ResolvesServerCert for Latest {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.borrow().key))
    }
}
