//! A board of lanes. Cards move by pointer, or by keys: arrows go from card to card, Space picks up and puts down.

mod drag;
mod plan;

use leptos::{ev::KeyboardEvent, prelude::*};

use self::{
    drag::Drag,
    plan::{Place, Placed, Step, step},
};
use crate::{
    browser,
    toast::{Toasts, use_toasts},
};

/// One column.
#[derive(Clone)]
pub struct Lane {
    pub id: String,
    pub title: String,
    /// "14", "9+".
    pub count: String,
    /// "£128,400"; empty for none.
    pub sum: String,
    pub cards: Vec<Card>,
}

/// One card.
#[derive(Clone)]
pub struct Card {
    pub id: String,
    /// Read out when it moves.
    pub name: String,
    pub href: String,
    pub face: ViewFn,
}

/// A card was put somewhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub card: String,
    pub from_lane: String,
    pub to_lane: String,
    /// Cards it now stands between in its lane; None at an end.
    pub after: Option<String>,
    pub before: Option<String>,
}

/// What is being moved by keys: the card and where it would go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    card: String,
    from: Place,
    to: Place,
}

#[derive(Clone, Copy)]
struct BoardState {
    lanes: Signal<Vec<Lane>>,
    cursor: RwSignal<Place>,
    held: RwSignal<Option<Held>>,
    drag: Drag,
    moved: Callback<Moved>,
    locked: Signal<bool>,
    toasts: Toasts,
}

#[component]
pub fn Board(
    #[prop(into)] label: String,
    #[prop(into)] lanes: Signal<Vec<Lane>>,
    /// The page moves the card at once and tells the server.
    #[prop(into)]
    on_move: Callback<Moved>,
    /// Nobody may move cards here.
    #[prop(optional, into)]
    locked: Signal<bool>,
) -> impl IntoView {
    let state = BoardState {
        lanes,
        cursor: RwSignal::new(Place::default()),
        held: RwSignal::new(None),
        drag: Drag::new(),
        moved: on_move,
        locked,
        toasts: use_toasts(),
    };
    state.drag.follow(move |card, place| state.put(card, place));
    view! {
        <div class="board" tabindex="0" role="region" aria-label=label on:keydown=move |event| state.on_key(&event)>
            {move || {
                lanes.get().into_iter().enumerate().map(|(at, lane)| view! { <LaneView state at lane/> }).collect_view()
            }}
        </div>
        <p class="sr-only" id="board-help">
            {t!("Arrows move between cards. Space picks a card up, arrows move it, Space puts it down, Escape leaves it.")}
        </p>
    }
}

impl BoardState {
    fn sizes(self) -> Vec<usize> {
        self.lanes.with_untracked(|lanes| lanes.iter().map(|lane| lane.cards.len()).collect())
    }

