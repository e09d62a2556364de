//! The connection to another process: made when it is needed, and again when it is lost.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use rustls::ClientConfig;
use tonic::transport::{Channel, Endpoint, Error};

use crate::tls::{
    certificate::Certificate,
    connector::{Connector, Seen},
    trust::Trust,
};

const CONNECT: Duration = Duration::from_secs(3);

/// Cheap to clone.
#[derive(Clone)]
pub struct Line(Kind);

#[derive(Clone)]
enum Kind {
    Open(Channel),
    Tls(Arc<Secured>),
}

struct Secured {
    endpoint: Endpoint,
    trust: Arc<Trust>,
    /// What is noted of the other's certificate.
    seen: Seen,
    /// The last channel, and by whose word the other one is believed on it.
    current: Mutex<(Arc<ClientConfig>, Channel)>,
}

impl Line {
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        Ok(Self(Kind::Open(endpoint(url)?.connect_lazy())))
    }

    pub(super) fn tls(url: &str, trust: &Arc<Trust>) -> Result<Self, Error> {
        let (endpoint, trust, seen) = (endpoint(url)?, Arc::clone(trust), Seen::default());
        let current = Mutex::new((trust.config(), lazy(&endpoint, &trust, &seen)));
        Ok(Self(Kind::Tls(Arc::new(Secured { endpoint, trust, seen, current }))))
    }

    /// What the next call goes by. Whom one believes was decided when a connection was made: once other authorities are believed, calls
    /// go by another one. The one before ends with the calls that are under way on it.
    pub fn channel(&self) -> Channel {
        match &self.0 {
            Kind::Open(channel) => channel.clone(),
            Kind::Tls(line) => {
                let believed = line.trust.config();
                let mut current = line.current.lock();
                if !Arc::ptr_eq(&current.0, &believed) {
                    *current = (believed, lazy(&line.endpoint, &line.trust, &line.seen));
                }
                current.1.clone()
            }
        }
    }

    /// Whether anybody on the way can read what is said.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.0, Kind::Open(_))
    }

    /// The certificate of the last handshake.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        match &self.0 {
            Kind::Open(_) => None,
            Kind::Tls(line) => line.seen.certificate(),
        }
    }
}

fn endpoint(url: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(url.to_owned())?;
    Ok(endpoint
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5)))
}

fn lazy(endpoint: &Endpoint, trust: &Arc<Trust>, seen: &Seen) -> Channel {
    endpoint.connect_with_connector_lazy(Connector::new(Arc::clone(trust), seen.clone()))
}
