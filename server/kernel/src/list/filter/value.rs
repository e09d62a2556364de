//! Values of a filter, typed by their field.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::{FieldSpec, Kind, Op};
use crate::clock::to_micros;
use crate::ids;

/// A term whose value has its field's type. The store maps `field` to its column, exhaustively over its own
/// schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub field: Cow<'static, str>,
    pub op: Op,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of an `Enum` field: the word as the schema spells it.
    Text(String),
    Id(Uuid),
    Time(DateTime<Utc>),
    Date(NaiveDate),
    Bool(bool),
    Number(i64),
    /// A number as it is written, for fields that hold more than whole ones.
    Decimal(String),
    /// `none`, of an id or a date: IS NULL with `=`, IS NOT NULL with `!=`.
    None,
}

impl fmt::Display for Value {
    /// With its type, so that values of two types never read the same; page tokens depend on this text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text {text}"),
            Self::Id(id) => write!(f, "id {}", id.simple()),
            Self::Time(time) => write!(f, "time {}", time.timestamp_micros()),
            Self::Date(date) => write!(f, "date {date}"),
            Self::Bool(bool) => write!(f, "bool {bool}"),
            Self::Number(number) => write!(f, "number {number}"),
            Self::Decimal(number) => write!(f, "decimal {number}"),
            Self::None => f.write_str("none"),
        }
    }
}

/// Usually one condition; a day on a timestamp field is two.
pub(super) fn conditions(spec: &FieldSpec, op: Op, text: &str) -> Result<Vec<Condition>, String> {
    let name = spec.name;
    if !allowed(spec.kind).contains(&op) {
        let ops: Vec<_> = allowed(spec.kind).iter().map(Op::to_string).collect();
        return Err(format!("{name} can't be compared with \"{op}\", only with {}", ops.join(" ")));
    }
    let one = |value| Ok(vec![Condition { field: Cow::Borrowed(name), op, value }]);
    match spec.kind {
        Kind::Text | Kind::Search => one(Value::Text(text.to_owned())),
        Kind::Uuid(_) if text == "none" => one(Value::None),
        Kind::Uuid(prefix) => match ids::parse(prefix, text) {
            Some(id) => one(Value::Id(id)),
            None => Err(format!("{name} is an id ({prefix}…) or none, not \"{text}\"")),
        },
        Kind::Timestamp => timestamp(name, op, text),
        Kind::Date if text == "none" && matches!(op, Op::Equal | Op::NotEqual) => one(Value::None),
        Kind::Date => match read_date(text) {
            Some(date) => one(Value::Date(date)),
            None => Err(format!("{name} is a date (2026-11-30), not \"{text}\"")),
        },
        Kind::Bool => match text {
            "true" => one(Value::Bool(true)),
            "false" => one(Value::Bool(false)),
            _ => Err(format!("{name} is true or false, not \"{text}\"")),
        },
        Kind::Number => match text.parse() {
            Ok(number) => one(Value::Number(number)),
            Err(_) => Err(format!("{name} is a whole number, not \"{text}\"")),
        },
        Kind::Enum(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => one(Value::Text((*word).to_owned())),
            None => Err(format!("{name} is one of {}, not \"{text}\"", words.join(", "))),
        },
    }
}

fn allowed(kind: Kind) -> &'static [Op] {
    use Op::{Contains, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    match kind {
        Kind::Text => &[Equal, NotEqual, Contains],
        Kind::Search => &[Contains],
        Kind::Uuid(_) | Kind::Bool | Kind::Enum(_) => &[Equal, NotEqual],
        Kind::Timestamp => &[Equal, Less, LessOrEqual, Greater, GreaterOrEqual],
        Kind::Date | Kind::Number => &[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual],
    }
}

/// A moment compares as it is. A day compares as a whole: `<= 2026-11-30` includes that day's evening, which
/// a comparison with its midnight would not.
fn timestamp(field: &'static str, op: Op, text: &str) -> Result<Vec<Condition>, String> {
    let condition = |op, time| Condition { field: Cow::Borrowed(field), op, value: Value::Time(time) };
    let wrong = || format!("{field} is a date (2026-11-30) or a time (2026-11-30T08:00:00Z), not \"{text}\"");
    let Some(day) = read_date(text) else {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?.to_utc();
        return if storable(time.year()) { Ok(vec![condition(op, to_micros(time))]) } else { Err(wrong()) };
    };
    let start = day.and_time(NaiveTime::MIN).and_utc();
    let end = start.checked_add_days(Days::new(1)).ok_or_else(wrong)?;
    Ok(match op {
        Op::Less | Op::GreaterOrEqual => vec![condition(op, start)],
        Op::LessOrEqual => vec![condition(Op::Less, end)],
        Op::Greater => vec![condition(Op::GreaterOrEqual, end)],
        Op::Equal | Op::NotEqual | Op::Contains => {
            vec![condition(Op::GreaterOrEqual, start), condition(Op::Less, end)]
        }
    })
}

/// A day as filters write it.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    let exact = text.len() == 10 && text.is_ascii();
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (exact && storable(date.year())).then_some(date)
}

/// The years of google.protobuf.Timestamp; both databases hold them all.
pub(in crate::list) fn storable(year: i32) -> bool {
    (1..=9999).contains(&year)
}

