//! Typed work is not lost by a link, a key, the back button, signing out or a closed tab: the page asks first.

use std::sync::Arc;

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AddEventListenerOptions, Event, EventTarget};

use crate::{
    browser,
    button::{Button, Kind},
    dialog::Dialog,
};

/// What the person wanted when the question came.
#[derive(Clone)]
enum Wanted {
    Go(String),
    Do(Arc<dyn Fn() + Send + Sync>),
}

/// What the person wanted, and whether anything speaks against it.
#[derive(Clone, Copy)]
pub struct LeaveGuard {
    holding: RwSignal<Vec<(u32, Signal<bool>)>>,
    next: StoredValue<u32>,
    wanted: RwSignal<Option<Wanted>>,
    asking: RwSignal<bool>,
}

impl Default for LeaveGuard {
    fn default() -> Self {
        Self {
            holding: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            wanted: RwSignal::new(None),
            asking: RwSignal::new(false),
        }
    }
}

/// Asks before leaving while `unsaved` is true and the calling component lives.
pub fn guard_while(unsaved: Signal<bool>) {
    let Some(guard) = use_context::<LeaveGuard>() else {
        return;
    };
    let number = guard.next.get_value();
    guard.next.set_value(number + 1);
    guard.holding.update(|all| all.push((number, unsaved)));
    on_cleanup(move || {
        guard.holding.try_update(|all| all.retain(|(one, _)| *one != number));
    });
}

/// Goes to an address as a link does, with the question before typed work is lost. For keys, rows and menus.
pub fn use_go() -> impl Fn(String) + Clone + Send + Sync + 'static {
    let guard = use_context::<LeaveGuard>();
    let navigate = use_navigate();
    move |address: String| match guard.filter(|guard| guard.holds() && leaves(&address)) {
        Some(guard) => guard.ask(Wanted::Go(address)),
        None => navigate(&address, NavigateOptions::default()),
    }
}

/// Whether an address is another page than this one; another query leaves the page and what is typed as they are.
fn leaves(address: &str) -> bool {
    path_of(address) != path_of(&browser::here())
}

fn path_of(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

impl LeaveGuard {
    /// Runs what ends the page, e.g. signing out, after the question where typed work would be lost.
    pub fn before(self, act: impl Fn() + Send + Sync + 'static) {
        if self.holds() {
            self.ask(Wanted::Do(Arc::new(act)));
        } else {
            act();
        }
    }

    fn holds(self) -> bool {
        self.holding.with_untracked(|all| all.iter().any(|(_, unsaved)| unsaved.try_get_untracked() == Some(true)))
    }

    /// Listens before the router does; only a capturing listener comes first.
    pub(crate) fn listen(self) {
        capture(&window(), "click", move |event| self.on_click(&event));
        let address = StoredValue::new(browser::here());
        capture(&window(), "popstate", move |event| {
            if self.holds() && address.with_value(|address| leaves(address)) {
                event.stop_immediate_propagation();
                self.ask(Wanted::Go(browser::here()));
                let history = window().history();
                let _ = history.and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&address.get_value())));
            }
        });
        // Whatever makes something unsaved begins with one of these on its page.
        for name in ["input", "keydown", "click"] {
            capture(&window(), name, move |_| address.set_value(browser::here()));
        }
        let unload = window_event_listener(ev::beforeunload, move |event| {
            if self.holds() {
                event.prevent_default();
            }
        });
        on_cleanup(move || unload.remove());
    }

    fn on_click(self, event: &Event) {
        let Some(anchor) = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a[href]").ok().flatten())
        else {
            return;
        };
        let elsewhere = anchor.has_attribute("target") || anchor.has_attribute("download");
        if elsewhere || !self.holds() {
            return;
        }
        let Some(href) = anchor.get_attribute("href").filter(|href| href.starts_with('/') && leaves(href)) else {
            return;
        };
        event.prevent_default();
        event.stop_propagation();
        self.ask(Wanted::Go(href));
    }

    fn ask(self, wanted: Wanted) {
        self.wanted.set(Some(wanted));
        self.asking.set(true);
    }
}

fn capture(target: &EventTarget, name: &str, run: impl Fn(Event) + 'static) {
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    let closure = Closure::<dyn Fn(Event)>::new(run);
    let _ =
        target.add_event_listener_with_callback_and_add_event_listener_options(name, closure.as_ref().unchecked_ref(), &options);
    // Lives as long as the page.
    closure.forget();
}

/// The question itself; stands once in the layout, inside the router.
#[component]
pub fn LeaveQuestion() -> impl IntoView {
    let guard = expect_context::<LeaveGuard>();
    let navigate = StoredValue::new(use_navigate());
    let leave = move |_| {
        guard.asking.set(false);
        match guard.wanted.get_untracked() {
            Some(Wanted::Go(address)) => navigate.get_value()(&address, NavigateOptions::default()),
            Some(Wanted::Do(act)) => act(),
            None => {}
        }
    };
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::DangerQuiet on_click=leave>{t!("Leave without saving")}</Button>
            <Button class="push" kind=Kind::Primary on_click=move |_| guard.asking.set(false)>{t!("Stay here")}</Button>
        }
    });
    view! {
        <Dialog open=guard.asking title=t!("Leave without saving?") foot>
            <p>{t!("What you typed on this page is not saved yet.")}</p>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn another_query_is_the_same_page() {
        assert_eq!(path_of("/t/a/customers?view=mine#x"), path_of("/t/a/customers"));
        assert_ne!(path_of("/t/a/customers/cus_1"), path_of("/t/a/customers"));
    }
}
