//! A form: the server's findings at their fields, Ctrl-Enter, and a question before typed work is thrown away.

use std::{future::Future, rc::Rc};

use futures::future::LocalBoxFuture;
use leptos::{ev, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::{
        act::Act,
        error::{ApiError, same_field},
    },
    browser,
    error_panel::ErrorNote,
    guard::guard_while,
};

/// What a form knows about itself. Fields inside find it by context.
#[derive(Clone, Copy)]
pub struct FormState {
    refused: RwSignal<Option<ApiError>>,
    fields: RwSignal<Vec<&'static str>>,
    /// The refusal named fields, so that nothing is left to say above the form once they are corrected.
    at_fields: RwSignal<bool>,
    pub busy: RwSignal<bool>,
    /// Typed since it was opened or saved.
    pub dirty: RwSignal<bool>,
    act: StoredValue<Rc<Act>, LocalStorage>,
}

impl Default for FormState {
    fn default() -> Self {
        Self::new()
    }
}

impl FormState {
    pub fn new() -> Self {
        Self {
            refused: RwSignal::new(None),
            fields: RwSignal::new(Vec::new()),
            at_fields: RwSignal::new(false),
            busy: RwSignal::new(false),
            dirty: RwSignal::new(false),
            act: StoredValue::new_local(Rc::new(Act::default())),
        }
    }

    /// The act of this form, for [`crate::api::Api::write`].
    pub fn act(self) -> Rc<Act> {
        self.act.get_value()
    }

    /// Runs the call, keeps the form busy meanwhile, and shows a refusal at its fields. `done` gets the answer.
    pub fn send<T: 'static>(self, call: impl Future<Output = Result<T, ApiError>> + 'static, done: impl FnOnce(T) + 'static) {
        self.send_boxed(Box::pin(async move {
            let answer = call.await?;
            Ok(Box::new(move || done(answer)) as Box<dyn FnOnce()>)
        }));
    }

    fn send_boxed(self, call: LocalBoxFuture<'static, Result<Box<dyn FnOnce()>, ApiError>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.refused.set(None);
        spawn_local(async move {
            let answer = call.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(done) => {
                    self.saved();
                    done();
                }
                Err(error) => self.refuse(error),
            }
        });
    }

    /// Shows a refusal: its violations at their fields, the rest above them. Focus goes to the first bad field.
    pub fn refuse(self, error: ApiError) {
        self.at_fields.set(!error.violations.is_empty());
        self.refused.set(Some(error));
        browser::focus_soon("form [aria-invalid=true]");
    }

    pub fn saved(self) {
        self.dirty.set(false);
        self.refused.set(None);
    }

    pub(crate) fn touched(self, field: &'static str) {
        self.dirty.set(true);
        let stale = self.refused.with_untracked(|error| error.as_ref().is_some_and(|error| error.violation(field).is_some()));
        if stale {
            self.refused.update(|error| {
                if let Some(error) = error {
                    error.violations.retain(|found| !same_field(&found.field, field));
                }
            });
        }
    }

    pub(crate) fn field_error(self, field: &'static str) -> Signal<Option<String>> {
        if !field.is_empty() {
            self.fields.update(|fields| fields.push(field));
            on_cleanup(move || {
                self.fields.try_update(|fields| fields.retain(|one| *one != field));
            });
        }
        Signal::derive(move || self.refused.with(|error| error.as_ref()?.violation(field).map(str::to_owned)))
    }

    /// What no field of this form can show: the error itself, or violations of fields that are not here.
    fn unclaimed(self) -> Option<ApiError> {
        let mut error = self.refused.get()?;
        if !self.at_fields.get() {
            return Some(error);
        }
        let fields = self.fields.get();
        error.violations.retain(|found| !fields.iter().any(|field| same_field(&found.field, field)));
        // The sentence alone: the path of a field means nothing to people.
        let rest: Vec<_> = error.violations.iter().map(|found| found.message.as_str()).collect();
        if rest.is_empty() {
            return None;
        }
        error.message = rest.join(" ");
        Some(error)
    }
}

/// `on_submit` runs on the submit button, Enter in a field and Ctrl-Enter anywhere in the form.
#[component]
pub fn Form(
    state: FormState,
    #[prop(into)] on_submit: Callback<()>,
    #[prop(optional, into)] class: Option<&'static str>,
    /// Asks before leaving with typed work; off for sign-in and other forms that hold nothing.
    #[prop(default = true)]
    guard: bool,
    children: Children,
) -> impl IntoView {
    provide_context(state);
    if guard {
        guard_while(state.dirty.into());
    }
    let send = move || {
        if !state.busy.get_untracked() {
            on_submit.run(());
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        }
    };
    view! {
        <form
            class=class.unwrap_or("stack gap-4")
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
            on:keydown=on_key
        >
            {move || state.unclaimed().map(|error| view! { <ErrorNote error/> })}
            {children()}
        </form>
    }
    .into_any()
}
