//! Dates and times from civil seconds: seconds since 1970 as the clock on the wall shows them, so zones are settled before. They are
//! written as in the person's region, with the words of their language; what is exact ("2026-11-20", [`exact_time`]) is the same everywhere.

use super::region::{self, Order};

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = [
    mark!("January"),
    mark!("February"),
    mark!("March"),
    mark!("April"),
    mark!("May"),
    mark!("June"),
    mark!("July"),
    mark!("August"),
    mark!("September"),
    mark!("October"),
    mark!("November"),
    mark!("December"),
];
const SHORT_MONTHS: [&str; 12] = [
    mark!("Jan" in "short month"),
    mark!("Feb" in "short month"),
    mark!("Mar" in "short month"),
    mark!("Apr" in "short month"),
    mark!("May" in "short month"),
    mark!("Jun" in "short month"),
    mark!("Jul" in "short month"),
    mark!("Aug" in "short month"),
    mark!("Sep" in "short month"),
    mark!("Oct" in "short month"),
    mark!("Nov" in "short month"),
    mark!("Dec" in "short month"),
];
const WEEKDAYS: [&str; 7] = [
    mark!("Monday"),
    mark!("Tuesday"),
    mark!("Wednesday"),
    mark!("Thursday"),
    mark!("Friday"),
    mark!("Saturday"),
    mark!("Sunday"),
];
const SHORT_WEEKDAYS: [&str; 7] = [
    mark!("Mon" in "short weekday"),
    mark!("Tue" in "short weekday"),
    mark!("Wed" in "short weekday"),
    mark!("Thu" in "short weekday"),
    mark!("Fri" in "short weekday"),
    mark!("Sat" in "short weekday"),
    mark!("Sun" in "short weekday"),
];

/// Year, month 1 to 12, day 1 to 31 (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub fn civil(seconds: i64) -> (i64, usize, i64) {
    let z = seconds.div_euclid(DAY) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month as usize, doy - (153 * mp + 2) / 5 + 1)
}

/// Civil seconds of midnight on a date like "2026-11-20"; None when it is no date.
pub fn parse_iso(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let y = if month <= 2 { year - 1 } else { year };
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = y.div_euclid(400) * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    (civil(days * DAY) == (year, usize::try_from(month).ok()?, day)).then_some(days * DAY)
}

/// "2026-11-20".
pub fn iso(at: i64) -> String {
    let (year, month, day) = civil(at);
    format!("{year:04}-{month:02}-{day:02}")
}

/// "2026-11-20T13:48:00Z"; `at` is in UTC.
pub fn iso_utc(at: i64) -> String {
    format!("{}T{}Z", iso(at), exact_clock(at))
}

/// Seconds since 1970 of "2026-11-20T13:48:00Z"; None for any other spelling.
pub fn parse_utc(text: &str) -> Option<i64> {
    let (day, clock) = text.strip_suffix('Z')?.split_once('T')?;
    Some(parse_iso(day)? + parse_clock(clock)?)
}

/// Seconds since midnight of "13:48:05".
pub(super) fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':').map(str::parse::<i64>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(hours * 3_600 + minutes * 60 + seconds)
}

/// "13:48" in every region.
pub fn exact_time(at: i64) -> String {
    let of_day = at.rem_euclid(DAY);
    format!("{:02}:{:02}", of_day / 3_600, of_day % 3_600 / 60)
}

/// "13:48:05" in every region.
pub fn exact_clock(at: i64) -> String {
    format!("{}:{:02}", exact_time(at), at.rem_euclid(60))
}

/// "13:48", "1:48 PM".
pub fn time(at: i64) -> String {
    halves(at, "").unwrap_or_else(|| exact_time(at))
}

/// "13:48:05", "1:48:05 PM".
pub fn clock(at: i64) -> String {
    halves(at, &format!(":{:02}", at.rem_euclid(60))).unwrap_or_else(|| exact_clock(at))
}

