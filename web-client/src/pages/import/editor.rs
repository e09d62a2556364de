//! The open cell: its text to correct, and under it what is wrong and the ways out, the likely one first.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use streamflow_proto::client::v1::ImportProblem;
use wasm_bindgen::JsCast;
use web_kit::{
    browser,
    icon::{Icon, glyphs},
};

use super::{check_step::Look, sheet::Sheet};

#[component]
pub fn Editor(
    sheet: Sheet,
    look: Look,
    /// Row and column; column −1 for what is wrong with the whole row.
    at: (i32, i32),
    /// What the column fills.
    #[prop(into)]
    title: String,
    #[prop(into)] text: String,
    problem: Option<ImportProblem>,
) -> impl IntoView {
    let (row, column) = at;
    let typed = RwSignal::new(text.clone());
    let before = StoredValue::new(text);
    let suggestion = StoredValue::new(problem.as_ref().map(|one| one.suggestion.clone()).unwrap_or_default());
    let place = NodeRef::<html::Div>::new();
    focus_when_drawn(place);
    // Closing takes the cell out of the page, which moves the focus once more.
    let closed = StoredValue::new(false);
    let close = move || {
        if closed.try_get_value() == Some(false) {
            closed.set_value(true);
            if look.editing.get_untracked() == Some(at) {
                look.editing.set(None);
            }
        }
    };
    let put = move |value: String| {
        close();
        sheet.fix(row, column, value);
    };
    let skip = move || {
        close();
        sheet.drop_row(row, true);
    };
    let is_changed = move || before.with_value(|before| typed.with_untracked(|typed| typed != before));
    let accept = move || {
        let likely = suggestion.get_value();
        if column < 0 {
            close();
        } else if is_changed() || likely.is_empty() {
            put(typed.get_untracked());
        } else {
            put(likely);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let on_input = event.target().is_some_and(|target| target.dyn_ref::<web_sys::HtmlInputElement>().is_some());
        match &*event.key() {
            "Enter" if on_input => accept(),
            "Escape" => close(),
            "F8" => {
                if column >= 0 && is_changed() {
                    put(typed.get_untracked());
                }
                look.editing.set(Some(at));
                look.next(sheet);
            }
            _ => {
                // Letters belong to the text, not to the page's keys.
                event.stop_propagation();
                return;
            }
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let left = move |event: web_sys::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A cell that is taken out of the page loses the focus too, when nothing of this is left.
        if closed.try_get_value() != Some(false) || place.get_untracked().is_some_and(|place| place.contains(to.as_ref())) {
            return;
        }
        // What was typed is kept also when the person just goes on elsewhere.
        if column >= 0 && is_changed() { put(typed.get_untracked()) } else { close() }
    };
    let name = title.to_lowercase();
    view! {
        <div class="cell-editor" node_ref=place on:keydown=on_key on:focusout=left>
            {(column >= 0)
                .then(|| {
                    view! {
                        <input
                            class="cell-input"
                            aria-label=format!("{title}, row {row}")
                            aria-invalid=problem.as_ref().map(|_| "true")
                            prop:value=typed
                            on:input:target=move |event| typed.set(event.target().value())
                        />
                    }
                })}
            <div class="popover fix" role="group" aria-label="Ways out">
                {problem
                    .map(|problem| {
                        view! {
                            <p class="fix-problem t-12 down"><Icon glyph=glyphs::TRIANGLE_EXCLAMATION/><span>{problem.message}</span></p>
                        }
                    })}
                {suggestion
                    .with_value(|likely| (!likely.is_empty()).then(|| likely.clone()))
                    .map(|likely| {
                        view! {
                            <button type="button" class="btn btn-sm fix-way" on:click=move |_| put(suggestion.get_value())>
                                "Use "<b class="medium tnum truncate">{likely}</b>
                            </button>
                        }
                    })}
                {(column >= 0)
                    .then(|| {
                        view! {
                            <button type="button" class="btn btn-ghost btn-sm fix-way" on:click=move |_| put(String::new())>
                                {format!("Leave the {name} empty")}
                            </button>
                        }
                    })}
                <button type="button" class="btn btn-ghost btn-sm fix-way" on:click=move |_| skip()>"Leave out this row"</button>
            </div>
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
