//! Passwords: hashing with argon2id, and which ones are accepted.
//!
//! A hash takes tens of milliseconds and 19 MiB, which makes guessing dear and a flood of sign-ins a way to
//! stop the server. So hashes run off the async threads, as many at once as there are cores, and whoever
//! would wait longer than two seconds is turned away.
//!
//! Passwords are brought to NFC first (RFC 8265), so that "é" typed on two systems is one password.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, PasswordHasher as _, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

mod blocklist;
mod phc;
mod policy;

pub(crate) use phc::cost;
pub use phc::{check_phc, is_phc};
pub use policy::{MAX_BYTES, check_policy};

use crate::ids::random_bytes;

const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// The cost of argon2id: memory in KiB, passes, lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Memory of one hash, in KiB (RFC 9106, `m`).
    pub m_kib: u32,
    /// Passes over the memory (`t`).
    pub t: u32,
    /// Lanes (`p`).
    pub p: u32,
}

impl Params {
    /// The least for accounts (OWASP).
    pub const FLOOR: Self = Self { m_kib: 19_456, t: 2, p: 1 };
    /// The least for break-glass hashes, which lie in the environment and can be attacked off-line.
    pub const BREAK_GLASS: Self = Self { m_kib: 65_536, t: 3, p: 1 };

    fn below(self, other: Self) -> bool {
        self.m_kib < other.m_kib || self.t < other.t || self.p < other.p
    }
}

/// What a check of a password against a stored hash found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub ok: bool,
    /// The password is right and its hash is weaker than today's: store a new one.
    pub needs_rehash: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// For the caller: try again in a moment (RESOURCE_EXHAUSTED).
    #[error("too many sign-ins at once")]
    Overloaded,
    /// The stored hash is damaged, or asks for a cost this server does not pay.
    #[error("the stored hash can't be used: {0}")]
    Hash(String),
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// Hashes and verifies, a bounded number at once. Clones share the bound.
#[derive(Clone)]
pub struct PasswordHasher {
    permits: Arc<Semaphore>,
    params: Params,
    dummy: Arc<str>,
}

impl PasswordHasher {
    /// As many hashes at once as there are cores. Costs below the floor are raised to it.
    pub fn new(params: Params) -> Self {
        Self::with_permits(params, thread::available_parallelism().map_or(1, usize::from))
    }

    /// With a bound of its own: one hasher for all portals of a process is enough, and tests want few.
    pub fn with_permits(params: Params, permits: usize) -> Self {
        let floor = Params::FLOOR;
        let params = Params { m_kib: params.m_kib.max(floor.m_kib), t: params.t.max(floor.t), p: params.p.max(floor.p) };
        Self { permits: Arc::new(Semaphore::new(permits.max(1))), params, dummy: phc::unmatchable(params).into() }
    }

    /// One whose hashes guard nothing, for tests, which make thousands. Banned outside them; and built without debug assertions, as a release
    /// is, it has the floor all the same.
    pub fn worthless() -> Self {
        let usual = Self::new(Params::FLOOR);
        if !cfg!(debug_assertions) {
            return usual;
        }
        let params = Params { m_kib: 8, t: 1, p: 1 };
        Self { params, dummy: phc::unmatchable(params).into(), ..usual }
    }

    /// A PHC string with a new salt.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        self.hash_at(password, self.params).await
    }

    /// The same at a cost of its own, where the usual one is too little.
    pub async fn hash_at(&self, password: &str, params: Params) -> Result<String, PasswordError> {
        let password = normalised(password);
        self.run(move || {
            let salt: [u8; 16] = random_bytes();
            let hash = argon2(params)?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Failed(error.to_string()))
        })
        .await
    }

    /// Compares a password with a PHC string, at the cost that the string names; some tens of milliseconds of one core. Fails when the string is
    /// no argon2id hash that we take, and with [`PasswordError::Overloaded`] after two seconds without a free core.
    pub async fn verify(&self, password: &str, phc: &str) -> Result<Verdict, PasswordError> {
        let cost = phc::cost(phc).map_err(PasswordError::Hash)?;
        let stored = PasswordHash::new(phc).map_err(|error| PasswordError::Hash(error.to_string()))?;
        let needs_rehash = cost.below(self.params);
        let password = normalised(password);
        self.run(move || {
            let ok = Argon2::default().verify_password(password.as_bytes(), &stored).is_ok();
            Ok(Verdict { ok, needs_rehash: ok && needs_rehash })
        })
        .await
    }

    /// What [`verify`](Self::verify) costs, for a user there is not, so that time does not tell who exists.
    pub async fn verify_dummy(&self, password: &str) -> Result<(), PasswordError> {
        self.verify(password, &self.dummy).await.map(|_| ())
    }

    /// The same where people's hashes have another cost than the usual one.
    pub async fn verify_nothing(&self, password: &str, cost: Params) -> Result<(), PasswordError> {
        self.verify(password, &phc::unmatchable(cost)).await.map(|_| ())
    }

    /// The permit goes along with the work: a caller who gives up does not free it early.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = self.permit().await?;
        let done = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|error| PasswordError::Failed(error.to_string()))?
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        let permit = timeout(QUEUE_WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or(PasswordError::Overloaded)
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher").field("params", &self.params).finish_non_exhaustive()
    }
}