/// A time in a region that counts to twelve; none in others.
fn halves(at: i64, seconds: &str) -> Option<String> {
    let of_day = at.rem_euclid(DAY);
    let (hour, minute) = (of_day / 3_600, of_day % 3_600 / 60);
    let half = if hour < 12 { t!("AM") } else { t!("PM") };
    region::current().hours_12.then(|| format!("{}:{minute:02}{seconds} {half}", (hour + 11) % 12 + 1))
}

/// "20 Nov 2026", "Nov 20, 2026", "20. Nov 2026".
pub fn day(at: i64) -> String {
    let (year, month, day) = civil(at);
    written(day, t!(SHORT_MONTHS[month - 1]), Some(year))
}

/// "20 November 2026".
pub fn full_day(at: i64) -> String {
    let (year, month, day) = civil(at);
    written(day, t!(MONTHS[month - 1]), Some(year))
}

/// "20 Nov".
pub fn short_day(at: i64) -> String {
    let (_, month, day) = civil(at);
    written(day, t!(SHORT_MONTHS[month - 1]), None)
}

fn written(day: i64, month: &str, year: Option<i64>) -> String {
    let region = region::current();
    let dot = if region.day_dot { "." } else { "" };
    match (region.order, year) {
        (Order::DayMonthYear, Some(year)) => format!("{day}{dot} {month} {year}"),
        (Order::DayMonthYear, None) => format!("{day}{dot} {month}"),
        (Order::MonthDayYear, Some(year)) => format!("{month} {day}, {year}"),
        (Order::YearMonthDay, Some(year)) => format!("{year} {month} {day}{dot}"),
        (_, None) => format!("{month} {day}{dot}"),
    }
}

/// "20 Nov 2026, 13:48".
pub fn moment(at: i64) -> String {
    format!("{}, {}", day(at), time(at))
}

/// "20 Nov 2026, 13:48:05".
pub fn moment_to_second(at: i64) -> String {
    format!("{}, {}", day(at), clock(at))
}

/// "just now", "12 min ago", "3 h ago", "Yesterday", "18 Nov", "18 Nov 2024". Times to come are written as dates.
pub fn ago(at: i64, now: i64) -> String {
    let passed = now - at;
    match passed {
        -60..60 => t!("just now").to_owned(),
        60..3_600 => t!("{minutes} min ago", minutes = passed / 60),
        3_600..DAY if day_number(at) == day_number(now) => t!("{hours} h ago", hours = passed / 3_600),
        _ if day_number(at) + 1 == day_number(now) => t!("Yesterday").to_owned(),
        _ if civil(at).0 == civil(now).0 => short_day(at),
        _ => day(at),
    }
}

/// A date to come or gone by, for due days: "today", "tomorrow", "2 days late", "Wed 25 Nov".
pub fn due(on: i64, today: i64) -> String {
    match day_number(on) - day_number(today) {
        0 => t!("today").to_owned(),
        1 => t!("tomorrow").to_owned(),
        late if late < 0 => n!(-late, "{count} day late", "{count} days late"),
        ahead if ahead < 7 => {
            t!("{weekday} {day}" in "a due day", weekday = t!(SHORT_WEEKDAYS[weekday_index(on)]), day = short_day(on))
        }
        _ if civil(on).0 == civil(today).0 => short_day(on),
        _ => day(on),
    }
}

/// "Today", "Yesterday", "Wednesday, 18 November", with the year when it is another.
pub fn heading(at: i64, now: i64) -> String {
    match day_number(now) - day_number(at) {
        0 => return t!("Today").to_owned(),
        1 => return t!("Yesterday").to_owned(),
        _ => {}
    }
    let (year, month, day) = civil(at);
    let year = (year != civil(now).0).then_some(year);
    t!("{weekday}, {day}" in "a heading", weekday = weekday(at), day = written(day, t!(MONTHS[month - 1]), year))
}

/// "Monday".
pub fn weekday(at: i64) -> &'static str {
    t!(WEEKDAYS[weekday_index(at)])
}

