//! Editing a record: a draft as text, saving with the version that was edited, and the question when two people changed
//! the same field.

use std::{collections::BTreeMap, future::Future};

use leptos::prelude::*;
use prost_types::Timestamp;
use web_kit::{
    api::{act::Act, error::ApiError},
    form::FormState,
    guard::guard_while,
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use super::{
    conflict::{Answers, Conflict},
    field::{FieldOf, changed, label},
};

/// A record that people edit.
pub trait Record: Clone + Default + PartialEq + Send + Sync + 'static {
    const FIELDS: &'static [FieldOf<Self>];
    /// Fields of the company's own.
    fn custom_fields() -> Vec<FieldOf<Self>> {
        Vec::new()
    }

    /// All of them.
    fn fields() -> Vec<FieldOf<Self>> {
        Self::FIELDS.iter().copied().chain(Self::custom_fields()).collect()
    }

    /// What it is called in a sentence: "customer".
    const ONE: &'static str;

    fn id(&self) -> &str;
    fn version(&self) -> i64;
    fn set_version(&mut self, version: i64);
    fn changed_at(&self) -> Option<Timestamp>;

    /// Sends the fields of `mask`. Gives the record as it is now, and the fields that others changed meanwhile.
    fn send(act: &Act, record: Self, mask: Vec<String>) -> impl Future<Output = Result<(Self, Vec<String>), ApiError>>;

    /// What the refusal of a stale save holds: the record now, the fields both changed, and who changed them.
    fn stale(error: &ApiError, original: &Self, yours: &Self) -> Option<(Self, Vec<String>, String)>;
}

/// One signal per field, so that a form can be closed and opened again without losing what was typed.
pub struct Draft<T: Record> {
    texts: StoredValue<BTreeMap<&'static str, RwSignal<String>>>,
    record: std::marker::PhantomData<fn() -> T>,
}

impl<T: Record> Clone for Draft<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for Draft<T> {}

impl<T: Record> Default for Draft<T> {
    fn default() -> Self {
        let empty = T::default();
        let texts = T::fields().iter().map(|field| (field.path, RwSignal::new(field.get(&empty)))).collect();
        Self { texts: StoredValue::new(texts), record: std::marker::PhantomData }
    }
}

impl<T: Record> Draft<T> {
    /// The text of one of the record's fields.
    pub fn text(self, path: &'static str) -> RwSignal<String> {
        self.find(path).unwrap_or_default()
    }

    /// None for a field the company has made since this page opened.
    pub fn find(self, path: &str) -> Option<RwSignal<String>> {
        self.texts.with_value(|texts| texts.get(path).copied())
    }

    pub fn fill(self, record: &T) {
        for field in T::fields() {
            if let Some(text) = self.find(field.path) {
                text.set(field.get(record));
            }
        }
    }

    /// `record` with what was typed.
    pub fn read(self, mut record: T) -> T {
        for field in T::fields() {
            if let Some(text) = self.find(field.path) {
                field.set(&mut record, &text.get_untracked());
            }
        }
        record
    }
}

/// One edit, from "Edit" to "Save".
pub struct Edit<T: Record> {
    pub open: RwSignal<bool>,
    pub draft: Draft<T>,
    pub form: FormState,
    /// As the record was when the edit began.
    pub original: RwSignal<Option<T>>,
    pub conflict: RwSignal<Option<Conflict<T>>>,
    saved: Callback<T>,
}

impl<T: Record> Clone for Edit<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for Edit<T> {}

enum Outcome<T> {
    Saved(T, Vec<String>),
    Stale(Conflict<T>),
    Refused(ApiError),
}

impl<T: Record> Edit<T> {
    /// `saved` gets the record as the server has it now.
    pub fn new(saved: impl Fn(T) + Send + Sync + 'static) -> Self {
        let form = FormState::new();
        // Here and not in the form alone, which goes when it is closed while the draft stays.
        guard_while(form.dirty.into());
        Self {
            open: RwSignal::new(false),
            draft: Draft::default(),
            form,
            original: RwSignal::new(None),
            conflict: RwSignal::new(None),
            saved: Callback::new(saved),
        }
    }