fn argon2(params: Params) -> Result<Argon2<'static>, PasswordError> {
    let params =
        argon2::Params::new(params.m_kib, params.t, params.p, None).map_err(|error| PasswordError::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn normalised(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SECRET: &str = "four words nobody knows";

    fn hasher() -> PasswordHasher {
        PasswordHasher::with_permits(Params::FLOOR, 2)
    }

    #[tokio::test]
    async fn a_hash_matches_its_password_only() {
        let hasher = hasher();
        let phc = hasher.hash(SECRET).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(check_phc(&phc, Params::FLOOR), Ok(()));
        assert_eq!(hasher.verify(SECRET, &phc).await.unwrap(), Verdict { ok: true, needs_rehash: false });
        for wrong in ["", "four words nobody know", "four words nobody knows ", "Four words nobody knows"] {
            assert!(!hasher.verify(wrong, &phc).await.unwrap().ok, "{wrong}");
        }
        assert_ne!(hasher.hash(SECRET).await.unwrap(), phc);
    }

    #[tokio::test]
    async fn nothing_of_a_long_password_is_cut_off() {
        let hasher = hasher();
        let long = "ü".repeat(512);
        let phc = hasher.hash(&long).await.unwrap();
        assert!(hasher.verify(&long, &phc).await.unwrap().ok);
        assert!(!hasher.verify(&long[..1_022], &phc).await.unwrap().ok);
        assert!(!hasher.verify(&format!("{long}ü"), &phc).await.unwrap().ok);
    }

    #[tokio::test]
    async fn a_letter_composed_or_not_is_one_password() {
        let hasher = hasher();
        let phc = hasher.hash("Cafe\u{301} am Eck, Tisch vier").await.unwrap();
        assert!(hasher.verify("Caf\u{e9} am Eck, Tisch vier", &phc).await.unwrap().ok);
    }

    #[tokio::test]
    async fn a_raised_cost_asks_for_a_new_hash_once_the_password_is_right() {
        let old = hasher().hash(SECRET).await.unwrap();
        let raised = PasswordHasher::with_permits(Params { t: 3, ..Params::FLOOR }, 2);
        assert_eq!(raised.verify(SECRET, &old).await.unwrap(), Verdict { ok: true, needs_rehash: true });
        assert_eq!(raised.verify("wrong", &old).await.unwrap(), Verdict { ok: false, needs_rehash: false });
        let new = raised.hash(SECRET).await.unwrap();
        assert!(!raised.verify(SECRET, &new).await.unwrap().needs_rehash);
    }

    #[tokio::test]
    async fn costs_below_the_floor_are_raised_to_it() {
        let hasher = PasswordHasher::with_permits(Params { m_kib: 8, t: 1, p: 0 }, 2);
        assert_eq!(hasher.params, Params::FLOOR);
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "what it must not be is what is tested")]
    async fn no_release_hashes_for_nothing_and_no_worthless_hash_stays() {
        let worthless = PasswordHasher::worthless();
        assert_eq!(worthless.params == Params::FLOOR, !cfg!(debug_assertions));
        let phc = worthless.hash(SECRET).await.unwrap();
        assert_eq!(hasher().verify(SECRET, &phc).await.unwrap(), Verdict { ok: true, needs_rehash: cfg!(debug_assertions) });
        assert_eq!(check_phc(&phc, Params::FLOOR).is_err(), cfg!(debug_assertions));
    }

    #[tokio::test]
    async fn a_hash_that_would_cost_too_much_is_not_even_tried() {
        let hostile = "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let started = Instant::now();
        let refused = hasher().verify(SECRET, hostile).await;
        assert!(matches!(refused, Err(PasswordError::Hash(_))), "{refused:?}");
        assert!(started.elapsed() < Duration::from_millis(100));
    }

    #[tokio::test]
    async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
        let hasher = hasher();
        let phc = hasher.hash(SECRET).await.unwrap();
        let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            let started = Instant::now();
            assert!(!hasher.verify("wrong", &phc).await.unwrap().ok);
            wrong.push(started.elapsed());
            let started = Instant::now();
            hasher.verify_dummy("wrong").await.unwrap();
            unknown.push(started.elapsed());
        }
        wrong.sort();
        unknown.sort();
        let ratio = unknown[7].as_secs_f64() / wrong[7].as_secs_f64();
        assert!((0.5..2.0).contains(&ratio), "the medians differ by {ratio}");
    }

    #[tokio::test]
    async fn who_waits_two_seconds_for_a_turn_is_turned_away() {
        let hasher = PasswordHasher::with_permits(Params::FLOOR, 1);
        let held = hasher.permit().await.unwrap();
        let started = Instant::now();
        assert!(matches!(hasher.verify_dummy("x").await, Err(PasswordError::Overloaded)));
        assert!((QUEUE_WAIT..QUEUE_WAIT * 2).contains(&started.elapsed()));
        drop(held);
        assert!(hasher.permit().await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_caller_who_gives_up_does_not_let_more_work_in() {
        let hasher = PasswordHasher::with_permits(Params::FLOOR, 1);
        let work = hasher.clone();
        let given_up = tokio::spawn(async move {
            work.run(|| {
                thread::sleep(Duration::from_millis(300));
                Ok(())
            })
            .await
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        given_up.abort();
        assert!(given_up.await.is_err());
        assert_eq!(hasher.permits.available_permits(), 0);
        assert!(hasher.permit().await.is_ok());
    }
}
