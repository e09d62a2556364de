//! What the rows of a file are, in words, and which of it may be brought in.

use leptos::prelude::*;
use streamflow_proto::client::v1::{Import, ImportSubject, RecordKind};

use crate::api::{address, me};

/// What a subject is called, and where its records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    pub subject: ImportSubject,
    pub kind: RecordKind,
    pub one: &'static str,
    pub many: &'static str,
    /// Of the column that fills them.
    pub title: &'static str,
    /// As the choice at the beginning.
    pub heading: &'static str,
    pub about: &'static str,
}

const CUSTOMERS: Noun = Noun {
    subject: ImportSubject::Customers,
    kind: RecordKind::Customer,
    one: mark!("customer"),
    many: mark!("customers"),
    title: mark!("Customer"),
    heading: mark!("Customers"),
    about: mark!("Companies and people you work for, each with one contact if the row names one."),
};

const LEADS: Noun = Noun {
    subject: ImportSubject::Leads,
    kind: RecordKind::Lead,
    one: mark!("lead"),
    many: mark!("leads"),
    title: mark!("Lead"),
    heading: mark!("Leads"),
    about: mark!("People who may become customers. Rows that name nobody are given out by your assignment rules."),
};

/// The words for an import; one of an older server has customers.
pub fn of(import: &Import) -> Noun {
    if import.subject() == ImportSubject::Leads { LEADS } else { CUSTOMERS }
}

/// What this company can bring in.
pub fn offered() -> Vec<Noun> {
    let leads = me().modules.iter().any(|module| module == LEADS.many);
    std::iter::once(CUSTOMERS).chain(leads.then_some(LEADS)).collect()
}

/// The one that an address names ("?what=leads"), or the first.
pub fn named(text: &str) -> ImportSubject {
    let found = offered().into_iter().find(|noun| noun.many == text);
    found.map_or(ImportSubject::Customers, |noun| noun.subject)
}

impl Noun {
    /// The page where such an import begins.
    pub fn begin(self) -> String {
        address(&format!("imports/new?what={}", self.many))
    }
}

/// The question before the file: what its rows are.
#[component]
pub fn WhatIsInIt(chosen: RwSignal<ImportSubject>, #[prop(into)] disabled: Signal<bool>) -> impl IntoView {
    let cards = offered()
        .into_iter()
        .map(|noun| {
            let on = move || chosen.get() == noun.subject;
            view! {
                <label class="option" class:is-checked=on>
                    <span class="check">
                        <input type="radio" name="what" prop:checked=on disabled=disabled on:change=move |_| chosen.set(noun.subject)/>
                    </span>
                    <span>
                        <span class="medium">{t!(noun.heading)}</span>
                        <span class="t-12 soft import-mode-text">{t!(noun.about)}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset>
            <legend class="t-14 import-legend">{t!("What is in the file?")}</legend>
            <div class="import-subjects">{cards}</div>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_what_the_file_holds() {
        let mut import = Import::default();
        assert_eq!(of(&import), CUSTOMERS);
        import.set_subject(ImportSubject::Leads);
        assert_eq!((of(&import).one, of(&import).many), ("lead", "leads"));
    }
}
