//! What a certificate says of itself. Whether it is to be believed is for rustls to decide.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

/// From then on people are told that it ends.
const ENDING: TimeDelta = TimeDelta::days(30);
/// And from then on that they have waited long enough.
const URGENT: TimeDelta = TimeDelta::days(7);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub subject: String,
    /// Host names and addresses it is for.
    pub names: Vec<String>,
    /// First and last second that it is good for, to the second (RFC 5280, validity).
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// SHA-256 of the whole, in hex.
    pub fingerprint: String,
}

impl Certificate {
    /// From its DER form; none where it has another.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let names = parsed.subject_alternative_name().ok()?;
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        rest.is_empty().then_some(())?;
        Some(Self {
            subject: parsed.subject().to_string(),
            names: names.unwrap_or_default(),
            not_before: at(parsed.validity().not_before.timestamp())?,
            not_after: at(parsed.validity().not_after.timestamp())?,
            fingerprint: HEXLOWER.encode(&Sha256::digest(der)),
        })
    }

    /// How it stands at `now`.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        Standing::of(self.not_before, self.not_after, now)
    }

    /// Whose it is, for people.
    pub fn owner(&self) -> String {
        if self.names.is_empty() { self.subject.clone() } else { self.names.join(", ") }
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// How a certificate stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    NotYet,
    Good,
    /// Within 30 days.
    Ending,
    /// Within 7 days.
    Urgent,
    Expired,
}

impl Standing {
    /// Of what is good from `not_before` to `not_after`, both included.
    pub fn of(not_before: DateTime<Utc>, not_after: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        match not_after - now {
            _ if now < not_before => Self::NotYet,
            left if left < TimeDelta::zero() => Self::Expired,
            left if left <= URGENT => Self::Urgent,
            left if left <= ENDING => Self::Ending,
            _ => Self::Good,
        }
    }

    /// Whether it is good for a handshake.
    pub const fn is_valid(self) -> bool {
        !matches!(self, Self::NotYet | Self::Expired)
    }
}

/// "2026-11-27 18:30 UTC".
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_comes_nearer() {
        let now = DateTime::from_timestamp(1_764_181_200, 0).unwrap();
        let standing = |left: TimeDelta| Standing::of(now - TimeDelta::days(300), now + left, now);
        for (left, expected) in [
            (TimeDelta::days(31), Standing::Good),
            (TimeDelta::days(30), Standing::Ending),
            (TimeDelta::days(8), Standing::Ending),
            (TimeDelta::days(7), Standing::Urgent),
            (TimeDelta::zero(), Standing::Urgent),
            (TimeDelta::seconds(-1), Standing::Expired),
        ] {
            assert_eq!(standing(left), expected, "{left}");
        }
        let future = Standing::of(now + TimeDelta::seconds(1), now + TimeDelta::days(90), now);
        assert_eq!(future, Standing::NotYet);
        assert!(!future.is_valid() && !standing(TimeDelta::days(-1)).is_valid() && standing(TimeDelta::days(1)).is_valid());
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        assert_eq!(Certificate::read(b""), None);
        assert_eq!(Certificate::read(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
