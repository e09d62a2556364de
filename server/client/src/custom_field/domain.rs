//! What a custom field may be, and what it takes as a value.

use std::collections::HashSet;

use streamflow_kernel::{
    error::Error,
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{
    record::{
        fields::Form,
        input::{self, Problem},
        kind::Kind,
    },
    search::domain::normalise,
    template::read::{CHOICE, HELP, Holds, KEY, LABEL, MOST_CHOICES, UNIT, is_key},
};

const TEXT: usize = 200;
const LINES: usize = 2_000;
const DIGITS: usize = 12;
const DECIMALS: usize = 4;

/// As stored, on the wire, and what it is.
const TYPES: [(Holds, &str, pb::CustomFieldType); 6] = [
    (Holds::Text, "text", pb::CustomFieldType::Text),
    (Holds::Lines, "lines", pb::CustomFieldType::Lines),
    (Holds::Number, "number", pb::CustomFieldType::Number),
    (Holds::Date, "date", pb::CustomFieldType::Date),
    (Holds::Choice, "choice", pb::CustomFieldType::Choice),
    (Holds::Checkbox, "checkbox", pb::CustomFieldType::Checkbox),
];

impl Holds {
    pub fn as_str(self) -> &'static str {
        TYPES.iter().find(|(holds, ..)| *holds == self).map_or("", |(_, text, _)| text)
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        TYPES.iter().find(|(_, known, _)| *known == text).map(|(holds, ..)| *holds)
    }

    pub fn into_pb(self) -> pb::CustomFieldType {
        TYPES.iter().find(|(holds, ..)| *holds == self).map_or(pb::CustomFieldType::Unspecified, |(.., wire)| *wire)
    }

    fn from_pb(wire: pb::CustomFieldType) -> Option<Self> {
        TYPES.iter().find(|(.., known)| *known == wire).map(|(holds, ..)| *holds)
    }
}

/// A field that is to be: all of it for a new one, for an edit what can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewField {
    pub kind: Kind,
    pub key: String,
    pub holds: Holds,
    pub look: Look,
}

/// What of a field can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub label: String,
    pub choices: Vec<String>,
    pub required: bool,
    pub help: String,
    pub unit: String,
}

/// An edit of a field. Whether it fits the field's type is for [`Look::check`], which knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEdit {
    pub id: Uuid,
    pub version: i64,
    pub look: Look,
}

impl NewField {
    pub fn parse(field: Option<pb::CustomField>) -> Result<Self, Error> {
        let field = field.unwrap_or_default();
        let mut form = Form::new("field");
        let kind = kind(field.kind);
        if kind.is_none() {
            form.add("kind", "Choose customers or leads.");
        }
        if !is_key(&field.key) {
            form.add("key", format!("Use 1 to {KEY} of a-z, 0-9 and underscores, a letter first."));
        }
        let holds = Holds::from_pb(field.r#type());
        let look = Look::parse(&field, &mut form);
        match holds {
            Some(holds) => look.note(holds, &mut form),
            None => form.add("type", "Choose what the field holds."),
        }
        let new = Self { kind: kind.unwrap_or(Kind::Customer), key: field.key, holds: holds.unwrap_or(Holds::Text), look };
        form.finish(new)
    }
}

impl FieldEdit {
    pub fn parse(field: Option<pb::CustomField>) -> Result<Self, Error> {
        let field = field.unwrap_or_default();
        let mut form = Form::new("field");
        let id = ids::parse(prefix::FIELD, &field.id);
        if id.is_none() {
            form.add("id", "Name the field to change.");
        }
        if field.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let look = Look::parse(&field, &mut form);
        form.finish(Self { id: id.unwrap_or_default(), version: field.version, look })
    }
}

impl Look {
    fn parse(field: &pb::CustomField, form: &mut Form) -> Self {
        Self {
            label: form.take("label", input::required("a name", &field.label, LABEL)).unwrap_or_default(),
            choices: form.take("choices", choices(&field.choices)).unwrap_or_default(),
            required: field.required,
            help: form.take("help", input::line(&field.help, HELP)).unwrap_or_default(),
            unit: form.take("unit", input::line(&field.unit, UNIT)).unwrap_or_default(),
        }
    }

    /// Refuses what does not go with the field's type.
    pub fn check(&self, holds: Holds) -> Result<(), Error> {
        let mut form = Form::new("field");
        self.note(holds, &mut form);
        form.finish(())
    }

