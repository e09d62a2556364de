//! Certificates and keys in PEM files. What is wrong with one is told with its name, and never with what is in it.

use std::{
    fmt,
    fs::{self, File},
    io::Read as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rustls::{
    Error, InconsistentKeys,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject as _},
    },
    sign::CertifiedKey,
};
use zeroize::Zeroizing;

use super::{
    certificate::{Certificate, Standing, written},
    suites,
};

/// What is wrong with one file, for whoever put it there.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file it is: `certificate`, `key` or `ca`.
    pub part: &'static str,
    /// Begins with the file's path.
    pub text: String,
}

impl Problem {
    pub(super) fn new(part: &'static str, file: &Path, what: impl fmt::Display) -> Self {
        Self { part, text: format!("{} {what}", file.display()) }
    }
}

/// All that is wrong, at once.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(f, "{between}{}", problem.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate, and after it those that it is signed with.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A pair as it was read.
#[derive(Debug)]
pub struct Loaded {
    pub certificate: Certificate,
    pub(super) key: Arc<CertifiedKey>,
}

impl Pair {
    /// Reads both PEM files, whatever their dates. Fails with everything that is wrong with either, or that one does not belong to the other; a
    /// key that others may read is wrong too.
    pub fn read(&self) -> Result<Loaded, Problems> {
        let (chain, key) = match (certificates("certificate", &self.certificate), private_key(&self.key)) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => return Err(Problems(chain.err().into_iter().chain(key.err()).collect())),
        };
        let of_key = |what: &str| Problem::new("key", &self.key, what);
        let of_certificate = |what: &str| Problem::new("certificate", &self.certificate, what);
        let certificate = chain.first().and_then(|first| Certificate::read(first)).ok_or_else(|| of_certificate(DAMAGED))?;
        let key = suites().key_provider.load_private_key(key);
        let key = key.map_err(|_| of_key("has a key that can't be used: ECDSA P-256 and P-384, Ed25519 and RSA can"))?;
        let key = CertifiedKey::new(chain, key);
        match key.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(Loaded { certificate, key: Arc::new(key) }),
            Err(Error::InconsistentKeys(_)) => {
                let file = self.certificate.display();
                Err(of_key(&format!("has a key that does not belong to the certificate in {file}")).into())
            }
            Err(_) => Err(of_certificate(DAMAGED).into()),
        }
    }

    /// The same, of one that is good now.
    pub fn read_valid(&self, now: DateTime<Utc>) -> Result<Loaded, Problems> {
        let loaded = self.read()?;
        self.dates(&loaded.certificate, now).map_or(Ok(loaded), |problem| Err(problem.into()))
    }

    /// What is wrong with the days it is good for.
    pub fn dates(&self, certificate: &Certificate, now: DateTime<Utc>) -> Option<Problem> {
        let what = match certificate.standing(now) {
            Standing::NotYet => format!("has a certificate that is not valid before {}", written(certificate.not_before)),
            Standing::Expired => format!("has a certificate that expired on {}", written(certificate.not_after)),
            Standing::Good | Standing::Ending | Standing::Urgent => return None,
        };
        Some(Problem::new("certificate", &self.certificate, what))
    }
}

const DAMAGED: &str = "has a certificate that is damaged";

/// All certificates in a file; one at least.
pub(super) fn certificates(part: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let problem = |what: String| Problem::new(part, file, what);
    let text = fs::read(file).map_err(|error| problem(format!("can't be read: {error}")))?;
    let found: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|_| problem(DAMAGED.to_owned()))?;
    if found.is_empty() {
        return Err(problem("has no certificate in it, which begins with -----BEGIN CERTIFICATE-----".to_owned()));
    }
    match found.iter().position(|der| Certificate::read(der).is_none()) {
        Some(place) => Err(problem(format!("has a certificate that is damaged, number {}", place + 1))),
        None => Ok(found),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Problem> {
    let problem = |what: String| Problem::new("key", file, what);
    let unreadable = |error: std::io::Error| problem(format!("can't be read: {error}"));
    let mut open = File::open(file).map_err(unreadable)?;
    let mode = open.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(problem(format!("can be read by others (mode {mode:o}); run chmod 600 on it")));
    }
    let mut text = Zeroizing::new(Vec::new());
    open.read_to_end(&mut text).map_err(unreadable)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        problem(match error {
            PemError::NoItemsFound if String::from_utf8_lossy(&text).contains("BEGIN ENCRYPTED PRIVATE KEY") => {
                "has a key behind a passphrase, which nobody types when a server starts".to_owned()
            }
            PemError::NoItemsFound => "has no private key in it, which begins with -----BEGIN PRIVATE KEY-----".to_owned(),
            _ => "has a private key that is damaged".to_owned(),
        })
    })
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    length: u64,
    /// A file that is moved over another one may be older than that.
    node: u64,
}

fn stamp(file: &Path) -> Option<Stamp> {
    let found = fs::metadata(file).ok()?;
    Some(Stamp { modified: (found.mtime(), found.mtime_nsec()), length: found.len(), node: found.ino() })
}

type Stamps = Vec<Option<Stamp>>;

fn stamps(files: &[PathBuf]) -> Stamps {
    files.iter().map(|file| stamp(file)).collect()
}

/// Files that are read anew when they change.
#[derive(Debug)]
pub(super) struct Followed {
    files: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// How they were when they were read last.
    read: Stamps,
    /// How they were when that failed, which is told once.
    failed: Option<Stamps>,
}

impl Followed {
    /// To be made before the first reading: what changes during it is read again.
    pub fn new(files: Vec<PathBuf>) -> Self {
        let read = stamps(&files);
        Self { files, seen: Mutex::new(Seen { read, failed: None }) }
    }

    /// What `read` finds where a file has changed. One that can't be used leaves things as they are, and is tried again.
    pub fn anew<T>(&self, read: impl FnOnce() -> Result<T, Problems>) -> Option<T> {
        let now = stamps(&self.files);
        let mut seen = self.seen.lock();
        if seen.read == now {
            return None;
        }
        match read() {
            Ok(value) => {
                *seen = Seen { read: now, failed: None };
                Some(value)
            }
            Err(problems) => {
                if seen.failed.as_ref() != Some(&now) {
                    tracing::warn!(target: "streamflow", "the certificates of calls between systems stay as they were: {problems}");
                    seen.failed = Some(now);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problems {
        Problem::new("key", Path::new("x"), "is bad").into()
    }

    #[test]
    fn a_file_is_read_again_when_it_changed_and_until_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        fs::write(&file, "one").unwrap();
        let followed = Followed::new(vec![file.clone()]);
        assert_eq!(followed.anew(|| Ok(1)), None);
        fs::write(&file, "other").unwrap();
        assert_eq!(followed.anew(|| Err::<i32, _>(problem())), None);
        assert_eq!(followed.anew(|| Ok(2)), Some(2));
        assert_eq!(followed.anew(|| Ok(3)), None);
        fs::remove_file(&file).unwrap();
        assert_eq!(followed.anew(|| Err::<i32, _>(problem())), None);
    }

    #[test]
    fn both_files_are_looked_at_before_anything_is_told() {
        let pair = Pair { certificate: "/nowhere/certificate.pem".into(), key: "/nowhere/key.pem".into() };
        let problems = pair.read().unwrap_err();
        assert_eq!(problems.0.iter().map(|problem| problem.part).collect::<Vec<_>>(), ["certificate", "key"]);
        assert!(problems.to_string().starts_with("/nowhere/certificate.pem can't be read: "), "{problems}");
    }
}
