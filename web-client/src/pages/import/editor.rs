//! The open cell: its text to correct, and under it what is wrong and the ways out, the likely one first.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use streamflow_proto::client::v1::ImportProblem;
use wasm_bindgen::JsCast;
use web_kit::{
    browser,
    icon::{Icon, glyphs},
};

use super::{check_step::Look, sheet::Sheet};

/// What is being done about one cell.
#[derive(Clone, Copy)]
struct Opened {
    sheet: Sheet,
    look: Look,
    /// Row and column; column −1 for what is wrong with the whole row.
    at: (i32, i32),
    before: StoredValue<String>,
    typed: RwSignal<String>,
    /// A likely right value; empty for none.
    likely: StoredValue<String>,
    /// Closing takes the cell out of the page, which moves the focus once more.
    closed: StoredValue<bool>,
}

impl Opened {
    fn has_text(self) -> bool {
        self.at.1 >= 0
    }

    fn is_filled(self) -> bool {
        self.has_text() && self.before.with_value(|before| !before.trim().is_empty())
    }

    fn is_open(self) -> bool {
        self.closed.try_get_value() == Some(false)
    }

    fn is_changed(self) -> bool {
        self.before.with_value(|before| self.typed.with_untracked(|typed| typed != before))
    }

    fn close(self) {
        if self.is_open() {
            self.closed.set_value(true);
            if self.look.editing.get_untracked() == Some(self.at) {
                self.look.editing.set(None);
            }
        }
    }

    fn put(self, value: String) {
        self.close();
        self.sheet.fix(self.at.0, self.at.1, value);
    }

    fn leave_out(self) {
        self.close();
        self.sheet.drop_row(self.at.0, true);
    }

    /// Takes what was typed, or else the likely value.
    fn accept(self) {
        let likely = self.likely.get_value();
        if !self.has_text() {
            self.close();
        } else if self.is_changed() || likely.is_empty() {
            self.put(self.typed.get_untracked());
        } else {
            self.put(likely);
        }
    }

    /// Goes on elsewhere; what was typed is kept.
    fn leave(self) {
        if self.has_text() && self.is_changed() {
            self.put(self.typed.get_untracked());
        } else {
            self.close();
        }
    }

    fn next(self) {
        self.leave();
        self.look.editing.set(Some(self.at));
        self.look.next(self.sheet);
    }

    fn press(self, event: &KeyboardEvent) {
        // Letters belong to the text, not to the page's keys.
        event.stop_propagation();
        let in_text = event.target().is_some_and(|target| target.dyn_ref::<web_sys::HtmlInputElement>().is_some());
        match &*event.key() {
            "Enter" if in_text => self.accept(),
            "Escape" => self.close(),
            "F8" => self.next(),
            _ => return,
        }
        event.prevent_default();
    }
}

#[component]
pub fn Editor(
    sheet: Sheet,
    look: Look,
    at: (i32, i32),
    /// What the column fills.
    #[prop(into)]
    title: String,
    #[prop(into)] text: String,
    problem: Option<ImportProblem>,
) -> impl IntoView {
    let opened = Opened {
        sheet,
        look,
        at,
        before: StoredValue::new(text.clone()),
        typed: RwSignal::new(text),
        likely: StoredValue::new(problem.as_ref().map(|one| one.suggestion.clone()).unwrap_or_default()),
        closed: StoredValue::new(false),
    };
    let place = NodeRef::<html::Div>::new();
    focus_when_drawn(place);
    let left = move |event: web_sys::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A cell that is taken out of the page loses the focus too, when nothing of this is left.
        if opened.is_open() && !place.get_untracked().is_some_and(|place| place.contains(to.as_ref())) {
            opened.leave();
        }
    };
    let label = t!("{title}, row {at}", title, at = at.0);
    view! {
        <div class="cell-editor" node_ref=place on:keydown=move |event| opened.press(&event) on:focusout=left>
            {opened
                .has_text()
                .then(|| {
                    view! {
                        <input
                            class="cell-input"
                            aria-label=label
                            aria-invalid=problem.as_ref().map(|_| "true")
                            prop:value=opened.typed
                            on:input:target=move |event| opened.typed.set(event.target().value())
                        />
                    }
                })}
            <Ways opened name=title.to_lowercase() message=problem.map(|problem| problem.message)/>
        </div>
    }
    .into_any()
}

/// What is wrong, and what can be done about it.
#[component]
fn Ways(opened: Opened, name: String, message: Option<String>) -> impl IntoView {
    let likely = opened.likely.get_value();
    let likely = (!likely.is_empty()).then(|| {
        view! {
            <button type="button" class="btn btn-sm fix-way" on:click=move |_| opened.put(opened.likely.get_value())>
                {t!("Use ")}
                <b class="medium tnum truncate">{likely}</b>
            </button>
        }
    });
    // An empty cell that is a problem has to be filled.
    let empty = opened.is_filled().then(|| {
        view! {
            <button type="button" class="btn btn-ghost btn-sm fix-way" on:click=move |_| opened.put(String::new())>
                {t!("Leave the {name} empty", name)}
            </button>
        }
    });
    view! {
        <div class="popover fix" role="group" aria-label=t!("Ways out")>
            {message
                .map(|text| {
                    view! { <p class="fix-problem t-12 down"><Icon glyph=glyphs::TRIANGLE_EXCLAMATION/><span>{text}</span></p> }
                })}
            {likely}
            {empty}
            <button type="button" class="btn btn-ghost btn-sm fix-way" on:click=move |_| opened.leave_out()>
                {t!("Leave out this row")}
            </button>
        </div>
    }
    .into_any()
}

/// The text is selected, so that typing replaces it; a row without a text begins at its first way out.
fn focus_when_drawn(place: NodeRef<html::Div>) {
    Effect::new(move |_| {
        let Some(place) = place.get() else { return };
        request_animation_frame(move || {
            let first = place.query_selector("input, button").ok().flatten();
            if let Some(input) = first.as_ref().and_then(|first| first.dyn_ref::<web_sys::HtmlInputElement>()) {
                let _ = input.focus();
                input.select();
            } else if let Some(button) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = button.focus();
            }
            browser::reveal_soon(".fix");
        });
    });
}
