//! Money: amounts are whole minor units; nothing here is a float.

use super::number;

/// Digits after the point in ISO 4217.
pub fn digits(currency: &str) -> u32 {
    match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "XAF" | "XOF" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// "£", "€", "$"; other currencies go by their code.
pub fn symbol(currency: &str) -> String {
    match currency {
        "GBP" => "£".to_owned(),
        "EUR" => "€".to_owned(),
        "USD" => "$".to_owned(),
        "JPY" => "¥".to_owned(),
        "" => String::new(),
        code => format!("{code} "),
    }
}

/// "£2,184.00".
pub fn full(minor: i64, currency: &str) -> String {
    with_symbol(&plain(minor, currency), currency)
}

/// "2,184.00", for columns whose head names the currency.
pub fn plain(minor: i64, currency: &str) -> String {
    let digits = digits(currency);
    let scale = 10_i64.pow(digits);
    let (whole, part) = (minor / scale, (minor % scale).abs());
    let minus = if minor < 0 && whole == 0 { "−" } else { "" };
    match digits {
        0 => number::count(whole),
        _ => format!("{minus}{}.{part:0width$}", number::count(whole), width = digits as usize),
    }
}

/// "£128,400": no minor units, for sums on boards.
pub fn rounded(minor: i64, currency: &str) -> String {
    let scale = 10_i64.pow(digits(currency));
    let whole = (minor.abs() + scale / 2) / scale * minor.signum();
    with_symbol(&number::count(whole), currency)
}

/// Minor units of what a person typed: "1,250.5" is 125050 in GBP. None when it is no amount.
pub fn parse(text: &str, currency: &str) -> Option<i64> {
    let digits = digits(currency) as usize;
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '£' && *c != '€' && *c != '$').collect();
    let (minus, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1, rest.to_owned()),
        None => (1, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > digits {
        return None;
    }
    if !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part:0<digits$}").parse::<i64>().ok().map(|minor| minor * minus)
}

fn with_symbol(number: &str, currency: &str) -> String {
    match number.strip_prefix('−') {
        Some(rest) => format!("−{}{rest}", symbol(currency)),
        None => format!("{}{number}", symbol(currency)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_their_minor_units() {
        assert_eq!(full(218_400, "GBP"), "£2,184.00");
        assert_eq!(full(-5, "EUR"), "−€0.05");
        assert_eq!(full(1_200, "JPY"), "¥1,200");
        assert_eq!(plain(-100_050, "CHF"), "−1,000.50");
        assert_eq!(rounded(12_839_950, "GBP"), "£128,400");
    }

    #[test]
    fn typed_amounts_become_minor_units() {
        assert_eq!(parse("1,250.5", "GBP"), Some(125_050));
        assert_eq!(parse("£ 12", "GBP"), Some(1_200));
        assert_eq!(parse("-0.05", "EUR"), Some(-5));
        assert_eq!(parse("1200", "JPY"), Some(1_200));
        for wrong in ["", "twelve", "1.234", ".", "12.5.1"] {
            assert_eq!(parse(wrong, "GBP"), None, "{wrong}");
        }
    }
}