fn weekday_index(at: i64) -> usize {
    (day_number(at) + 3).rem_euclid(7) as usize
}

fn day_number(at: i64) -> i64 {
    at.div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: &str, hour: i64, minute: i64) -> i64 {
        parse_iso(date).expect("a date") + hour * 3_600 + minute * 60
    }

    #[test]
    fn dates_go_there_and_back() {
        for date in ["1970-01-01", "2000-02-29", "2026-11-20", "2026-12-31", "1969-12-31", "2100-03-01"] {
            assert_eq!(iso(at(date, 23, 59)), date);
        }
        for wrong in ["2026-02-30", "2026-13-01", "yesterday", "2026-11", ""] {
            assert_eq!(parse_iso(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_past_is_written_as_people_say_it() {
        let now = at("2026-11-20", 14, 0);
        assert_eq!(ago(now - 20, now), "just now");
        assert_eq!(ago(now - 12 * 60, now), "12 min ago");
        assert_eq!(ago(now - 3 * 3_600, now), "3 h ago");
        assert_eq!(ago(now - 15 * 3_600, now), "Yesterday");
        assert_eq!(ago(at("2026-11-18", 9, 0), now), "18 Nov");
        assert_eq!(ago(at("2025-11-18", 9, 0), now), "18 Nov 2025");
    }

    #[test]
    fn due_days_say_how_late_they_are() {
        let today = at("2026-11-20", 9, 0);
        assert_eq!(due(at("2026-11-20", 0, 0), today), "today");
        assert_eq!(due(at("2026-11-21", 0, 0), today), "tomorrow");
        assert_eq!(due(at("2026-11-18", 0, 0), today), "2 days late");
        assert_eq!(due(at("2026-11-25", 0, 0), today), "Wed 25 Nov");
        assert_eq!(due(at("2027-01-04", 0, 0), today), "4 Jan 2027");
    }

    #[test]
    fn regions_write_the_same_moment_in_their_own_way() {
        let one = at("2026-11-20", 13, 8);
        region::in_test(region::AMERICAN);
        assert_eq!((moment(one), clock(one + 5)), ("Nov 20, 2026, 1:08 PM".into(), "1:08:05 PM".into()));
        assert_eq!((full_day(one), short_day(one)), ("November 20, 2026".into(), "Nov 20".into()));
        assert_eq!([0, 11, 12, 23].map(|hour| time(at("2026-11-20", hour, 0))), ["12:00 AM", "11:00 AM", "12:00 PM", "11:00 PM"]);
        assert_eq!(
            (due(at("2026-11-25", 0, 0), one), heading(at("2025-11-18", 1, 0), one)),
            ("Wed Nov 25".into(), "Tuesday, November 18, 2025".into())
        );
        assert_eq!((iso_utc(one), exact_time(one)), ("2026-11-20T13:08:00Z".into(), "13:08".into()));
        region::in_test(region::GERMAN);
        assert_eq!((moment(one), short_day(one)), ("20. Nov 2026, 13:08".into(), "20. Nov".into()));
    }

    #[test]
    fn moments_and_headings_are_in_24_hours_and_full_words() {
        let one = at("2026-11-20", 13, 8);
        assert_eq!(moment(one), "20 Nov 2026, 13:08");
        assert_eq!(iso_utc(one), "2026-11-20T13:08:00Z");
        assert_eq!(parse_utc("2026-11-20T13:08:05Z"), Some(one + 5));
        for other in ["2026-11-20T13:08:00+01:00", "2026-11-20", "2026-11-20T13Z", ""] {
            assert_eq!(parse_utc(other), None, "{other}");
        }
        assert_eq!(full_day(one), "20 November 2026");
        assert_eq!(clock(one + 5), "13:08:05");
        assert_eq!(heading(one, one), "Today");
        assert_eq!(heading(at("2026-11-18", 1, 0), one), "Wednesday, 18 November");
    }
}
