//! Other people's changes as they happen. One tab holds the stream and tells the others; whoever takes over goes on
//! from the last cursor.

mod leader;

use std::{collections::VecDeque, rc::Rc};

use futures::{StreamExt as _, future::LocalBoxFuture, stream::LocalBoxStream};
use leptos::prelude::*;
use prost::Message;
use tonic::Status;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::{Api, error::ApiError},
    browser,
};

const FIRST_WAIT_MS: u32 = 1_000;
const LONGEST_WAIT_MS: u32 = 60_000;
/// Pages with figures gather changes this long: they need not follow every one at once.
const GATHER_MS: u32 = 2_000;
/// Changes that can come at once before pages have to begin anew.
const KEPT: usize = 200;

/// One message of the stream, in the kit's own words. Also what tabs tell each other.
#[derive(Clone, PartialEq, Message)]
pub struct LiveEvent {
    /// Resume point.
    #[prost(string, tag = "1")]
    pub cursor: String,
    /// None for a heartbeat.
    #[prost(message, optional, tag = "2")]
    pub change: Option<LiveChange>,
    /// Too much was missed: reload what is shown.
    #[prost(bool, tag = "3")]
    pub reset: bool,
}

/// One change of one record.
#[derive(Clone, PartialEq, Message)]
pub struct LiveChange {
    /// "customer", "lead".
    #[prost(string, tag = "1")]
    pub entity: String,
    #[prost(string, tag = "2")]
    pub id: String,
    #[prost(int64, tag = "3")]
    pub version: i64,
    #[prost(enumeration = "Op", tag = "4")]
    pub op: i32,
    #[prost(string, tag = "5")]
    pub actor_id: String,
    #[prost(string, tag = "6")]
    pub actor_name: String,
    #[prost(string, repeated, tag = "7")]
    pub fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Op {
    Unspecified = 0,
    Created = 1,
    Updated = 2,
    Deleted = 3,
}

/// What pages hear.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Change(LiveChange),
    /// Reload what is shown.
    Reset,
}

/// A stream of events after a cursor.
pub type Events = LocalBoxStream<'static, Result<LiveEvent, Status>>;
type Open = Rc<dyn Fn(String) -> LocalBoxFuture<'static, Result<Events, Status>>>;

/// The live changes of this portal. Provided by [`provide_live`].
#[derive(Clone, Copy)]
pub struct Live {
    /// The newest, numbered. More than one: those that come in one go are told to pages in one go.
    heard: RwSignal<VecDeque<(u64, Heard)>>,
    count: StoredValue<u64>,
    cursor: StoredValue<String>,
    /// This tab holds the stream.
    running: StoredValue<bool>,
    open: StoredValue<Open, LocalStorage>,
    api: Api,
}

/// `open` begins the stream after a cursor. Nothing runs until [`Live::start`].
pub fn provide_live(api: Api, open: impl Fn(String) -> LocalBoxFuture<'static, Result<Events, Status>> + 'static) -> Live {
    let open: Open = Rc::new(open);
    let live = Live {
        heard: RwSignal::new(VecDeque::new()),
        count: StoredValue::new(0),
        cursor: StoredValue::new(String::new()),
        running: StoredValue::new(false),
        open: StoredValue::new_local(open),
        api,
    };
    provide_context(live);
    live
}

/// Those after number `known`. Who missed more than were kept starts anew, as after a reset.
fn newer(all: &VecDeque<(u64, Heard)>, known: u64) -> Vec<Heard> {
    if all.front().is_some_and(|(oldest, _)| *oldest > known + 1) {
        return vec![Heard::Reset];
    }
    all.iter().filter(|(number, _)| *number > known).map(|(_, heard)| heard.clone()).collect()
}

/// Runs `hear` on each change while the calling component lives. Own changes are heard too.
pub fn use_live(hear: impl Fn(Heard) + 'static) {
    let Some(live) = use_context::<Live>() else { return };
    // What was heard before this page opened is in what it loads.
    let mut known = live.count.get_value();
    Effect::new(move |_| {
        let news = live.heard.with(|all| newer(all, known));
        known = live.count.get_value();
        for heard in news {
            untrack(|| hear(heard));
        }
    });
}