#[cfg(test)]
mod tests {
    use super::super::{Schema, parse, resolve};
    use super::*;

    const SCHEMA: &Schema = &[
        FieldSpec::new("name", Kind::Text),
        FieldSpec::new("owner_id", Kind::Uuid(ids::prefix::USER)),
        FieldSpec::new("created_at", Kind::Timestamp),
        FieldSpec::new("follow_up_on", Kind::Date),
        FieldSpec::new("archived", Kind::Bool),
        FieldSpec::new("number", Kind::Number),
        FieldSpec::new("kind", Kind::Enum(&["business", "person"])),
    ];

    fn condition(field: &'static str, op: Op, value: Value) -> Condition {
        Condition { field: Cow::Borrowed(field), op, value }
    }

    fn read(text: &str, schema: &Schema) -> Result<Vec<Condition>, Vec<String>> {
        resolve(&parse(text).unwrap(), schema, &|_| None)
    }

    fn time(text: &str) -> Value {
        Value::Time(text.parse().unwrap())
    }

    #[test]
    fn values_get_their_fields_type() {
        let id = Uuid::from_u128(7);
        let text = format!(
            "name : \"O'Neill\" AND owner_id = {} AND created_at >= \"2026-11-01T10:00:00.123456789+02:00\" AND \
             follow_up_on <= 2026-12-24 AND archived = false AND number != -12 AND kind = Business",
            ids::format(ids::prefix::USER, id)
        );
        let expected = vec![
            condition("name", Op::Contains, Value::Text("O'Neill".into())),
            condition("owner_id", Op::Equal, Value::Id(id)),
            condition("created_at", Op::GreaterOrEqual, time("2026-11-01T08:00:00.123456Z")),
            condition("follow_up_on", Op::LessOrEqual, Value::Date("2026-12-24".parse().unwrap())),
            condition("archived", Op::Equal, Value::Bool(false)),
            condition("number", Op::NotEqual, Value::Number(-12)),
            condition("kind", Op::Equal, Value::Text("business".into())),
        ];
        assert_eq!(read(&text, SCHEMA).unwrap(), expected);
    }

    #[test]
    fn none_asks_for_absent_ids_and_dates() {
        let found = read("owner_id = none AND follow_up_on != none", SCHEMA).unwrap();
        let expected = vec![condition("owner_id", Op::Equal, Value::None), condition("follow_up_on", Op::NotEqual, Value::None)];
        assert_eq!(found, expected);
        assert!(read("follow_up_on < none", SCHEMA).is_err());
        assert_eq!(read("name = none", SCHEMA).unwrap()[0].value, Value::Text("none".into()));
    }

    #[test]
    fn a_day_on_a_time_means_the_whole_day() {
        let (start, end) = (time("2026-11-30T00:00:00Z"), time("2026-12-01T00:00:00Z"));
        let cases = [
            ("<", vec![(Op::Less, start.clone())]),
            ("<=", vec![(Op::Less, end.clone())]),
            (">", vec![(Op::GreaterOrEqual, end.clone())]),
            (">=", vec![(Op::GreaterOrEqual, start.clone())]),
            ("=", vec![(Op::GreaterOrEqual, start), (Op::Less, end)]),
        ];
        for (op, expected) in cases {
            let found = read(&format!("created_at {op} 2026-11-30"), SCHEMA).unwrap();
            let found: Vec<_> = found.into_iter().map(|c| (c.op, c.value)).collect();
            assert_eq!(found, expected, "{op}");
        }
    }

    #[test]
    fn all_problems_come_back_at_once_and_say_what_is_right() {
        let text = "nmae = x AND owner_id = org_1 AND created_at != 2026-01-01 AND created_at > yesterday AND \
                    follow_up_on = 2026-02-30 AND archived = yes AND number = 9223372036854775808 AND kind = dog \
                    AND name < x AND follow_up_on = 2026-2-3 AND created_at > \"10000-01-01T00:00:00Z\"";
        let problems = read(text, SCHEMA).unwrap_err();
        let expected = [
            "There is no field \"nmae\" to filter by (at character 1). Fields: name, owner_id, created_at, \
             follow_up_on, archived, number, kind.",
            "owner_id is an id (usr_…) or none, not \"org_1\" (at character 14).",
            "created_at can't be compared with \"!=\", only with = < <= > >= (at character 35).",
            "created_at is a date (2026-11-30) or a time (2026-11-30T08:00:00Z), not \"yesterday\" (at character 64).",
            "follow_up_on is a date (2026-11-30), not \"2026-02-30\" (at character 91).",
            "archived is true or false, not \"yes\" (at character 121).",
            "number is a whole number, not \"9223372036854775808\" (at character 140).",
            "kind is one of business, person, not \"dog\" (at character 173).",
            "name can't be compared with \"<\", only with = != : (at character 188).",
            "follow_up_on is a date (2026-11-30), not \"2026-2-3\" (at character 201).",
            "created_at is a date (2026-11-30) or a time (2026-11-30T08:00:00Z), not \"10000-01-01T00:00:00Z\" \
             (at character 229).",
        ];
        assert_eq!(problems, expected);
    }
}
