//! Filters of lists: a subset of AIP-160, read and typed before anything touches the database.
//!
//! `field op value (AND field op value)*` with the operators `= != < <= > >= :`, where `:` means contains.
//! A value is quoted, with `\"` and `\\` as its only escapes, or a bare word of letters, digits and `_.@+-`.
//! OR, NOT and parentheses are absent on purpose: each filter is then a list of conditions an index can
//! serve, and the filter chips of a list can show any filter there is.

use std::fmt;

mod parse;
mod value;

pub use parse::{FilterError, parse};
pub(in crate::list) use value::storable;
pub use value::{Condition, Value, read_date};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// One `field op value` as written; `position` is the first character of the field, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub field: String,
    pub op: Op,
    pub value: String,
    pub position: usize,
}

/// What a field holds, and so which operators and values it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// What is typed to search; how that is read is the list's own matter.
    Search,
    /// An id with this wire prefix.
    Uuid(&'static str),
    /// RFC 3339, or a date, which stands for that whole day in UTC.
    Timestamp,
    Date,
    Bool,
    Number,
    /// One of these words, written in either case.
    Enum(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    pub kind: Kind,
}

/// The fields a list can be filtered by.
pub type Schema = [FieldSpec];

impl FieldSpec {
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// Reads terms of fields that no schema knows, such as those a company has made; `None` for a term that is none of them.
pub type Others<'a> = dyn Fn(&Term) -> Option<Result<Condition, String>> + 'a;

/// Types each term by its field. All problems come back at once, as sentences.
pub fn resolve(terms: &[Term], schema: &Schema, others: &Others<'_>) -> Result<Vec<Condition>, Vec<String>> {
    let mut conditions = Vec::with_capacity(terms.len());
    let mut problems = Vec::new();
    for term in terms {
        let found = match others(term) {
            Some(found) => found.map(|condition| vec![condition]).map_err(|message| at(&message, term)),
            None => resolve_term(term, schema),
        };
        match found {
            Ok(found) => conditions.extend(found),
            Err(message) => problems.push(message),
        }
    }
    if problems.is_empty() { Ok(conditions) } else { Err(problems) }
}

fn resolve_term(term: &Term, schema: &Schema) -> Result<Vec<Condition>, String> {
    let Some(spec) = schema.iter().find(|spec| spec.name == term.field) else {
        let known: Vec<_> = schema.iter().map(|spec| spec.name).collect();
        return Err(format!(
            "There is no field \"{}\" to filter by (at character {}). Fields: {}.",
            term.field,
            term.position,
            known.join(", ")
        ));
    };
    value::conditions(spec, term.op, &term.value).map_err(|message| at(&message, term))
}

fn at(message: &str, term: &Term) -> String {
    format!("{message} (at character {}).", term.position)
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => ":",
        })
    }
}
