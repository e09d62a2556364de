//! Numbers: groups of three as in the person's region, a real minus, sizes in powers of ten.

use super::region;

/// "1,204", "−12".
pub fn count(value: i64) -> String {
    let group = region::current().group;
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.extend(group);
        }
        text.push(digit);
    }
    text
}

/// "1,204.50", "−0.5": `digits` behind the point.
pub fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let minus = if value < 0.0 && text.bytes().any(|digit| matches!(digit, b'1'..=b'9')) { "−" } else { "" };
    let whole = count(whole.parse().unwrap_or_default());
    if part.is_empty() { format!("{minus}{whole}") } else { format!("{minus}{whole}{}{part}", region::current().decimal) }
}

/// A total that is no longer counted exactly above its cap: "10,000+".
pub fn total(value: i64, capped: bool) -> String {
    if capped { format!("{}+", count(value)) } else { count(value) }
}

/// "9 %", "+4 %"; `signed` adds the plus.
pub fn percent(value: f64, signed: bool) -> String {
    let rounded = value.round() as i64;
    let plus = if signed && rounded > 0 { "+" } else { "" };
    format!("{plus}{} %", count(rounded))
}

/// How much `now` is above `before`, in percent; None without a base.
pub fn change(now: i64, before: i64) -> Option<f64> {
    (before != 0).then(|| (now - before) as f64 / before as f64 * 100.0)
}

/// "842 B", "1.2 kB", "38 MB".
pub fn bytes(value: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = value as f64;
    let mut unit = 0;
    while size >= 1_000.0 && unit + 1 < UNITS.len() {
        size /= 1_000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 10.0);
    format!("{} {}", decimal(size, digits), UNITS[unit])
}

/// "8 s", "2 min", "3 h 20 min".
pub fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => t!("{seconds} s", seconds = seconds.max(0)),
        60..3_600 => t!("{minutes} min", minutes = seconds / 60),
        _ if seconds % 3_600 < 60 => t!("{hours} h", hours = seconds / 3_600),
        _ => t!("{hours} h {minutes} min", hours = seconds / 3_600, minutes = seconds % 3_600 / 60),
    }
}

/// Digits of a phone number with the spaces people wrote, for `tel:`.
pub fn dialable(phone: &str) -> String {
    phone.char_indices().filter(|(at, c)| c.is_ascii_digit() || (*at == 0 && *c == '+')).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_minus_is_real() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_204), "1,204");
        assert_eq!(count(-12_870_000), "−12,870,000");
        assert_eq!(total(10_000, true), "10,000+");
        assert_eq!((decimal(1_204.5, 2), decimal(-0.04, 1), decimal(12.0, 0)), ("1,204.50".into(), "0.0".into(), "12".into()));
        region::in_test(region::GERMAN);
        assert_eq!(
            (count(-12_870_000), decimal(1_204.5, 2), bytes(1_240)),
            ("−12.870.000".into(), "1.204,50".into(), "1,2 kB".into())
        );
    }

    #[test]
    fn shares_sizes_and_spans_are_short() {
        assert_eq!(percent(4.4, true), "+4 %");
        assert_eq!(percent(-4.4, true), "−4 %");
        assert_eq!(change(9, 0), None);
        assert_eq!(bytes(842), "842 B");
        assert_eq!(bytes(1_240), "1.2 kB");
        assert_eq!(bytes(38_400_000), "38 MB");
        assert_eq!(duration(12_000), "3 h 20 min");
        assert_eq!(dialable("+44 (0)113 496-0142"), "+4401134960142");
    }
}
