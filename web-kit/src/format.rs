//! How values are written: as in the person's region, tabular numbers with a real minus, money from minor units.

pub mod date;
pub mod device;
pub mod money;
pub mod number;
pub mod region;
pub mod zone;

use leptos::prelude::*;
use prost_types::Timestamp;

use crate::browser;

/// "12 min ago", "Yesterday", "18 Nov"; empty for none.
pub fn ago(at: Option<&Timestamp>) -> String {
    at.map(|at| date::ago(zone::local(at.seconds), zone::local(browser::now()))).unwrap_or_default()
}

/// "18 Nov 2026, 13:48"; empty for none.
pub fn moment(at: Option<&Timestamp>) -> String {
    at.map(|at| date::moment(zone::local(at.seconds))).unwrap_or_default()
}

/// "18 Nov 2026"; empty for none.
pub fn day(at: Option<&Timestamp>) -> String {
    at.map(|at| date::day(zone::local(at.seconds))).unwrap_or_default()
}

/// "18 November 2026"; empty for none.
pub fn full_day(at: Option<&Timestamp>) -> String {
    at.map(|at| date::full_day(zone::local(at.seconds))).unwrap_or_default()
}

/// "13:48"; empty for none.
pub fn time(at: Option<&Timestamp>) -> String {
    at.map(|at| date::time(zone::local(at.seconds))).unwrap_or_default()
}

/// Heading of a day in a timeline: "Today", "Yesterday", "Wednesday, 18 November".
pub fn day_heading(at: Option<&Timestamp>) -> String {
    at.map(|at| date::heading(zone::local(at.seconds), zone::local(browser::now()))).unwrap_or_default()
}

/// Today as "2026-11-20", in the company's zone.
pub fn today() -> String {
    date::iso(zone::local(browser::now()))
}

/// "Just now" from "just now".
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// First letters of the first and the last word, for an avatar.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A time as people say it, with the exact one on hover and for machines. Nothing when unset.
#[component]
pub fn When(#[prop(into)] at: Signal<Option<Timestamp>>) -> impl IntoView {
    move || {
        at.get().map(|at| {
            let iso = date::iso_utc(at.seconds);
            view! { <time datetime=iso title=moment(Some(&at))>{ago(Some(&at))}</time> }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_and_the_last_word() {
        assert_eq!(initials("Grace Okonkwo"), "GO");
        assert_eq!(initials("yusuf and hana karim"), "YK");
        assert_eq!(initials("Madonna"), "M");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn the_first_letter_becomes_a_capital() {
        assert_eq!(capital("just now"), "Just now");
        assert_eq!(capital("ärztehaus"), "Ärztehaus");
        assert_eq!(capital(""), "");
    }
}
