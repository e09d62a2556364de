//! Custom fields in lists: chips, filters and columns.

use std::cell::RefCell;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, CustomFieldType, RecordKind};
use web_kit::{
    field::Choice,
    lasting::lasting,
    list::{
        chips::{ChipOf, Compare},
        filter_bar::{FilterDef, FilterKind},
    },
    table::Column,
};

use super::{label_with_unit, live, path, words};
use crate::parts::field::Values;

thread_local! {
    /// Chips by what they were made of, so that a list opened again makes none.
    static CHIPS: RefCell<Vec<(Vec<ChipOf>, &'static [ChipOf])>> = const { RefCell::new(Vec::new()) };
}

/// The chips of a list with those of the company's fields.
pub fn chips(own: &'static [ChipOf], kind: RecordKind) -> &'static [ChipOf] {
    let wanted: Vec<ChipOf> = own.iter().copied().chain(untrack(|| live(kind)).iter().flat_map(of_field)).collect();
    CHIPS.with_borrow_mut(|known| {
        if let Some((_, chips)) = known.iter().find(|(made_of, _)| *made_of == wanted) {
            return *chips;
        }
        let kept: &'static [ChipOf] = Box::leak(wanted.clone().into_boxed_slice());
        known.push((wanted, kept));
        kept
    })
}

/// Numbers and dates are a range, texts are looked into, the others are equal.
fn of_field(field: &pb::CustomField) -> Vec<ChipOf> {
    let path = path(field);
    match field.r#type() {
        CustomFieldType::Number | CustomFieldType::Date => {
            vec![ChipOf::new(path, Compare::From), ChipOf::named(until(path), path, Compare::Until)]
        }
        CustomFieldType::Choice | CustomFieldType::Checkbox => vec![ChipOf::new(path, Compare::Equal)],
        _ => vec![ChipOf::new(path, Compare::Has)],
    }
}

/// The chip of a range's other end.
fn until(path: &str) -> &'static str {
    lasting(&format!("{path}.until"))
}

/// What a list can be narrowed by.
pub fn filters(kind: RecordKind) -> Vec<FilterDef> {
    untrack(|| live(kind)).iter().flat_map(filters_of).collect()
}

fn filters_of(field: &pb::CustomField) -> Vec<FilterDef> {
    let path = path(field);
    let def = |field, label: &str, kind| FilterDef { field, label: lasting(label), kind };
    let fixed = |choices: Vec<Choice>| FilterKind::Choice(Signal::stored(choices));
    let name = label_with_unit(field);
    match field.r#type() {
        CustomFieldType::Number => vec![
            def(path, &t!("{name} from", name), FilterKind::Text),
            def(until(path), &t!("{name} up to", name), FilterKind::Text),
        ],
        CustomFieldType::Date => {
            vec![def(path, &name, FilterKind::Since), def(until(path), &t!("{name} up to", name), FilterKind::Since)]
        }
        CustomFieldType::Checkbox => {
            vec![def(path, &name, fixed(vec![Choice::new("true", t!("Yes")), Choice::new("false", t!("No"))]))]
        }
        CustomFieldType::Choice => {
            vec![def(path, &name, fixed(field.choices.iter().map(|choice| Choice::new(choice, choice)).collect()))]
        }
        _ => vec![def(path, &name, FilterKind::Text)],
    }
}

/// Columns to choose. The list can't be ordered by them: no index serves that.
pub fn columns<T: 'static>(kind: RecordKind, values: fn(&T) -> &Values) -> Vec<Column<T>> {
    let column = |field: pb::CustomField| {
        let (id, label) = (path(&field), field.label.clone());
        let is_number = field.r#type() == CustomFieldType::Number;
        let column = Column::new(id, label, move |record: &T| {
            let text = values(record).get(&field.key).map(String::as_str).unwrap_or_default();
            words(&field, text)
        });
        let column = column.width(140).hidden();
        if is_number { column.numeric() } else { column }
    };
    untrack(|| live(kind)).into_iter().map(column).collect()
}
