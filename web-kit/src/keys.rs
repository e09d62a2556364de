//! Shortcuts: a page says which keys it knows, one listener serves them, and `?` lists them.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use crate::{browser, dialog::Dialog};

#[derive(Clone)]
struct Shortcut {
    number: u32,
    /// "j", "g c", "ctrl+k", "enter", "escape", "?".
    keys: &'static str,
    label: String,
    run: Callback<()>,
}

/// All shortcuts of the page. Provided by [`crate::provide`].
#[derive(Clone, Copy)]
pub struct Keys {
    known: RwSignal<Vec<Shortcut>>,
    next: StoredValue<u32>,
    /// First key of a pair like "g c", and when it was pressed.
    begun: StoredValue<(String, f64)>,
    pub help_open: RwSignal<bool>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            known: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            begun: StoredValue::new((String::new(), 0.0)),
            help_open: RwSignal::new(false),
        }
    }
}

/// Registers a key for as long as the component lives. The newest registration of a key wins.
pub fn use_shortcut(keys: &'static str, label: impl Into<String>, run: impl Fn() + Send + Sync + 'static) {
    let all = expect_context::<Keys>();
    let number = all.next.get_value();
    all.next.set_value(number + 1);
    let shortcut = Shortcut { number, keys, label: label.into(), run: Callback::new(move |()| run()) };
    all.known.update(|known| known.push(shortcut));
    on_cleanup(move || {
        all.known.try_update(|known| known.retain(|one| one.number != number));
    });
}

impl Keys {
    /// Serves the window's keys from now on.
    pub(crate) fn listen(self) {
        let handle = window_event_listener(ev::keydown, move |event| self.press(&event));
        on_cleanup(move || handle.remove());
    }

    /// Whether this page knows a key, followed.
    pub(crate) fn knows(self, keys: &str) -> bool {
        self.known.with(|known| known.iter().any(|one| one.keys == keys))
    }

    fn press(self, event: &KeyboardEvent) {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        let with_control = event.ctrl_key() || event.meta_key();
        let in_dialog = browser::find("dialog[open]").is_some();
        if (browser::is_typing(event.target()) || in_dialog || event.alt_key()) && !with_control {
            return;
        }
        // Enter and space on a button or a link are theirs.
        let on_control = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|element| matches!(&*element.tag_name(), "A" | "BUTTON" | "INPUT" | "SUMMARY"));
        let key = event.key().to_lowercase();
        if on_control && !with_control && (key == "enter" || key == " ") {
            return;
        }
        let name = if with_control { format!("ctrl+{key}") } else { key };
        if let Some(run) = self.find(&name) {
            event.prevent_default();
            run.run(());
        }
    }

    fn find(self, name: &str) -> Option<Callback<()>> {
        const PAIR_MS: f64 = 1_000.0;
        let now = js_sys::Date::now();
        let (first, at) = self.begun.get_value();
        self.begun.set_value((String::new(), 0.0));
        let pair = format!("{first} {name}");
        let by_keys =
            |keys: &str| self.known.with_untracked(|known| known.iter().rev().find(|one| one.keys == keys).map(|one| one.run));
        if now - at < PAIR_MS
            && let Some(run) = by_keys(&pair)
        {
            return Some(run);
        }
        let begins = self
            .known
            .with_untracked(|known| known.iter().any(|one| one.keys.split_once(' ').is_some_and(|(first, _)| first == name)));
        if begins {
            self.begun.set_value((name.to_owned(), now));
        }
        by_keys(name)
    }
}

/// All keys of this page, on `?`.
#[component]
pub fn KeyboardHelp() -> impl IntoView {
    let keys = expect_context::<Keys>();
    use_shortcut("?", t!("All keys"), move || keys.help_open.set(true));
    let rows = move || {
        let mut seen = Vec::new();
        let mut rows = keys.known.get();
        // Of keys with two meanings the newer one holds.
        rows.reverse();
        rows.retain(|one| {
            let is_new = !seen.contains(&one.keys);
            seen.push(one.keys);
            is_new
        });
        // What is done here first, then where one can go.
        let (places, acts): (Vec<_>, Vec<_>) = rows.into_iter().rev().partition(|one| one.keys.contains(' '));
        let row = |one: Shortcut| view! { <dt><KeyNames keys=one.keys/></dt><dd>{one.label}</dd> };
        acts.into_iter().chain(places).map(row).collect_view()
    };
    view! {
        <Dialog open=keys.help_open title=t!("Keys on this page")>
            <dl class="keys">{rows}</dl>
        </Dialog>
    }
}

#[component]
fn KeyNames(keys: &'static str) -> impl IntoView {
    keys.split([' ', '+']).map(|key| view! { <kbd class="kbd">{shown(key)}</kbd>" " }).collect_view()
}

/// How a key is written on its cap.
pub fn shown(key: &str) -> String {
    match key {
        "ctrl" => t!("Ctrl").to_owned(),
        "enter" => t!("Enter").to_owned(),
        "escape" => t!("Esc").to_owned(),
        "arrowup" => "↑".to_owned(),
        "arrowdown" => "↓".to_owned(),
        key => key.to_uppercase(),
    }
}
