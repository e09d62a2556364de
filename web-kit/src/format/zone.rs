//! The company's time zone. The browser knows the rules; its answer is kept per day and zone.

use std::{cell::RefCell, collections::HashMap};

use wasm_bindgen::{JsCast, JsValue};

use super::date;

const DAY: i64 = 86_400;

thread_local! {
    static ZONE: RefCell<String> = const { RefCell::new(String::new()) };
    static OFFSETS: RefCell<HashMap<i64, i64>> = RefCell::new(HashMap::new());
}

/// Sets the IANA zone in which times are shown, e.g. "Europe/London"; empty for the browser's own.
pub fn set(name: &str) {
    ZONE.with_borrow_mut(|zone| name.clone_into(zone));
    OFFSETS.with_borrow_mut(HashMap::clear);
}

/// Seconds since 1970 in UTC as the wall clock there shows them.
pub fn local(utc: i64) -> i64 {
    // An hour is the finest step at which any zone changes its rules.
    let hour = utc.div_euclid(3_600);
    let known = OFFSETS.with_borrow(|known| known.get(&hour).copied());
    let offset = known.unwrap_or_else(|| {
        let offset = ZONE.with_borrow(|zone| offset_at(hour * 3_600, zone)).unwrap_or_default();
        OFFSETS.with_borrow_mut(|known| known.insert(hour, offset));
        offset
    });
    utc + offset
}

/// The moment a day, or the one so many days after it, begins there, as servers write it: "2026-11-20T00:00:00Z". None for what is
/// no day.
pub fn beginning(day: &str, after: i64) -> Option<String> {
    let civil = date::parse_iso(day)? + after * DAY;
    // The offset at about that time: zones change theirs at night, and a list that is narrowed bears an hour more or less.
    let offset = local(civil) - civil;
    Some(date::iso_utc(civil - offset))
}

/// The day that begins at such a moment, or the one so many days before it.
pub fn day_of(moment: &str, before: i64) -> Option<String> {
    // By noon it is that day, whatever the zone did at night.
    let noon = local(date::parse_utc(moment)?) + DAY / 2;
    Some(date::iso(noon - before * DAY))
}

/// Tests have no browser to ask: the offset in each hour between two moments.
#[cfg(test)]
pub(crate) fn know(from: i64, until: i64, offset: i64) {
    let hours = from.div_euclid(3_600)..until.div_euclid(3_600);
    OFFSETS.with_borrow_mut(|known| known.extend(hours.map(|hour| (hour, offset))));
}

/// Asks for the wall clock in Swedish, whose short form is ISO 8601.
fn offset_at(utc: i64, zone: &str) -> Option<i64> {
    let date = js_sys::Date::new(&JsValue::from_f64(utc as f64 * 1000.0));
    let options = js_sys::Object::new();
    if !zone.is_empty() {
        js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into()).ok()?;
    }
    let call = js_sys::Reflect::get(&date, &"toLocaleString".into()).ok()?.dyn_into::<js_sys::Function>().ok()?;
    // An unknown zone throws; then the browser's own is used.
    let text = call.call2(&date, &"sv-SE".into(), &options).or_else(|_| call.call1(&date, &"sv-SE".into())).ok()?.as_string()?;
    Some(wall_clock(&text)? - utc)
}

/// Seconds of "2026-11-20 13:48:05".
fn wall_clock(text: &str) -> Option<i64> {
    let (day, time) = text.split_once(' ')?;
    Some(date::parse_iso(day)? + date::parse_clock(time)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_swedish_date_is_read_as_the_wall_clock() {
        assert_eq!(super::wall_clock("1970-01-02 01:02:03"), Some(90_123));
        assert_eq!(super::wall_clock("2/1/1970, 1:02"), None);
    }
}
