//! The writable fields of a noun, declared once: values, paths, changes and their text cannot drift apart.

use chrono::NaiveDate;
use streamflow_kernel::error::{Error, Violations};
use streamflow_kernel::ids::{self, prefix};
use uuid::Uuid;

use crate::custom_field::value;
use crate::record::input::Problem;

/// Declares a struct of values and its enum `Change`, one variant per field, with the path a mask uses and how the timeline shows it.
/// `with custom` adds the fields a company has made, all in one variant.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty, $variant:ident, $path:literal, $shown:expr;)+ } $(with $custom:ident)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
            $(pub $custom: $crate::custom_field::value::Values,)?
        }

        /// One writable field and the value it is to have.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Change {
            $($variant($type),)+
            $(#[doc = concat!("A field of ", stringify!($custom), ".")] Custom($crate::custom_field::value::Set),)?
        }

        /// Paths of the writable fields, in the order forms show them.
        pub const PATHS: &[&str] = &[$($path,)+];

        impl $crate::record::merge::Change for Change {
            fn field(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $path,)+
                    $(Self::Custom($custom) => $custom.path(),)?
                }
            }

            fn text(&self) -> String {
                match self {
                    $(Self::$variant(value) => ($shown)(value),)+
                    $(Self::Custom($custom) => $custom.text(),)?
                }
            }
        }

        impl $crate::record::merge::Fields for $name {
            type Change = Change;

            fn current(&self, change: &Change) -> Change {
                match change {
                    $(Change::$variant(_) => Change::$variant(self.$field.clone()),)+
                    $(Change::Custom($custom) => Change::Custom(self.$custom.current($custom)),)?
                }
            }
        }

        impl $name {
            /// Takes the value of `change` over.
            pub fn set(&mut self, change: Change) {
                match change {
                    $(Change::$variant(value) => self.$field = value,)+
                    $(Change::Custom($custom) => self.$custom.put($custom),)?
                }
            }

            /// Every field with its value.
            pub fn fields(&self) -> Vec<Change> {
                let all = vec![$(Change::$variant(self.$field.clone()),)+];
                $(let all = all.into_iter().chain(self.$custom.sets().map(Change::Custom)).collect();)?
                all
            }
        }
    };
}
pub(crate) use fields;

/// Gathers what is wrong with a request, so that a form can show all of it at once.
pub struct Form {
    noun: &'static str,
    violations: Violations,
}

impl Form {
    /// `noun` is the request's field that holds the record, e.g. "customer".
    pub fn new(noun: &'static str) -> Self {
        Self { noun, violations: Violations::new() }
    }

    /// The value, or none with the problem noted at the field.
    pub fn take<T>(&mut self, path: &str, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.add(path, problem.sentence())).ok()
    }

    /// Notes a problem at a field of the record.
    pub fn add(&mut self, path: &str, message: impl Into<String>) {
        self.violations.add(format!("{}.{path}", self.noun), message.into());
    }

    /// Notes a problem at a field of the request itself.
    pub fn add_outside(&mut self, path: &str, message: impl Into<String>) {
        self.violations.add(path.to_owned(), message.into());
    }

    pub fn finish<T>(self, value: T) -> Result<T, Error> {
        self.violations.into_result()?;
        Ok(value)
    }
}

/// An edit of one record: the version it began from, and the fields to change.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch<C> {
    pub id: Uuid,
    /// The version the caller edited.
    pub version: i64,
    pub changes: Vec<C>,
}

/// What an update request says, before its fields are read.
pub struct Edit<'a> {
    pub noun: &'static str,
    /// Prefix of the record's ids.
    pub prefix: &'static str,
    pub id: &'a str,
    pub version: i64,
    pub mask: &'a [String],
    /// The noun's writable paths. A mask may also name a message ("address") for all its fields.
    pub paths: &'static [&'static str],
    /// Whether the noun has fields of the company's own; those are read apart.
    pub with_custom: bool,
}

impl Edit<'_> {
    /// Reads the fields the mask names with `read`, all problems at once.
    pub fn parse<C>(&self, read: impl Fn(&str) -> Result<C, Problem>) -> Result<Patch<C>, Error> {
        let mut form = Form::new(self.noun);
        let id = ids::parse(self.prefix, self.id);
        if id.is_none() {
            form.add("id", format!("Name the {} to change.", self.noun));
        }
        if self.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let paths = self.masked(&mut form);
        let changes = paths.into_iter().filter_map(|path| form.take(path, read(path))).collect();
        form.finish(Patch { id: id.unwrap_or_default(), version: self.version, changes })
    }

    /// Writable paths the mask names, each once.
    fn masked(&self, form: &mut Form) -> Vec<&'static str> {
        if let Some(problem) = mask_problem(self.mask) {
            form.add_outside("update_mask", problem);
            return Vec::new();
        }
        let mut named: Vec<&'static str> = Vec::new();
        for path in self.mask.iter().filter(|path| !(self.with_custom && value::is_custom(path))) {
            let before = named.len();
            let covers = |writable: &str| {
                writable.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let found = !path.is_empty() && self.paths.iter().any(|writable| covers(writable));
            if !found {
                form.add_outside("update_mask", format!("\"{}\" is no field that can be changed.", brief(path)));
            }
            named.extend(self.paths.iter().filter(|writable| found && covers(writable)));
            dedup_from(&mut named, before);
        }
        named
    }
}

/// Paths a mask has at most: more than any noun has fields, and few enough to tell of each that is wrong.
const MASK: usize = 100;

/// What is wrong with a mask as a whole.
pub fn mask_problem(paths: &[String]) -> Option<&'static str> {
    match paths.len() {
        0 => Some("Name the fields to change."),
        1..=MASK => None,
        _ => Some("Name each field to change once."),
    }
}

/// Drops from `before` on what stands earlier already.
fn dedup_from(named: &mut Vec<&'static str>, before: usize) {
    let fresh: Vec<&'static str> = named.split_off(before);
    for path in fresh {
        if !named.contains(&path) {
            named.push(path);
        }
    }
}

/// A caller's text cut to what fits in a message.
fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

pub fn shown_text(value: &str) -> String {
    value.to_owned()
}

pub fn shown_tags(value: &[String]) -> String {
    value.join(", ")
}

pub fn shown_user(value: &Option<Uuid>) -> String {
    ids::format_option(prefix::USER, *value)
}

pub fn shown_team(value: &Option<Uuid>) -> String {
    ids::format_option(prefix::TEAM, *value)
}

pub fn shown_stage(value: &Option<Uuid>) -> String {
    ids::format_option(prefix::STAGE, *value)
}

pub fn shown_day(value: &Option<NaiveDate>) -> String {
    value.map(|day| day.to_string()).unwrap_or_default()
}

pub fn shown_flag(value: &bool) -> String {
    if *value { "yes" } else { "no" }.to_owned()
}
