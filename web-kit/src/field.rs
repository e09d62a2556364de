//! Fields: label above, help below, and the server's finding in its place. A field knows its form by context.

mod choice;
mod combobox;
mod text;

use leptos::prelude::*;

pub use self::{
    choice::{Checkbox, Choice, SelectField, Switch},
    combobox::{ComboItem, Combobox},
    text::{DateField, PasswordField, TextArea, TextField},
};
use crate::{
    browser,
    form::FormState,
    icon::{Icon, glyphs},
};

/// What ties a control to its label, its help and its error.
#[derive(Clone)]
pub struct FieldTie {
    pub id: String,
    name: &'static str,
    form: Option<FormState>,
    pub error: Signal<Option<String>>,
}

impl FieldTie {
    /// `name` is the field's path in the request, e.g. "email" or "customer.email".
    pub fn new(name: &'static str) -> Self {
        let form = use_context::<FormState>();
        let error = form.map_or_else(|| Signal::derive(|| None), |form| form.field_error(name));
        Self { id: browser::uid("field"), name, form, error }
    }

    pub fn touched(&self) {
        if let Some(form) = self.form {
            form.touched(self.name);
        }
    }

    pub fn note_id(&self) -> String {
        format!("{}-note", self.id)
    }

    pub fn invalid(&self) -> Signal<Option<&'static str>> {
        let error = self.error;
        Signal::derive(move || error.get().map(|_| "true"))
    }
}

/// Label, control and the line under it. For controls that the kit has no field for.
#[component]
pub fn FieldFrame(
    tie: FieldTie,
    #[prop(into)] label: Signal<String>,
    #[prop(optional)] optional: bool,
    #[prop(default = None)] help: Option<String>,
    /// Stands at the end of the label's line.
    #[prop(default = None)]
    aside: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let error = tie.error;
    let note_id = tie.note_id();
    let label = view! {
        <label class="field-label" for=tie.id.clone()>
            {label}
            {optional.then(|| view! { <span class="muted">{t!(" optional")}</span> })}
        </label>
    };
    view! {
        <div class="field" class:is-invalid=move || error.get().is_some()>
            {match aside {
                Some(aside) => view! { <div class="row row-between">{label}{aside.run()}</div> }.into_any(),
                None => label.into_any(),
            }}
            {children()}
            {move || match (error.get(), help.clone()) {
                (Some(error), _) => {
                    view! {
                        <span class="field-error" id=note_id.clone()>
                            <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
                            {error}
                        </span>
                    }
                        .into_any()
                }
                (None, Some(help)) => view! { <span class="field-help" id=note_id.clone()>{help}</span> }.into_any(),
                (None, None) => ().into_any(),
            }}
        </div>
    }
    .into_any()
}
