//! Certificates of calls between systems: where they are, what is wrong with them, and taking new ones while the server runs.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use streamflow_kernel::{
    clock::{Clock, SystemClock},
    tls::{
        files::{Pair, Problem, Problems},
        shown::Shown,
        trust::Trust,
    },
};

/// Files in PEM form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FederationTls {
    /// What the listener of calls shows, and after it the certificates that it is signed with.
    pub certificate: Option<PathBuf>,
    /// Its private key, which its owner alone may read.
    pub key: Option<PathBuf>,
    /// Authorities that must have signed the certificates of other systems; those that browsers trust when unset.
    pub ca: Option<PathBuf>,
}

impl FederationTls {
    /// One without the other is of no use.
    pub fn check(&self) -> anyhow::Result<()> {
        match (&self.certificate, &self.key) {
            (Some(_), None) => anyhow::bail!("federation_tls.key: the certificate needs its key"),
            (None, Some(_)) => anyhow::bail!("federation_tls.certificate: the key needs its certificate"),
            _ => Ok(()),
        }
    }

    fn pair(&self) -> Option<Pair> {
        let (certificate, key) = self.certificate.clone().zip(self.key.clone())?;
        Some(Pair { certificate, key })
    }

    /// Everything that is wrong with the files, at once.
    pub fn check_files(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let of_pair = self.pair().and_then(|pair| pair.read_valid(now).err());
        let of_ca = Trust::open(self.ca.as_deref(), Arc::new(SystemClock)).err();
        let problems: Vec<Problem> = of_pair.into_iter().chain(of_ca).flat_map(|problems| problems.0).collect();
        if problems.is_empty() { Ok(()) } else { Err(told(Problems(problems))) }
    }
}

/// Each with the key of the configuration that names the file.
fn told(problems: Problems) -> anyhow::Error {
    let told: Vec<String> = problems.0.into_iter().map(|one| format!("federation_tls.{}: {}", one.part, one.text)).collect();
    anyhow::anyhow!("{}", told.join("\n"))
}

/// What a process shows to others, and whom it believes.
#[derive(Debug)]
pub struct Certificates {
    pub shown: Option<Arc<Shown>>,
    pub trust: Arc<Trust>,
}

impl Certificates {
    pub fn open(files: &FederationTls) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let shown = files.pair().map(|pair| Shown::open(pair, Arc::clone(&clock))).transpose().map_err(told)?;
        let trust = Trust::open(files.ca.as_deref(), clock).map_err(told)?;
        Ok(Self { shown, trust })
    }

    /// Takes what was renewed.
    pub fn look(&self) {
        if let Some(shown) = &self.shown {
            shown.look();
        }
        self.trust.look();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_of_a_pair_is_named() {
        let file = || Some(PathBuf::from("/nowhere.pem"));
        let error = FederationTls { certificate: file(), ..Default::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "federation_tls.key: the certificate needs its key");
        let error = FederationTls { key: file(), ..Default::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "federation_tls.certificate: the key needs its certificate");
    }

    #[test]
    fn every_file_is_named_with_its_key() {
        let file = |name: &str| Some(PathBuf::from("/nowhere").join(name));
        let files = FederationTls { certificate: file("a.pem"), key: file("b.pem"), ca: file("c.pem") };
        let error = files.check_files(DateTime::UNIX_EPOCH).unwrap_err().to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[0].starts_with("federation_tls.certificate: /nowhere/a.pem can't be read: "), "{error}");
        assert!(lines[1].starts_with("federation_tls.key: /nowhere/b.pem can't be read: "), "{error}");
        assert!(lines[2].starts_with("federation_tls.ca: /nowhere/c.pem can't be read: "), "{error}");
        assert!(FederationTls::default().check_files(DateTime::UNIX_EPOCH).is_ok());
    }
}
