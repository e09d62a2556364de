//! The company's time zone. The browser knows the rules; its answer is kept per day and zone.

use std::{cell::RefCell, collections::HashMap};

use wasm_bindgen::{JsCast, JsValue};

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
    let mut parts = time.splitn(3, ':').map(str::parse::<i64>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(super::date::parse_iso(day)? + hours * 3_600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_swedish_date_is_read_as_the_wall_clock() {
        assert_eq!(super::wall_clock("1970-01-02 01:02:03"), Some(90_123));
        assert_eq!(super::wall_clock("2/1/1970, 1:02"), None);
    }
}
