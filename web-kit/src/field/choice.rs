//! Fields whose values are given.

use leptos::prelude::*;

use super::{FieldFrame, FieldTie};

/// One value of a [`SelectField`] and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

#[component]
pub fn SelectField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    let options = move || {
        choices
            .get()
            .into_iter()
            .map(|choice| {
                let own = choice.value.clone();
                view! {
                    <option value=choice.value selected=move || value.get() == own>
                        {choice.label}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <FieldFrame tie label optional help>
            <select
                id=id
                class="select"
                disabled=disabled
                aria-invalid=invalid
                aria-describedby=note
                on:change:target=move |event| {
                    value.set(event.target().value());
                    touch.touched();
                }
            >
                {options}
            </select>
        </FieldFrame>
    }
    .into_any()
}

#[component]
pub fn Checkbox(
    #[prop(into)] label: Signal<String>,
    value: RwSignal<bool>,
    #[prop(optional)] name: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    view! {
        <label class="check">
            <input
                type="checkbox"
                disabled=disabled
                prop:checked=value
                on:change:target=move |event| {
                    value.set(event.target().checked());
                    tie.touched();
                }
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// Takes effect at once, where a [`Checkbox`] waits for the form.
#[component]
pub fn Switch(
    #[prop(into)] label: Signal<String>,
    value: RwSignal<bool>,
    #[prop(optional, into)] on_change: Option<Callback<bool>>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                class="switch"
                role="switch"
                prop:checked=value
                on:change:target=move |event| {
                    let on = event.target().checked();
                    value.set(on);
                    if let Some(changed) = on_change {
                        changed.run(on);
                    }
                }
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}