    fn note(&self, holds: Holds, form: &mut Form) {
        match (holds, self.choices.len()) {
            (Holds::Choice, 0 | 1) => form.add("choices", "Give at least two choices."),
            (Holds::Choice, _) | (_, 0) => {}
            _ => form.add("choices", "Only a field to choose from has choices."),
        }
        if !self.unit.is_empty() && holds != Holds::Number {
            form.add("unit", "Only numbers have a unit.");
        }
        if self.required && holds == Holds::Checkbox {
            form.add("required", "A box that must be ticked says nothing.");
        }
    }
}

/// Customers and leads have fields of their own.
pub fn kind(wire: i32) -> Option<Kind> {
    Kind::from_pb(wire).filter(|kind| *kind != Kind::Contact)
}

fn choices(texts: &[String]) -> Result<Vec<String>, Problem> {
    if texts.len() > MOST_CHOICES {
        return Err(Problem::new(format!("Give at most {MOST_CHOICES} choices.")));
    }
    let (mut kept, mut seen) = (Vec::new(), HashSet::new());
    for text in texts {
        let choice = input::required("each choice", text, CHOICE)?;
        if !seen.insert(normalise(&choice)) {
            return Err(Problem::new(format!("\"{choice}\" is there twice.")));
        }
        kept.push(choice);
    }
    Ok(kept)
}

/// A text as a value of a field, in the one spelling its type has; none for an empty one.
pub fn read(holds: Holds, choices: &[String], text: &str) -> Result<Option<String>, Problem> {
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    match holds {
        Holds::Text => input::line(text, TEXT).map(filled),
        Holds::Lines => input::lines(text, LINES).map(filled),
        // Apart from the reading, which the guess needs in turn.
        Holds::Number => number(text.trim()).map_err(|problem| problem.suggest(likely_number(text))),
        Holds::Date => input::day(text).map(|day| day.map(|day| day.to_string())),
        Holds::Choice => choice(choices, text.trim()),
        Holds::Checkbox => checkbox(text.trim()),
    }
}

fn choice(choices: &[String], text: &str) -> Result<Option<String>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let wanted = normalise(text);
    let found = choices.iter().find(|choice| choice.as_str() == text || normalise(choice) == wanted);
    found.cloned().map(Some).ok_or_else(|| Problem::new(format!("Choose one of these: {}.", choices.join(", "))))
}

fn checkbox(text: &str) -> Result<Option<String>, Problem> {
    match normalise(text).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "ja" | "oui" | "si" => Ok(Some("true".to_owned())),
        "" | "false" | "no" | "n" | "0" | "nein" | "non" if !text.contains(|c: char| !c.is_alphanumeric()) => Ok(None),
        _ => Err(Problem::new("Write yes or no.")),
    }
}

/// Without sign for nothing, without zeros that say nothing: equal numbers are equal texts.
pub fn number(text: &str) -> Result<Option<String>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(decimals) {
        return Err(Problem::new("Enter a number, e.g. 1250.5."));
    }
    let (whole, decimals) = (whole.trim_start_matches('0'), decimals.trim_end_matches('0'));
    if whole.len() > DIGITS || decimals.len() > DECIMALS {
        return Err(Problem::new(format!("Use at most {DIGITS} digits before the point and {DECIMALS} after it.")));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(Some(match (whole, decimals) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{decimals}"),
    }))
}

/// "1,250.50" and "1.250,50" mean the same number in two countries; a lone comma is a decimal one.
fn likely_number(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let plain = match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(point)) if comma < point => text.replace(',', ""),
        (Some(_), Some(_)) => text.replace('.', "").replace(',', "."),
        (Some(_), None) if text.matches(',').count() == 1 => text.replace(',', "."),
        _ => text.replace([',', '.'], ""),
    };
    number(&plain).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(holds: Holds, text: &str) -> Result<Option<String>, Problem> {
        read(holds, &["Flat".to_owned(), "Gable".to_owned()], text)
    }

    #[test]
    fn equal_values_are_equal_texts() {
        for (holds, text, kept) in [
            (Holds::Text, "  a ", "a"),
            (Holds::Lines, "a\r\nb", "a\nb"),
            (Holds::Number, "007.50", "7.5"),
            (Holds::Number, "-0.0", "0"),
            (Holds::Number, "-12", "-12"),
            (Holds::Number, ".5x", ""),
            (Holds::Date, " 2026-11-20 ", "2026-11-20"),
            (Holds::Choice, "FLAT", "Flat"),
            (Holds::Checkbox, "Yes", "true"),
            (Holds::Checkbox, "no", ""),
            (Holds::Choice, "", ""),
        ] {
            assert_eq!(value(holds, text).unwrap_or_default().unwrap_or_default(), kept, "{text}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_a_likely_one() {
        for (text, meant) in
            [("1,250.50", "1250.5"), ("1.250,50", "1250.5"), ("12,5", "12.5"), ("1 250", "1250"), ("1,2,3", "123")]
        {
            assert_eq!(value(Holds::Number, text).unwrap_err().suggestion.as_deref(), Some(meant), "{text}");
        }
        for (holds, text) in [
            (Holds::Number, "1e3"),
            (Holds::Number, "1234567890123"),
            (Holds::Number, "0.12345"),
            (Holds::Date, "20.11.2026"),
            (Holds::Choice, "Round"),
            (Holds::Checkbox, "perhaps"),
            (Holds::Text, "a\u{0}b"),
        ] {
            assert!(value(holds, text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_problem_of_a_field_is_told_at_once() {
        let wrong =
            pb::CustomField { key: "Roof type".into(), choices: vec!["x".into()], unit: "m".into(), ..Default::default() };
        let Err(Error::Invalid(violations)) = NewField::parse(Some(wrong.clone())) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["field.kind", "field.key", "field.label", "field.type"]);
        let wrong = pb::CustomField { r#type: 1, kind: 2, required: true, label: "Roof".into(), ..wrong };
        let Err(Error::Invalid(violations)) = NewField::parse(Some(wrong)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["field.kind", "field.key", "field.choices", "field.unit"]);
    }
}
