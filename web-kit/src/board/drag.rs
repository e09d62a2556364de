//! Dragging by pointer: begins after a few pixels, so that a click stays a click. Fingers scroll the board.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::PointerEvent;

use super::plan::Place;

/// Pixels before a press becomes a drag.
const THRESHOLD: i32 = 5;
/// A click this soon after a drop belongs to it.
const CLICK_MS: f64 = 50.0;

#[derive(Clone, Copy)]
pub(super) struct Drag {
    /// Pressed card and where.
    pressed: StoredValue<Option<(String, i32, i32)>>,
    /// Card in hand.
    pub card: RwSignal<Option<String>>,
    /// How far it is from its place, in pixels.
    pub offset: RwSignal<(i32, i32)>,
    /// Where it would go.
    pub place: RwSignal<Option<Place>>,
    dropped_at: StoredValue<f64>,
}

impl Drag {
    pub fn new() -> Self {
        Self {
            pressed: StoredValue::new(None),
            card: RwSignal::new(None),
            offset: RwSignal::new((0, 0)),
            place: RwSignal::new(None),
            dropped_at: StoredValue::new(0.0),
        }
    }

    pub fn begin(self, event: &PointerEvent, card: String) {
        if event.button() == 0 && event.pointer_type() != "touch" {
            self.pressed.set_value(Some((card, event.client_x(), event.client_y())));
        }
    }

    pub fn just_dropped(self) -> bool {
        js_sys::Date::now() - self.dropped_at.get_value() < CLICK_MS
    }

    /// Follows the pointer for as long as the board lives.
    pub fn follow(self, put: impl Fn(&str, Place) + 'static) {
        let moved = window_event_listener(ev::pointermove, move |event| self.on_move(&event));
        let released = window_event_listener(ev::pointerup, move |_| {
            self.pressed.set_value(None);
            if let Some(card) = self.card.get_untracked() {
                self.dropped_at.set_value(js_sys::Date::now());
                let place = self.place.get_untracked();
                self.end();
                if let Some(place) = place {
                    put(&card, place);
                }
            }
        });
        let cancelled = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" {
                self.pressed.set_value(None);
                self.end();
            }
        });
        on_cleanup(move || {
            moved.remove();
            released.remove();
            cancelled.remove();
        });
    }

    fn end(self) {
        if self.card.with_untracked(Option::is_some) {
            self.card.set(None);
            self.place.set(None);
        }
    }

    fn on_move(self, event: &PointerEvent) {
        let Some((card, x, y)) = self.pressed.get_value() else {
            return;
        };
        let far = (event.client_x() - x).abs().max((event.client_y() - y).abs()) > THRESHOLD;
        if self.card.with_untracked(Option::is_none) {
            if !far {
                return;
            }
            self.card.set(Some(card));
        }
        event.prevent_default();
        self.offset.set((event.client_x() - x, event.client_y() - y));
        let place = place_under(event.client_x(), event.client_y());
        if place.is_some() && self.place.get_untracked() != place {
            self.place.set(place);
        }
    }
}

/// Lane under the pointer, and how many of its cards end above it.
fn place_under(x: i32, y: i32) -> Option<Place> {
    let under = document().element_from_point(x as f32, y as f32)?;
    let lane = under.closest("[data-lane]").ok().flatten()?;
    let cards = lane.query_selector_all("[data-card]").ok()?;
    let at = (0..cards.length())
        .filter_map(|at| cards.item(at)?.dyn_into::<web_sys::Element>().ok())
        .filter(|card| {
            let around = card.get_bounding_client_rect();
            around.top() + around.height() / 2.0 < f64::from(y)
        })
        .count();
    Some(Place { lane: lane.get_attribute("data-lane")?.parse().ok()?, at })
}
