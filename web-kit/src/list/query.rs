//! The state of a list as signals over the address.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::state::ListState;
use crate::browser;

type Navigate = Box<dyn Fn(&str) + Send + Sync>;

/// Reads follow the address; changes replace it, so that "back" leaves the list.
#[derive(Clone, Copy)]
pub struct ListQuery {
    state: Memo<ListState>,
    asked: Memo<ListState>,
    usual_order: &'static str,
    navigate: StoredValue<Navigate>,
}

/// For list pages, inside the router. `usual_order` ("name", "updated_at desc", empty for lists without a choice) holds until another is
/// chosen.
pub fn use_list_query(usual_order: &'static str) -> ListQuery {
    let search = use_location().search;
    let navigate = use_navigate();
    let state = Memo::new(move |_| search.with(|search| ListState::from_query(search)));
    ListQuery {
        usual_order,
        state,
        asked: Memo::new(move |_| state.with(ListState::asked)),
        navigate: StoredValue::new(Box::new(move |address| {
            navigate(address, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        })),
    }
}

impl ListQuery {
    pub fn get(self) -> ListState {
        self.state.get()
    }

    pub fn get_untracked(self) -> ListState {
        self.state.get_untracked()
    }

    /// What the server is asked for: other columns or another view's name ask for nothing new.
    pub fn asked(self) -> ListState {
        self.asked.get()
    }

    pub fn with<R>(self, read: impl FnOnce(&ListState) -> R) -> R {
        self.state.with(read)
    }

    /// Field of the order in force, and whether it is descending.
    pub fn order(self) -> Option<(String, bool)> {
        self.with(|state| state.order_or(self.usual_order).map(|(field, descending)| (field.to_owned(), descending)))
    }

    /// Orders by `field`, or the other way round where it is the order already.
    pub fn toggle_order(self, field: &str) {
        self.update(|state| state.toggle_order(field, self.usual_order));
    }

    /// One filter as a signal, for a switch: `usual` is what the list shows without it.
    pub fn switch(self, field: &'static str, usual: &'static str) -> RwSignal<String> {
        let asked = move || self.with(|state| state.filter(field).unwrap_or(usual).to_owned());
        let switch = RwSignal::new(untrack(asked));
        Effect::new(move |_| {
            let asked = asked();
            if switch.with_untracked(|now| *now != asked) {
                switch.set(asked);
            }
        });
        Effect::new(move |was: Option<String>| {
            let now = switch.get();
            if was.is_some_and(|was| was != now) && untrack(asked) != now {
                self.update(|state| state.set_filter(field, if now == usual { "" } else { &now }));
            }
            now
        });
        switch
    }

    pub fn update(self, change: impl FnOnce(&mut ListState)) {
        let mut state = self.state.get_untracked();
        change(&mut state);
        let path = window().location().pathname().unwrap_or_default();
        let address = format!("{path}{}", state.to_query());
        if address != browser::here() {
            self.navigate.with_value(|navigate| navigate(&address));
        }
    }
}
