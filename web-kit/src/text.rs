//! Texts in the person's language, in the manner of gettext: the English text stays where it is read, and is the key under which a
//! catalogue has its translation. English needs no catalogue, and nothing is fetched for it.
//!
//! - `t!("Customers")` is the text itself; with places, `t!("{name} moved to {stage}", name, stage = title)`, it is a new one. A
//!   translation may have the places in any order.
//! - `n!(count, "{count} customer", "{count} customers")` chooses by the number, as the language does it.
//! - `mark!("Customers")` is for tables that are made at compile time; where one is shown, `t!(place.label)` looks it up.
//! - `t!("May" in "a short month")`, where one English word needs two translations.
//! - [`woven`] puts links and names in bold into a text's places.
//!
//! Nothing here follows a change: a page in another language is a page that was loaded anew.

pub mod catalogue;
pub mod places;
mod woven;

use std::{
    fmt::{Display, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

pub use self::woven::woven;
use crate::format::number;

/// Stands before a context and behind it, in the keys of texts that have one. No text begins with it.
const MARK: char = '|';

/// A catalogue is there. Kept apart from it, so that English costs no more than a look at this.
static TRANSLATES: AtomicBool = AtomicBool::new(false);

/// A text in the language in use.
#[macro_export]
macro_rules! t {
    (@value $name:ident) => { &$name };
    (@value $name:ident = $value:expr) => { &$value };
    ($text:literal $(in $context:literal)?) => {
        $crate::text::of($crate::mark!($text $(in $context)?))
    };
    ($marked:expr) => { $crate::text::of($marked) };
    ($text:literal $(in $context:literal)?, $($name:ident $(= $value:expr)?),+ $(,)?) => {{
        const { $crate::text::places::fits($text, &[$(stringify!($name)),+]) };
        $crate::text::fill($crate::mark!($text $(in $context)?), &[$($crate::t!(@value $name $(= $value)?)),+])
    }};
}

/// A text whose form goes by a number (`i64`), which stands at the place `{count}`.
#[macro_export]
macro_rules! n {
    ($count:expr, $one:literal, $many:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        const { $crate::text::places::fits_both($one, $many, &[$(stringify!($name)),*]) };
        $crate::text::plural($count, $one, $many, &[$($crate::t!(@value $name $(= $value)?)),*])
    }};
}

/// A text that `t!` looks up later.
#[macro_export]
macro_rules! mark {
    ($text:literal) => {
        $text
    };
    ($text:literal in $context:literal) => {
        concat!("|", $context, "|", $text)
    };
}

/// The translation of a marked text; what has none stays English.
#[inline(never)]
pub fn of(english: &'static str) -> &'static str {
    if TRANSLATES.load(Ordering::Relaxed) { catalogue::translated(english) } else { plain(english) }
}

/// The text of a key, without its context.
fn plain(key: &'static str) -> &'static str {
    key.strip_prefix(MARK).and_then(|rest| rest.split_once(MARK)).map_or(key, |(_, text)| text)
}

/// `values` are in the order of the English text's places.
#[inline(never)]
pub fn fill(english: &'static str, values: &[&dyn Display]) -> String {
    put(of(english), english, values, "")
}

/// `values` are those of the other places of `many`, in their order.
#[inline(never)]
pub fn plural(count: i64, one: &'static str, many: &'static str, values: &[&dyn Display]) -> String {
    let english = if count == 1 { one } else { many };
    let translates = TRANSLATES.load(Ordering::Relaxed);
    let text = translates.then(|| catalogue::form(many, count)).flatten();
    put(text.as_deref().unwrap_or(english), many, values, &number::count(count))
}

/// Puts the values into a text; `english` tells which is whose.
fn put(text: &str, english: &str, values: &[&dyn Display], count: &str) -> String {
    let mut written = String::with_capacity(text.len() + 16);
    for piece in places::pieces(text) {
        match piece {
            Ok(plain) => written.push_str(plain),
            Err(places::COUNT) if !count.is_empty() => written.push_str(count),
            Err(name) => {
                let names = places::pieces(english).filter_map(Result::err);
                let at = names.filter(|known| count.is_empty() || *known != places::COUNT).position(|known| known == name);
                if let Some(value) = at.and_then(|at| values.get(at)) {
                    let _ = write!(written, "{value}");
                }
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_texts_are_what_stands_there() {
        const MAY: &str = mark!("May" in "a short month");
        assert_eq!(t!("Customers"), "Customers");
        assert_eq!(t!(MAY), "May");
        assert_eq!(t!("May" in "a full month"), "May");
        let name = "Ana";
        assert_eq!(t!("{name} moved to {stage}", name, stage = 2 + 1), "Ana moved to 3");
        assert_eq!(t!("{name} left" in "a meeting", name), "Ana left");
    }

    #[test]
    fn numbers_choose_the_form() {
        let rows = |count| n!(count, "{count} row", "{count} rows");
        assert_eq!([rows(0), rows(1), rows(1_204)], ["0 rows", "1 row", "1,204 rows"]);
        let name = "Ana";
        let told = |count| n!(count, "One task of {name} is late", "{count} tasks of {name} are late", name);
        assert_eq!([told(1), told(2)], ["One task of Ana is late", "2 tasks of Ana are late"]);
    }

    #[test]
    fn a_translation_has_the_places_in_its_own_order() {
        let (name, stage): (&dyn Display, &dyn Display) = (&"Ana", &"Won");
        let english = "{name} moved to {stage}";
        assert_eq!(put("In {stage} ist jetzt {name}", english, &[name, stage], ""), "In Won ist jetzt Ana");
        assert_eq!(put("{stranger}{name} { {stage", english, &[name, stage], ""), "Ana { {stage");
        assert_eq!(put("{name}: {count} Aufgaben", "{count} tasks of {name}", &[name], "3"), "Ana: 3 Aufgaben");
    }
}
