//! Whether somebody is there. Pages that follow changes call by themselves, and what they ask must not keep a session open that its
//! person has left.

use std::cell::Cell;

use leptos::{ev, prelude::*};

use crate::browser;

/// Seconds without input after which calls are the page's own.
const AWAY_AFTER: i64 = 60;

thread_local! {
    static LAST_INPUT: Cell<i64> = const { Cell::new(0) };
}

/// Notes each sign of somebody, from now on.
pub(crate) fn watch() {
    let note = || LAST_INPUT.set(browser::now());
    note();
    // For as long as the page is open.
    let _ = window_event_listener(ev::pointerdown, move |_| note());
    let _ = window_event_listener(ev::pointermove, move |_| note());
    let _ = window_event_listener(ev::keydown, move |_| note());
    let _ = window_event_listener(ev::wheel, move |_| note());
    let _ = window_event_listener(ev::touchmove, move |_| note());
}

/// Nobody has touched the page for a while.
pub(crate) fn is_away() -> bool {
    browser::now() - LAST_INPUT.get() > AWAY_AFTER
}