    fn on_key(self, event: &KeyboardEvent) {
        let toward = match &*event.key() {
            "ArrowUp" => Step::Up,
            "ArrowDown" => Step::Down,
            "ArrowLeft" => Step::Left,
            "ArrowRight" => Step::Right,
            " " => {
                event.prevent_default();
                self.pick_or_put();
                return;
            }
            "Escape" if self.held.with_untracked(Option::is_some) => {
                event.prevent_default();
                self.held.set(None);
                self.toasts.announce(t!("Left where it was"));
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(mut held) = self.held.get_untracked() {
            held.to = step(&self.sizes(), held.to, toward, true);
            let lane = self.lanes.with_untracked(|lanes| lanes.get(held.to.lane).map(|lane| lane.title.clone()));
            self.held.set(Some(held.clone()));
            self.toasts.announce(t!("{lane}, place {at}", lane = lane.unwrap_or_default(), at = held.to.at + 1));
        } else {
            self.cursor.set(step(&self.sizes(), self.cursor.get_untracked(), toward, false));
            browser::focus_soon(".board .kcard.is-cursor");
        }
    }

    fn pick_or_put(self) {
        if self.locked.get_untracked() {
            return;
        }
        if let Some(held) = self.held.get_untracked() {
            self.held.set(None);
            self.put(&held.card, held.to);
            self.cursor.set(held.to);
            browser::focus_soon(".board .kcard.is-cursor");
            return;
        }
        let from = self.cursor.get_untracked();
        let card = self.lanes.with_untracked(|lanes| lanes.get(from.lane)?.cards.get(from.at).cloned());
        if let Some(card) = card {
            self.toasts.announce(t!("{name} picked up", name = card.name));
            self.held.set(Some(Held { card: card.id, from, to: from }));
        }
    }

    fn put(self, card: &str, to: Place) {
        let ids: Vec<Vec<String>> = self
            .lanes
            .with_untracked(|lanes| lanes.iter().map(|lane| lane.cards.iter().map(|card| card.id.clone()).collect()).collect());
        let Some(Placed { from_lane, after, before }) = plan::placed(&ids, card, to) else {
            return;
        };
        let (from, into) = self.lanes.with_untracked(|lanes| (lanes[from_lane].clone(), lanes[to.lane].clone()));
        self.toasts.announce(t!("Moved to {title}", title = into.title));
        self.moved.run(Moved { card: card.to_owned(), from_lane: from.id, to_lane: into.id, after, before });
    }
}

#[component]
fn LaneView(state: BoardState, at: usize, lane: Lane) -> impl IntoView {
    let cards = lane.cards.len();
    let label = t!("{title}, {lane} cards", title = lane.title, lane = lane.count);
    let slot = move |place: usize| {
        move || {
            let here = Some(Place { lane: at, at: place });
            let by_key = state.held.with(|held| held.as_ref().map(|held| held.to));
            (state.drag.place.get() == here || by_key == here).then(|| view! { <div class="kslot" aria-hidden="true"></div> })
        }
    };
    view! {
        <section class="lane" aria-label=label data-lane=at>
            <header class="lane-head">
                <h2 class="t-13 semibold truncate">{lane.title}</h2>
                <span class="count">{lane.count}</span>
                <span class="push t-12 muted tnum">{lane.sum}</span>
            </header>
            {lane
                .cards
                .into_iter()
                .enumerate()
                .map(|(place, card)| {
                    view! {
                        {slot(place)}
                        <CardView state place=Place { lane: at, at: place } card/>
                    }
                })
                .collect_view()}
            {slot(cards)}
        </section>
    }
    .into_any()
}

#[component]
fn CardView(state: BoardState, place: Place, card: Card) -> impl IntoView {
    let id = StoredValue::new(card.id);
    let in_hand = move || {
        id.with_value(|id| {
            state.drag.card.with(|card| card.as_ref() == Some(id))
                || state.held.with(|held| held.as_ref().is_some_and(|held| held.card == *id))
        })
    };
    let carried = move || {
        let (x, y) = state.drag.offset.get();
        let dragged = id.with_value(|id| state.drag.card.with(|card| card.as_ref() == Some(id)));
        dragged.then(|| format!("translate({x}px, {y}px) rotate(1.2deg)"))
    };
    view! {
        <a
            class="kcard"
            class:is-cursor=move || state.cursor.get() == place
            class:is-dragging=in_hand
            style:transform=carried
            href=card.href
            draggable="false"
            aria-describedby="board-help"
            data-card=place.at
            on:focus=move |_| state.cursor.set(place)
            on:pointerdown=move |event| {
                if !state.locked.get_untracked() {
                    state.drag.begin(&event, id.get_value());
                }
            }
            on:click=move |event| {
                // The click that ends a drag opens nothing.
                if state.drag.just_dropped() {
                    event.prevent_default();
                    event.stop_propagation();
                }
            }
        >
            {card.face.run()}
        </a>
    }
    .into_any()
}
