//! Custom fields in a form, one control for each type, and in the panel of a record.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, CustomFieldType, RecordKind};
use web_kit::field::{Checkbox, Choice, DateField, SelectField, TextArea, TextField};

use super::{label_with_unit, live, path, words};
use crate::parts::{
    edit::{Draft, Record},
    facts::{Fact, Words},
    field::Values,
    news::RecordNews,
};

/// The fields of a kind. One that was made since the page opened comes with the next page.
#[component]
pub fn CustomFields<T: Record>(kind: RecordKind, draft: Draft<T>) -> impl IntoView {
    let fields: Vec<_> =
        untrack(|| live(kind)).into_iter().filter_map(|field| draft.find(path(&field)).map(|value| (field, value))).collect();
    (!fields.is_empty()).then(|| {
        let (long, short): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(field, _)| field.r#type() == CustomFieldType::Lines);
        view! {
            <div class="form-grid">{short.into_iter().map(|(field, value)| control(&field, value)).collect_view()}</div>
            {long.into_iter().map(|(field, value)| control(&field, value)).collect_view()}
        }
    })
}

fn control(field: &pb::CustomField, value: RwSignal<String>) -> AnyView {
    let (name, label, optional) = (path(field), label_with_unit(field), !field.required);
    let help = Some(field.help.clone()).filter(|help| !help.is_empty()).unwrap_or_default();
    match field.r#type() {
        CustomFieldType::Checkbox => ticked(name, label, value),
        CustomFieldType::Choice => choice(field, value),
        CustomFieldType::Date if help.is_empty() => view! { <DateField name label value optional/> }.into_any(),
        CustomFieldType::Date => view! { <DateField name label value optional help/> }.into_any(),
        CustomFieldType::Lines if help.is_empty() => {
            view! { <TextArea name label value optional rows=3 max_length=2000/> }.into_any()
        }
        CustomFieldType::Lines => view! { <TextArea name label value optional rows=3 max_length=2000 help/> }.into_any(),
        holds => {
            let inputmode = if holds == CustomFieldType::Number { "decimal" } else { "text" };
            if help.is_empty() {
                view! { <TextField name label value optional inputmode max_length=200/> }.into_any()
            } else {
                view! { <TextField name label value optional inputmode max_length=200 help/> }.into_any()
            }
        }
    }
}

/// A value that is offered no longer stays, as long as nobody chooses another.
fn choice(field: &pb::CustomField, value: RwSignal<String>) -> AnyView {
    let offered = field.choices.clone();
    let choices = Signal::derive(move || {
        let now = value.get();
        let mut choices = vec![Choice::new("", t!("Not set"))];
        choices.extend(offered.iter().map(|choice| Choice::new(choice, choice)));
        if choices.iter().all(|choice| choice.value != now) {
            choices.push(Choice::new(now.clone(), now));
        }
        choices
    });
    let (name, label, optional) = (path(field), label_with_unit(field), !field.required);
    if field.help.is_empty() {
        view! { <SelectField name label value choices optional/> }.into_any()
    } else {
        view! { <SelectField name label value choices optional help=field.help.clone()/> }.into_any()
    }
}

fn ticked(name: &'static str, label: String, value: RwSignal<String>) -> AnyView {
    let on = RwSignal::new(value.with_untracked(|text| text == "true"));
    // Both ways: the box follows a form that is filled anew.
    Effect::new(move |before: Option<bool>| {
        let now = on.get();
        if before.is_some_and(|before| before != now) {
            value.set(if now { "true".to_owned() } else { String::new() });
        }
        now
    });
    Effect::new(move |_| {
        let now = value.with(|text| text == "true");
        if on.get_untracked() != now {
            on.set(now);
        }
    });
    view! { <Checkbox label value=on name/> }.into_any()
}

/// The fields that have a value, as lines of a panel.
#[component]
pub fn CustomFacts(kind: RecordKind, values: Values, news: RecordNews) -> impl IntoView {
    move || {
        live(kind)
            .into_iter()
            .filter_map(|field| {
                let text = values.get(&field.key).map(|text| words(&field, text))?;
                let path = path(&field);
                Some(view! { <Fact label=field.label news paths=vec![path]><Words text/></Fact> })
            })
            .collect_view()
    }
}
