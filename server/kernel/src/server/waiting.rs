//! Connections that wait for a request. In a full house the one that has waited longest makes room for who comes.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::activity::Activity;

/// Those of one listener, in the order in which they began to wait. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    calls: BTreeMap<u64, Arc<Notify>>,
    /// Somebody needs a place, and all were at work.
    is_wanted: bool,
}

impl Waiting {
    /// Ends when the connection of this activity is asked to make room.
    pub async fn asked_to_go(&self, activity: &Activity) {
        loop {
            activity.rests().await;
            let seat = self.sit();
            tokio::select! {
                // Whoever called counts on this one, even where a request came in between: it is answered first.
                biased;
                () = seat.call.notified() => return,
                () = activity.works() => {}
            }
        }
    }

    /// Asks the one that has waited longest to go; where all are at work, the first that is not.
    pub fn ask_longest_to_go(&self) {
        let mut queue = self.0.lock();
        match queue.calls.pop_first() {
            Some((_, call)) => call.notify_one(),
            None => queue.is_wanted = true,
        }
    }

    /// There is a place.
    pub fn ask_nobody(&self) {
        self.0.lock().is_wanted = false;
    }

    fn sit(&self) -> Seat {
        let mut queue = self.0.lock();
        let (number, call) = (queue.next, Arc::new(Notify::new()));
        queue.next += 1;
        if std::mem::take(&mut queue.is_wanted) {
            call.notify_one();
        } else {
            queue.calls.insert(number, Arc::clone(&call));
        }
        Seat { waiting: self.clone(), number, call }
    }
}

/// A place in the queue, until it is dropped.
struct Seat {
    waiting: Waiting,
    number: u64,
    call: Arc<Notify>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.waiting.0.lock().calls.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn goes(waiting: &Waiting, activity: &Activity) -> bool {
        tokio::time::timeout(Duration::from_millis(100), waiting.asked_to_go(activity)).await.is_ok()
    }

    #[tokio::test]
    async fn who_is_needed_while_all_are_at_work_goes_when_done() {
        let (waiting, activity) = (Waiting::default(), Activity::default());
        assert!(!goes(&waiting, &activity).await);
        let running = activity.begin();
        waiting.ask_longest_to_go();
        assert!(!goes(&waiting, &activity).await, "it is at work");
        drop(running);
        assert!(goes(&waiting, &activity).await);
        assert!(!goes(&waiting, &activity).await, "one was needed");
        let running = activity.begin();
        waiting.ask_longest_to_go();
        waiting.ask_nobody();
        drop(running);
        assert!(!goes(&waiting, &activity).await, "another's place did");
        assert!(waiting.0.lock().calls.is_empty());
    }

    #[tokio::test]
    async fn who_was_asked_goes_though_a_request_comes_first() {
        for _ in 0..64 {
            let (waiting, activity) = (Waiting::default(), Activity::default());
            let mut going = std::pin::pin!(waiting.asked_to_go(&activity));
            assert!(futures::poll!(going.as_mut()).is_pending());
            waiting.ask_longest_to_go();
            let _running = activity.begin();
            assert!(futures::poll!(going.as_mut()).is_ready());
        }
    }
}
