//! How dates, times and numbers are written: as the browser does it, or as a region that the person has chosen for this browser.
//! Words follow the language (`crate::text`).
//!
//! The browser knows every region; it is asked once a choice. What writes with it follows a change wherever it is read inside a
//! view's closure, so pages change at once.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::reactive::graph::Observer;
use wasm_bindgen::JsValue;

use crate::browser;

const KEY: &str = "region";

/// What can be chosen: the tag that is kept, and its name.
pub const CHOICES: [(&str, &str); 6] = [
    ("", mark!("As the browser")),
    ("en-GB", mark!("English, United Kingdom")),
    ("en-IE", mark!("English, Ireland")),
    ("en-US", mark!("English, United States")),
    ("de-DE", mark!("German formats")),
    ("fr-FR", mark!("French formats")),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Between groups of three digits; none where they stand together.
    pub group: Option<char>,
    pub decimal: char,
    pub order: Order,
    /// "20. November".
    pub day_dot: bool,
    /// "1:48 PM".
    pub hours_12: bool,
    /// "2.184,00 €".
    pub currency_after: bool,
}

impl Region {
    /// What is written before the browser was asked, and where it does not know.
    pub const USUAL: Self = Self {
        group: Some(','),
        decimal: '.',
        order: Order::DayMonthYear,
        day_dot: false,
        hours_12: false,
        currency_after: false,
    };
}

thread_local! {
    static CURRENT: Cell<Region> = const { Cell::new(Region::USUAL) };
    static CHANGED: ArcTrigger = ArcTrigger::new();
}

/// The region in force.
pub fn current() -> Region {
    follow();
    CURRENT.get()
}

/// Has the view around it made anew when another region is chosen, for what is written inside of components.
pub fn follow() {
    // Outside of views there is nobody to be told.
    if Observer::get().is_some() {
        CHANGED.with(Track::track);
    }
}

/// The tag that was chosen; empty for none.
pub fn chosen() -> String {
    let kept = browser::stored(KEY).unwrap_or_default();
    CHOICES.into_iter().find(|(tag, _)| *tag == kept).map(|(tag, _)| tag.to_owned()).unwrap_or_default()
}

/// Applies what was chosen before.
pub fn start() {
    CURRENT.set(ask(&chosen()));
}

/// Applies and remembers.
pub fn choose(tag: &str) {
    browser::store(KEY, (!tag.is_empty()).then_some(tag));
    start();
    CHANGED.with(Notify::notify);
}

/// Asks the browser how `tag` writes, or how it writes itself.
fn ask(tag: &str) -> Region {
    let locales = js_sys::Array::new();
    if !tag.is_empty() {
        locales.push(&tag.into());
    }
    let options = |entries: &[(&str, &str)]| {
        let options = js_sys::Object::new();
        for (key, value) in entries {
            let _ = js_sys::Reflect::set(&options, &(*key).into(), &(*value).into());
        }
        options
    };
    let numbers = |entries: &[(&str, &str)], value: f64| {
        parts(&js_sys::Intl::NumberFormat::new(&locales, &options(entries)).format_to_parts(value))
    };
    let moments = |entries: &[(&str, &str)]| js_sys::Intl::DateTimeFormat::new(&locales, &options(entries));
    let day = moments(&[("day", "numeric"), ("month", "long"), ("year", "numeric")]);
    let hours = moments(&[("hour", "numeric")]).resolved_options();
    read(
        &numbers(&[], 1_234_567.5),
        &numbers(&[("style", "currency"), ("currency", "EUR")], 1.0),
        &parts(&day.format_to_parts(&js_sys::Date::new_0())),
        js_sys::Reflect::get(&hours, &"hour12".into()).is_ok_and(|hours_12| hours_12.is_truthy()),
    )
}

/// Kind and text of each.
type Parts = Vec<(String, String)>;

fn parts(formatted: &js_sys::Array) -> Parts {
    let field = |part: &JsValue, name: &str| js_sys::Reflect::get(part, &name.into()).ok()?.as_string();
    formatted.iter().filter_map(|part| Some((field(&part, "type")?, field(&part, "value")?))).collect()
}

fn read(number: &Parts, money: &Parts, date: &Parts, hours_12: bool) -> Region {
    let place = |parts: &Parts, kind: &str| parts.iter().position(|(of, _)| of == kind);
    let first = |kind: &str| number.get(place(number, kind)?).and_then(|(_, text)| text.chars().next());
    let (day, month, year) = (place(date, "day"), place(date, "month"), place(date, "year"));
    let order = match () {
        () if day < month => Order::DayMonthYear,
        () if year < month => Order::YearMonthDay,
        () => Order::MonthDayYear,
    };
    let behind_day = day.and_then(|day| date.get(day + 1));
    Region {
        group: first("group"),
        decimal: first("decimal").unwrap_or(Region::USUAL.decimal),
        order,
        day_dot: behind_day.is_some_and(|(_, text)| text.starts_with('.')),
        hours_12,
        currency_after: place(money, "integer") < place(money, "currency"),
    }
}

/// Writes in a region as long as the test runs.
#[cfg(test)]
pub(super) fn in_test(region: Region) {
    CURRENT.set(region);
}

#[cfg(test)]
pub(super) const GERMAN: Region = Region { group: Some('.'), decimal: ',', day_dot: true, currency_after: true, ..Region::USUAL };
#[cfg(test)]
pub(super) const AMERICAN: Region = Region { order: Order::MonthDayYear, hours_12: true, ..Region::USUAL };

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parts: &[(&str, &str)]) -> Parts {
        parts.iter().map(|(kind, text)| ((*kind).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_the_browser_tells_is_read() {
        let german = read(
            &told(&[("integer", "1"), ("group", "."), ("integer", "234"), ("decimal", ","), ("fraction", "5")]),
            &told(&[("integer", "1"), ("decimal", ","), ("fraction", "00"), ("literal", " "), ("currency", "€")]),
            &told(&[("day", "20"), ("literal", ". "), ("month", "November"), ("literal", " "), ("year", "2026")]),
            false,
        );
        assert_eq!(german, GERMAN);
        let american = read(
            &told(&[("integer", "1"), ("group", ","), ("integer", "234"), ("decimal", "."), ("fraction", "5")]),
            &told(&[("currency", "€"), ("integer", "1"), ("decimal", "."), ("fraction", "00")]),
            &told(&[("month", "November"), ("literal", " "), ("day", "20"), ("literal", ", "), ("year", "2026")]),
            true,
        );
        assert_eq!(american, AMERICAN);
        let year_first = told(&[("year", "2026"), ("literal", ". "), ("month", "11"), ("day", "20")]);
        assert_eq!(read(&Parts::new(), &Parts::new(), &year_first, false).order, Order::YearMonthDay);
    }
}
