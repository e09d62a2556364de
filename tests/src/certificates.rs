//! Certificates that are made when a test needs them, for calls between systems on this machine.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use streamflow_kernel::tls::files::Pair;
use time::OffsetDateTime;

/// Somebody who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, in PEM form.
#[derive(Clone, Debug)]
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

fn moment(at: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).expect("a time")
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// One for this machine and another name, good between these times.
    pub fn issue(&self, name: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Issued {
        self.issue_for(&["127.0.0.1", name], from, until)
    }

    pub fn issue_for(&self, names: &[&str], from: DateTime<Utc>, until: DateTime<Utc>) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, "a system");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (params.not_before, params.not_after) = (moment(from), moment(until));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Issued { certificate, key: key.serialize_pem() }
    }

    /// One that is good for 90 days, since a day ago.
    pub fn issue_now(&self, name: &str, now: DateTime<Utc>) -> Issued {
        self.issue(name, now - TimeDelta::days(1), now + TimeDelta::days(90))
    }

    /// Writes what others need to believe it.
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, &self.pem).expect("a file");
        file
    }
}

impl Issued {
    /// Puts it into a folder, in the place of the one before.
    pub fn write(&self, folder: &Path) -> Pair {
        let pair = Pair { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
        std::fs::write(&pair.certificate, &self.certificate).expect("a file");
        let mut key = std::fs::OpenOptions::new();
        let mut key = key.write(true).create(true).truncate(true).mode(0o600).open(&pair.key).expect("a file");
        key.write_all(self.key.as_bytes()).expect("a key");
        pair
    }
}