    /// Opens the form. What was typed into it and not saved is still there.
    pub fn begin(self, record: T) {
        if !self.form.dirty.get_untracked() {
            self.draft.fill(&record);
            self.form.saved();
            self.original.set(Some(record));
        }
        self.open.set(true);
    }

    /// As [`begin`](Self::begin), for a form that several records share: what was typed for another one is dropped.
    pub fn begin_other(self, record: T) {
        let same = self.original.with_untracked(|original| original.as_ref().is_some_and(|known| T::id(known) == T::id(&record)));
        if !same {
            self.form.saved();
        }
        self.begin(record);
    }

    /// Back from the question to the form, which still holds what was typed.
    pub fn keep_editing(self) {
        self.conflict.set(None);
        self.open.set(true);
    }

    /// Forgets what was typed.
    pub fn discard(self) {
        self.form.saved();
        self.open.set(false);
        self.conflict.set(None);
    }

    /// Sends what was typed.
    pub fn save(self) {
        let Some(original) = self.original.get_untracked() else {
            return;
        };
        let yours = self.draft.read(original.clone());
        let mask = changed(&T::fields(), &original, &yours);
        self.send(original, yours, mask);
    }

    /// Sends what a conflict came to.
    pub fn save_merged(self, answers: &Answers) {
        if let Some(conflict) = self.conflict.get_untracked() {
            self.send_merged(conflict, answers);
        }
    }

    fn send_merged(self, conflict: Conflict<T>, answers: &Answers) {
        let (mut record, mask) = conflict.resolve(&T::fields(), answers);
        record.set_version(conflict.current.version());
        self.send(conflict.current, record, mask);
    }

    fn send(self, original: T, yours: T, mask: Vec<&'static str>) {
        if mask.is_empty() {
            self.finish(original, &[]);
            return;
        }
        let act = self.form.act();
        let paths = mask.into_iter().map(str::to_owned).collect();
        let call = async move {
            match T::send(&act, yours.clone(), paths).await {
                Ok((record, merged)) => Ok(Outcome::Saved(record, merged)),
                Err(error) => match T::stale(&error, &original, &yours) {
                    Some((current, paths, by)) => Ok(Outcome::Stale(Conflict { original, yours, current, paths, by })),
                    None => Ok(Outcome::Refused(error)),
                },
            }
        };
        self.form.send(call, move |outcome| match outcome {
            Outcome::Saved(record, merged) => self.finish(record, &merged),
            // Others saved, but nothing that this person touched: both fit together.
            Outcome::Stale(conflict) if conflict.paths.is_empty() => self.send_merged(conflict, &Answers::new()),
            // Nothing is saved yet. The form makes room for the question, or comes back with what is wrong.
            Outcome::Stale(conflict) => {
                self.form.dirty.set(true);
                self.open.set(false);
                self.conflict.set(Some(conflict));
            }
            Outcome::Refused(error) => {
                self.keep_editing();
                self.form.dirty.set(true);
                self.form.refuse(error);
            }
        });
    }

    fn finish(self, record: T, merged: &[String]) {
        self.discard();
        if !merged.is_empty() {
            let kept: Vec<_> = merged.iter().map(|path| label(path)).collect();
            use_toasts().say(t!("Saved. Changed meanwhile by others and kept: {kept}", kept = kept.join(", ")));
        }
        self.saved.run(record);
    }
}

/// Says in the form that another person saved while it was open; nothing of what is typed changes.
#[component]
pub fn StaleNote<T: Record>(edit: Edit<T>, version: Signal<i64>) -> impl IntoView {
    let newer = move || edit.original.with(|original| original.as_ref().is_some_and(|one| version.get() > one.version()));
    view! {
        <Show when=newer>
            <div class="note" role="status">
                <Icon glyph=glyphs::PEN/>
                <span>
                    {t!("Somebody saved this record while you edit. What you typed stays; where both changed the same field, you will be asked.")}
                </span>
            </div>
        </Show>
    }
}
