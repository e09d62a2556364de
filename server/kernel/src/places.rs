//! So many at once of one address or company: the others of it wait, and nobody else.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::error::{Error, Result};

/// Longest wait for a place.
const WAIT: Duration = Duration::from_secs(30);
/// Keys kept before those without a holder are dropped.
const MAX_IDLE: usize = 10_000;

/// Places by key.
#[derive(Debug)]
pub struct Places<K> {
    each: usize,
    wait: Duration,
    taken: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl<K: Eq + Hash> Places<K> {
    /// `each` is how many places a key has.
    pub fn new(each: usize) -> Self {
        Self { each, wait: WAIT, taken: Mutex::default() }
    }

    /// Waits for a place of `key`, or says when to come back. A wait that is given up leaves nothing behind.
    pub async fn take(&self, key: K) -> Result<Place> {
        match timeout(self.wait, self.of(key).acquire_owned()).await {
            Ok(place) => place.map(|permit| Place { _permit: permit }).map_err(Error::internal),
            Err(_) => Err(Error::Throttled {
                text: "Too many requests at once. Please try again in a few seconds; nothing was lost.".to_owned(),
                retry_after: Duration::from_secs(5),
            }),
        }
    }

    fn of(&self, key: K) -> Arc<Semaphore> {
        let mut taken = self.taken.lock();
        if taken.len() >= MAX_IDLE {
            // Holders and those who wait have a share of their semaphore.
            taken.retain(|_, places| Arc::strong_count(places) > 1);
        }
        Arc::clone(taken.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_key_waits_for_its_own_places_only() {
        let places = Places { wait: Duration::from_millis(20), ..Places::new(2) };
        let (first, second) = (places.take("a").await.unwrap(), places.take("a").await.unwrap());
        assert!(matches!(places.take("a").await, Err(Error::Throttled { .. })));
        let _elsewhere = places.take("b").await.unwrap();
        drop(first);
        let _third = places.take("a").await.unwrap();
        drop(second);
        let _fourth = places.take("a").await.unwrap();
    }

    #[tokio::test]
    async fn keys_without_a_holder_are_dropped() {
        let places = Places::new(1);
        let _held = places.take(0).await.unwrap();
        for key in 1..MAX_IDLE + 10 {
            drop(places.take(key).await.unwrap());
        }
        assert!(places.taken.lock().len() < MAX_IDLE);
        let waiting = timeout(Duration::from_millis(20), places.take(0));
        assert!(waiting.await.is_err(), "the held place was forgotten");
    }
}
