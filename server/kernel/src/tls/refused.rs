//! Why a listener's certificate is not believed, by stable reasons.

use std::{error::Error as StdError, io};

use chrono::DateTime;
use rustls::{CertificateError, Error, pki_types::UnixTime};
use streamflow_proto::reason::Reason;

use super::certificate::written;

/// Why there is no connection though somebody listens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    pub reason: Reason,
    /// For whoever has to do something about it; goes on after "The … system can't be reached: ".
    pub text: String,
}

impl Refused {
    /// What tokio-rustls says of a handshake: a refusal of ours, or that the connection was lost.
    pub(super) fn or_lost(error: io::Error) -> Box<dyn StdError + Send + Sync> {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
        match cause.map(Self::of) {
            Some(refused) => Box::new(refused),
            None => Box::new(error),
        }
    }

    /// The one among the causes of an error.
    pub fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn of(error: &Error) -> Self {
        let (reason, text) = match error {
            Error::InvalidCertificate(error) => of_certificate(error),
            Error::InvalidMessage(_) => (Reason::TLS, "what listens there speaks no TLS".to_owned()),
            error => (Reason::TLS, format!("the TLS handshake failed ({error})")),
        };
        Self { reason, text }
    }
}

fn of_certificate(error: &CertificateError) -> (Reason, String) {
    let day = |at: &UnixTime| {
        let at = i64::try_from(at.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        at.map(written).unwrap_or_default()
    };
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            (Reason::CERTIFICATE_EXPIRED, format!("its certificate expired on {}", day(not_after)))
        }
        CertificateError::Expired => (Reason::CERTIFICATE_EXPIRED, "its certificate has expired".to_owned()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (Reason::CERTIFICATE_NOT_YET_VALID, format!("its certificate is not valid before {}", day(not_before)))
        }
        CertificateError::NotValidYet => (Reason::CERTIFICATE_NOT_YET_VALID, "its certificate is not valid yet".to_owned()),
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            (Reason::CERTIFICATE_ISSUER, "its certificate is signed by no authority that this system trusts".to_owned())
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() { "no name at all".to_owned() } else { presented.join(", ") };
            (Reason::CERTIFICATE_NAME, format!("its certificate is for {names}, not for {}", expected.to_str()))
        }
        CertificateError::NotValidForName => (Reason::CERTIFICATE_NAME, "its certificate is for another name".to_owned()),
        error => (Reason::CERTIFICATE, format!("its certificate can't be used ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_reason_is_found_below_what_wraps_it() {
        #[derive(Debug, thiserror::Error)]
        #[error("outside")]
        struct Outside(#[source] Box<dyn StdError + Send + Sync>);

        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = CertificateError::ExpiredContext { time: at(1_764_181_200), not_after: at(1_764_181_140) };
        for (error, reason, text) in [
            (Error::InvalidCertificate(expired), Reason::CERTIFICATE_EXPIRED, "its certificate expired on 2025-11-26 18:19 UTC"),
            (
                Error::InvalidCertificate(CertificateError::UnknownIssuer),
                Reason::CERTIFICATE_ISSUER,
                "its certificate is signed by no authority that this system trusts",
            ),
            (Error::NoCertificatesPresented, Reason::TLS, "the TLS handshake failed (peer sent no certificates)"),
        ] {
            let wrapped = Outside(Refused::or_lost(io::Error::new(io::ErrorKind::InvalidData, error)));
            let found = Refused::within(&wrapped).unwrap();
            assert_eq!((found.reason, found.text.as_str()), (reason, text));
        }
        let lost = Outside(Refused::or_lost(io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof")));
        assert_eq!(Refused::within(&lost), None);
    }
}
