//! The time that is left of something that ends by itself.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;

/// Seconds after which the end is told again.
const AGAIN: i64 = 5;

/// "24:08 left"
#[component]
pub fn Countdown(
    /// Seconds since 1970.
    end: i64,
    /// Called a second after the end, and again while this is still shown: the server's clock may be behind this one, and the answer may
    /// get lost.
    #[prop(into)]
    on_end: Callback<()>,
) -> impl IntoView {
    let left = RwSignal::new(end - browser::now());
    // What must be left, or less: a tab that sleeps skips seconds.
    let due = StoredValue::new(-1);
    let tick = set_interval_with_handle(
        move || {
            let now = end - browser::now();
            left.set(now);
            if now <= due.get_value() {
                due.set_value(now - AGAIN);
                on_end.run(());
            }
        },
        Duration::from_secs(1),
    );
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
    });
    view! { <span class="tnum semibold nowrap" role="timer">{move || t!("{left} left", left = clock(left.get()))}</span> }
}

/// "24:08"
fn clock(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn the_time_left_never_goes_below_nothing() {
        assert_eq!((clock(1448), clock(60), clock(5), clock(-3)), ("24:08".into(), "1:00".into(), "0:05".into(), "0:00".into()));
    }
}
