//! TLS of calls between systems that live in different processes. It hides what the calls say; who may call is what their signatures
//! prove, with it and without.
//!
//! | room | holds |
//! |---|---|
//! | `certificate` | what a certificate says of itself, and how soon it ends |
//! | `files` | reading certificates and keys, and noticing that they were renewed |
//! | `shown` | the certificate that a listener shows |
//! | `trust` | whose certificates are believed |
//! | `connector` | connections to listeners that show one |
//! | `refused` | why there is none, by stable reasons |
//! | `reminder` | what is told of certificates while nobody looks |

pub mod certificate;
pub mod connector;
pub mod files;
pub mod refused;
pub mod reminder;
pub mod shown;
pub mod trust;

use std::{fmt, sync::Arc, time::Duration};

use rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::UnixTime,
    time_provider::TimeProvider,
};

use crate::clock::Clock;

/// What is spoken inside (RFC 7301): gRPC knows nothing else.
const PROTOCOL: &[u8] = b"h2";

fn suites() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Makes ring what libraries of this process encrypt with that take rustls as they find it, such as reqwest.
pub fn install() {
    // Another call may have been faster, with the same.
    let _ = ring::default_provider().install_default();
}

/// The system's clock, as rustls asks for it.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().timestamp()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