/// Runs `look` soon after changes that `concerns` the calling component, once for all that come meanwhile.
pub fn follow(concerns: impl Fn(&LiveChange) -> bool + 'static, look: impl Fn() + 'static) {
    let (waiting, look) = (StoredValue::new(false), Rc::new(look));
    use_live(move |heard| {
        let counts = match &heard {
            Heard::Change(change) => concerns(change),
            Heard::Reset => true,
        };
        if !counts || waiting.get_value() {
            return;
        }
        waiting.set_value(true);
        let look = Rc::clone(&look);
        spawn_local(async move {
            browser::sleep_ms(GATHER_MS).await;
            // None where the page is gone.
            if waiting.try_update_value(|waiting| *waiting = false).is_some() {
                look();
            }
        });
    });
}

impl Live {
    /// Begins to listen, once; call it when somebody is signed in. `person` keeps tabs of different people apart. `cursor` is from before
    /// any page read anything, so that nothing falls between what they read and the stream.
    pub fn start(self, person: &str, cursor: String) {
        if self.running.get_value() {
            return;
        }
        self.cursor.set_value(cursor);
        self.running.set_value(true);
        leader::join(self, format!("streamflow-live-{}-{person}", self.api.portal()));
    }

    /// Ends after the present message; another sign-in starts it anew.
    pub fn stop(self) {
        self.running.set_value(false);
    }

    fn is_running(self) -> bool {
        self.running.get_value()
    }

    fn hear(self, event: LiveEvent) {
        self.cursor.set_value(event.cursor);
        let heard = match event.change {
            Some(change) => Heard::Change(change),
            None if event.reset => Heard::Reset,
            None => return,
        };
        let number = self.count.get_value() + 1;
        self.count.set_value(number);
        self.heard.update(|all| {
            all.push_back((number, heard));
            if all.len() > KEPT {
                all.pop_front();
            }
        });
    }

    /// Holds the stream, with growing waits between attempts, until the person signs out.
    async fn hold(self, tell: impl Fn(&LiveEvent)) {
        let mut wait = FIRST_WAIT_MS;
        while self.is_running() {
            let opened = self.open.get_value()(self.cursor.get_value()).await;
            match opened {
                Ok(mut events) => {
                    while let Some(Ok(event)) = events.next().await {
                        wait = FIRST_WAIT_MS;
                        if !self.is_running() {
                            return;
                        }
                        tell(&event);
                        self.hear(event);
                    }
                }
                Err(status) => {
                    let error = ApiError::from_status(&status);
                    self.api.refused(&error);
                    if error.is_signed_out() {
                        self.stop();
                        return;
                    }
                    if let Some(asked) = error.retry_after {
                        wait = wait.max(u32::try_from(asked.as_millis()).unwrap_or(LONGEST_WAIT_MS));
                    }
                }
            }
            // Half of the wait is random, so that many tabs do not come back at the same moment.
            browser::sleep_ms(wait / 2 + (js_sys::Math::random() * f64::from(wait / 2)) as u32).await;
            wait = (wait * 2).min(LONGEST_WAIT_MS);
        }
    }
}

pub(crate) fn spawn_hold(live: Live, tell: impl Fn(&LiveEvent) + 'static, ended: impl FnOnce() + 'static) {
    spawn_local(async move {
        live.hold(tell).await;
        ended();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: u64) -> (u64, Heard) {
        (id, Heard::Change(LiveChange { id: id.to_string(), ..Default::default() }))
    }

    #[test]
    fn changes_that_come_together_are_all_told_and_none_twice() {
        let all = VecDeque::from([change(4), change(5), change(6)]);
        assert_eq!(newer(&all, 4), [change(5).1, change(6).1]);
        assert_eq!(newer(&all, 3).len(), 3);
        assert!(newer(&all, 6).is_empty());
        assert_eq!(newer(&all, 2), [Heard::Reset], "number 3 is no longer there");
        assert!(newer(&VecDeque::new(), 0).is_empty());
    }
}
