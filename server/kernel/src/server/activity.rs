//! What goes on at the listener: which connections have a request under way, and how many each address holds. hyper closes no
//! connection that merely stays open, and lets one caller have all of them.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::watch;

/// Requests under way on one connection. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Activity(watch::Sender<usize>);

impl Activity {
    pub fn begin(&self) -> Running {
        self.0.send_modify(|running| *running += 1);
        Running(self.clone())
    }

    /// Ends once no request is under way.
    pub async fn rests(&self) {
        // This wait does not fail: the sender is `self`.
        let _ = self.0.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Ends once one is.
    pub async fn works(&self) {
        let _ = self.0.subscribe().wait_for(|running| *running > 0).await;
    }

    /// Ends once no request has been under way for as long as `limit`.
    pub async fn idle(&self, limit: Duration) {
        let mut running = self.0.subscribe();
        loop {
            // Neither wait fails: the sender is `self`.
            let _ = running.wait_for(|running| *running == 0).await;
            if tokio::time::timeout(limit, running.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// A request under way, until it is dropped.
#[derive(Debug)]
pub struct Running(Activity);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|running| *running -= 1);
    }
}

/// The body of an answer; the request is under way until it is sent or given up.
#[derive(Debug)]
pub struct Watched {
    pub body: Body,
    pub running: Running,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Open connections by address. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Crowd(Arc<Mutex<HashMap<String, usize>>>);

impl Crowd {
    /// A place among at most `most` of this address; none when all are taken.
    pub fn enter(&self, address: String, most: usize) -> Option<Place> {
        let mut held = self.0.lock();
        let mine = held.entry(address.clone()).or_default();
        if *mine >= most {
            return None;
        }
        *mine += 1;
        Some(Place { crowd: self.clone(), address })
    }
}

/// One open connection of an address, until it is dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Crowd,
    address: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.crowd.0.lock();
        if let Some(mine) = held.get_mut(&self.address) {
            *mine -= 1;
            if *mine == 0 {
                held.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_connection_is_idle_only_between_requests() {
        let activity = Activity::default();
        let running = activity.begin();
        let ends = |wait| tokio::time::timeout(wait, activity.idle(LIMIT));
        assert!(ends(LIMIT * 3).await.is_err(), "a request was under way");
        drop(running);
        assert!(ends(LIMIT / 4).await.is_err(), "it had just ended");
        assert!(ends(LIMIT * 10).await.is_ok());
    }

    #[test]
    fn an_address_gets_its_places_back() {
        let crowd = Crowd::default();
        let places: Vec<Place> = (0..2).filter_map(|_| crowd.enter("192.0.2.1".into(), 2)).collect();
        assert_eq!(places.len(), 2);
        assert!(crowd.enter("192.0.2.1".into(), 2).is_none());
        assert!(crowd.enter("192.0.2.2".into(), 2).is_some());
        drop(places);
        assert!(crowd.0.lock().is_empty());
        assert!(crowd.enter("192.0.2.1".into(), 2).is_some());
    }
}
