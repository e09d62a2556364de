//! Which rows are in sight. All rows are equally high, so place is number times height.

use std::ops::Range;

use leptos::{ev, html, prelude::*};

use crate::{browser, list::rows::Rows};

/// Rows drawn beyond either edge, so that scrolling shows no gaps.
const BEYOND: usize = 10;

pub(super) struct Window<T: Send + Sync + 'static> {
    wrap: NodeRef<html::Div>,
    rows: Rows<T>,
    pub range: RwSignal<Range<usize>>,
    row_height: RwSignal<f64>,
}

impl<T: Send + Sync> Clone for Window<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Window<T> {}

impl<T: Send + Sync> Window<T> {
    pub fn new(wrap: NodeRef<html::Div>, rows: Rows<T>) -> Self {
        let this = Self { wrap, rows, range: RwSignal::new(0..40), row_height: RwSignal::new(36.0) };
        Effect::new(move |_| {
            this.rows.count();
            if this.wrap.get().is_some() {
                request_animation_frame(move || this.measure());
            }
        });
        Effect::new(move |before: Option<u32>| {
            let now = this.rows.renewed.get();
            if before.is_some_and(|before| before != now)
                && let Some(wrap) = this.wrap.get_untracked()
            {
                wrap.set_scroll_top(0);
            }
            now
        });
        let resized = window_event_listener(ev::resize, move |_| this.measure());
        on_cleanup(move || resized.remove());
        this.watch_size();
        this
    }

    /// The panel beside the table may open without the window changing.
    fn watch_size(self) {
        Effect::new(move |_| {
            if let Some(wrap) = self.wrap.get() {
                browser::on_resize(&wrap, move || self.measure());
            }
        });
    }

    /// Reads the scroll place, asks for more rows near the end.
    pub fn measure(self) {
        let Some(Some(wrap)) = self.wrap.try_get_untracked() else {
            return;
        };
        let row = wrap.query_selector("tbody tr.is-row").ok().flatten();
        if let Some(row) = row {
            let height = row.get_bounding_client_rect().height();
            if height > 1.0 && (height - self.row_height.get_untracked()).abs() > 0.1 {
                self.row_height.set(height);
            }
        }
        let count = self.rows.with_untracked(<[_]>::len);
        let range =
            visible(f64::from(wrap.scroll_top()), f64::from(wrap.client_height()), self.row_height.get_untracked(), count);
        let near_end = range.end + BEYOND >= count;
        if self.range.with_untracked(|known| *known != range) {
            self.range.set(range);
        }
        if near_end {
            self.rows.more();
        }
    }

    /// Height of the rows above those drawn.
    pub fn above(self) -> String {
        let rows = self.range.get().start.min(self.rows.count());
        format!("{}px", rows as f64 * self.row_height.get())
    }

    pub fn below(self) -> String {
        let rows = self.rows.count().saturating_sub(self.range.get().end);
        format!("{}px", rows as f64 * self.row_height.get())
    }

    /// Scrolls just as far as needed to see a row.
    pub fn reveal(self, at: usize) {
        let Some(wrap) = self.wrap.get_untracked() else {
            return;
        };
        let height = self.row_height.get_untracked();
        let head = wrap.query_selector("thead").ok().flatten().map_or(0.0, |head| head.get_bounding_client_rect().height());
        let top = at as f64 * height;
        let seen = f64::from(wrap.scroll_top());
        let room = f64::from(wrap.client_height()) - head;
        if top < seen {
            wrap.set_scroll_top(top as i32);
        } else if top + height > seen + room {
            wrap.set_scroll_top((top + height - room).ceil() as i32);
        }
    }
}

/// Numbers of the rows to draw.
fn visible(scrolled: f64, room: f64, row_height: f64, count: usize) -> Range<usize> {
    let first = (scrolled / row_height).floor().max(0.0) as usize;
    let fit = (room / row_height).ceil().max(1.0) as usize;
    let start = first.saturating_sub(BEYOND).min(count);
    start..(first + fit + BEYOND).min(count.max(start))
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn only_rows_near_the_sight_are_drawn() {
        assert_eq!(visible(0.0, 360.0, 36.0, 1_000), 0..20);
        assert_eq!(visible(3_600.0, 360.0, 36.0, 1_000), 90..120);
        assert_eq!(visible(35_640.0, 360.0, 36.0, 1_000), 980..1_000);
        assert_eq!(visible(0.0, 360.0, 36.0, 3), 0..3);
        assert_eq!(visible(9_999.0, 0.0, 36.0, 0), 0..0);
    }
}
