//! A watcher: resumes at its cursor, then follows. No event is lost and none comes twice.

use std::{cmp::Ordering, sync::Arc, time::Duration};

use tokio::sync::{broadcast, mpsc, watch};
use uuid::Uuid;

use super::{Cursor, Event, Feed, Op, tail};
use crate::{db::Scope, session};

/// A gap this long is cheaper to reload than to replay.
const MAX_REPLAY: usize = 1000;
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Streams end after this and are resumed by the page, which checks its rights anew.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// Field of a company's change by which it was closed to its people, or opened again: their streams end.
pub const SUSPENSION: &str = "suspension";
/// Field of a company's change by which it asks a second factor of more people, or of fewer: their streams end too, and whoever may go on
/// comes back.
pub const SECOND_FACTOR: &str = "second_factor_required";

#[derive(Debug)]
pub enum WatchItem {
    Change(Arc<Event>),
    /// Nothing happened up to here.
    Heartbeat(Cursor),
    /// The cursor was too old, or of another database: reload, then go on from here.
    Reset(Cursor),
}

/// What a watcher wants to hear.
#[derive(Clone, Debug)]
pub struct Watch {
    pub scope: Scope,
    /// The watcher's session: its end ends the stream.
    pub session_id: Uuid,
    /// Nouns this person may read.
    pub entities: Vec<&'static str>,
    pub cursor: Option<Cursor>,
    /// When the session ends by itself.
    pub alive_for: Duration,
}

impl Feed {
    /// Follows the feed until the receiver is dropped, the session ends, the person's rights change, the company is closed or asks
    /// for a second factor, or the process ends.
    pub fn watch(&self, watch: Watch) -> mpsc::Receiver<WatchItem> {
        let (sender, receiver) = mpsc::channel(64);
        // Subscribed before the position is read, so that nothing falls between.
        let live = self.subscribe(watch.scope.org_id);
        let start = self.position();
        let age = watch.alive_for.min(MAX_AGE);
        let follower = Follower { feed: self.clone(), last: watch.cursor.unwrap_or(start), watch, sender };
        tokio::spawn(async move {
            let _ = tokio::time::timeout(age, follower.follow(live, start)).await;
        });
        receiver
    }
}

struct Follower {
    feed: Feed,
    watch: Watch,
    last: Cursor,
    sender: mpsc::Sender<WatchItem>,
}

/// The stream is over.
struct Ended;

impl Follower {
    async fn follow(mut self, mut live: broadcast::Receiver<Arc<Event>>, start: Cursor) {
        // It may have ended since the request was let in, before anybody listened here.
        if self.session_ended().await {
            return;
        }
        let caught_up = match self.last.cmp(&start) {
            Ordering::Less => self.catch_up().await,
            Ordering::Equal => self.send(WatchItem::Heartbeat(self.last)).await,
            Ordering::Greater => self.begin_ahead(start).await,
        };
        if caught_up.is_err() {
            return;
        }
        let mut ending = self.feed.inner.ending.subscribe();
        loop {
            let next = tokio::select! {
                () = ended(&mut ending) => return,
                next = live.recv() => next,
                () = self.sender.closed() => return,
                () = tokio::time::sleep(HEARTBEAT) => {
                    if self.send(WatchItem::Heartbeat(self.last)).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let went_on = match next {
                Ok(event) => self.pass(event).await,
                Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await,
                Err(broadcast::error::RecvError::Closed) => {
                    // The tail forgot a company nobody seemed to watch; join again and read what was missed.
                    live = self.feed.subscribe(self.watch.scope.org_id);
                    self.catch_up().await
                }
            };
            if went_on.is_err() {
                return;
            }
        }
    }

    async fn session_ended(&self) -> bool {
        let alive = session::is_live(&self.feed.inner.database, self.watch.session_id).await;
        alive.inspect_err(|error| tracing::warn!(?error, "a watcher's session could not be read")).map_or(true, |alive| !alive)
    }

    /// A twin process may be ahead of this one. Ahead of the database is only who knew it before it was restored from a backup, and would
    /// take all that comes for long known.
    async fn begin_ahead(&mut self, start: Cursor) -> Result<(), Ended> {
        match tail::current(&self.feed.inner.database).await {
            Ok(newest) if newest < self.last => {
                self.last = start;
                self.send(WatchItem::Reset(start)).await
            }
            Ok(_) => self.send(WatchItem::Heartbeat(self.last)).await,
            Err(error) => {
                tracing::warn!(?error, "a watcher's place in the feed could not be compared");
                Err(Ended)
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), Ended> {
        let database = &self.feed.inner.database;
        let missed = tail::read_company(database, self.watch.scope.org_id, self.last, MAX_REPLAY as u64 + 1).await;
        match missed {
            Ok(events) if events.len() > MAX_REPLAY => {
                self.last = self.feed.position();
                // The end of the session may be among what is not read.
                if self.session_ended().await { Err(Ended) } else { self.send(WatchItem::Reset(self.last)).await }
            }
            Ok(events) => {
                for event in events {
                    self.pass(Arc::new(event)).await?;
                }
                self.send(WatchItem::Heartbeat(self.last)).await
            }
            Err(error) => {
                tracing::warn!(?error, "a watcher could not catch up");
                Err(Ended)
            }
        }
    }

    async fn pass(&mut self, event: Arc<Event>) -> Result<(), Ended> {
        if event.cursor <= self.last {
            return Ok(());
        }
        self.last = event.cursor;
        let me = self.watch.scope.user_id;
        let mine_ended = event.entity == "session" && event.id == self.watch.session_id;
        // Joining is no change of rights: the news of it may come after the first stream was opened.
        let rights_changed = event.entity == "member" && event.id == me && event.op != Op::Created;
        let ends_streams = |field: &String| [SUSPENSION, SECOND_FACTOR].contains(&field.as_str());
        let company_changed = event.entity == "org" && event.fields.iter().any(ends_streams);
        if mine_ended || rights_changed || company_changed {
            return Err(Ended);
        }
        if !self.watch.entities.contains(&event.entity.as_str()) || !event.audience.reaches(&self.watch.scope) {
            return Ok(());
        }
        self.send(WatchItem::Change(event)).await
    }

    async fn send(&self, item: WatchItem) -> Result<(), Ended> {
        self.sender.send(item).await.map_err(|_| Ended)
    }
}

/// Ends when the process does.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // A sender that is gone ends streams too.
    let _ = ending.wait_for(|ending| *ending).await;
}
