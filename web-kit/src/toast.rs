//! What just happened, with a way back. Failures are never shown here: they stay where they happened.

use std::{cell::Cell, sync::Arc};

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{browser, button::Button, keys::use_shortcut};

/// Long enough to read and reach "Undo".
const SHOWN_MS: u32 = 8_000;

#[derive(Clone)]
struct Toast {
    number: u32,
    text: String,
    /// Not a `Callback`: it must outlive the component that made it.
    undo: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// The one line at the foot of the page. Get it with [`use_toasts`].
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Option<Toast>>,
    count: StoredValue<u32>,
    polite: RwSignal<String>,
}

thread_local! {
    static TOASTS: Cell<Option<Toasts>> = const { Cell::new(None) };
}

pub fn use_toasts() -> Toasts {
    TOASTS.get().expect("web_kit::provide runs before any page")
}

impl Toasts {
    pub(crate) fn provide() {
        let toasts = Self { shown: RwSignal::new(None), count: StoredValue::new(0), polite: RwSignal::new(String::new()) };
        TOASTS.set(Some(toasts));
    }

    /// Shows a sentence without an end mark: "3 customers archived".
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), None);
    }

    /// Shows it with "Undo", also on the Z key. `undo` may run after its page was left.
    pub fn say_with_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(text.into(), Some(Arc::new(undo)));
    }

    /// Read out by screen readers, not shown: what a board or a table did with a key.
    pub fn announce(self, text: impl Into<String>) {
        self.polite.set(text.into());
    }

    fn show(self, text: String, undo: Option<Arc<dyn Fn() + Send + Sync>>) {
        let number = self.count.get_value() + 1;
        self.count.set_value(number);
        self.shown.set(Some(Toast { number, text, undo }));
        spawn_local(async move {
            browser::sleep_ms(SHOWN_MS).await;
            self.close(number);
        });
    }

    fn close(self, number: u32) {
        if self.shown.with_untracked(|toast| toast.as_ref().is_some_and(|toast| toast.number == number)) {
            self.shown.set(None);
        }
    }

    fn undo(self) {
        if let Some(Toast { undo: Some(undo), .. }) = self.shown.get_untracked() {
            self.shown.set(None);
            undo();
        }
    }
}

/// Stands once in the layout: the toast, and the region that screen readers follow.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    use_shortcut("z", t!("Undo"), move || toasts.undo());
    view! {
        <div class="sr-only" aria-live="polite">{toasts.polite}</div>
        <div role="status">
            {move || {
                toasts
                    .shown
                    .get()
                    .map(|toast| {
                        view! {
                            <div class="toast">
                                <span>{toast.text}</span>
                                {toast
                                    .undo
                                    .map(|_| {
                                        view! {
                                            <Button small=true key_hint="Z" on_click=move |_| toasts.undo()>
                                                {t!("Undo")}
                                            </Button>
                                        }
                                    })}
                            </div>
                        }
                    })
            }}
        </div>
    }
}
