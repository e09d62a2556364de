//! Money: amounts are whole minor units; nothing here is a float.

use super::{number, region};

/// Digits after the point (ISO 4217), as the server writes amounts down: with another number here they would be read as hundreds of times
/// what they are.
pub fn digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF"
        | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
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
        _ => {
            let decimal = region::current().decimal;
            format!("{minus}{}{decimal}{part:0width$}", number::count(whole), width = digits as usize)
        }
    }
}

/// "2184.00": as in a field, where [`parse`] reads it again.
pub fn typed(minor: i64, currency: &str) -> String {
    let group = region::current().group;
    plain(minor, currency).chars().filter(|letter| Some(*letter) != group).collect()
}

/// "£128,400": no minor units, for sums on boards.
pub fn rounded(minor: i64, currency: &str) -> String {
    let scale = 10_i64.pow(digits(currency));
    let whole = (minor.abs() + scale / 2) / scale * minor.signum();
    with_symbol(&number::count(whole), currency)
}

/// What to say where [`parse`] found none: "Enter an amount, e.g. 1,250.50."
pub fn example() -> String {
    t!("Enter an amount, e.g. {amount}.", amount = plain(125_050, ""))
}

/// Minor units of what a person typed as in their region: "1,250.5" is 125050 in GBP. None when it is no amount, and when what
/// parts its groups does not stand before three digits: it may have been meant as the point.
pub fn parse(text: &str, currency: &str) -> Option<i64> {
    let digits = digits(currency) as usize;
    let region = region::current();
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '£' | '€' | '$')).collect();
    let (minus, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (-1, rest.to_owned()),
        None => (1, text),
    };
    let (whole, part) = text.split_once(region.decimal).unwrap_or((&text, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > digits {
        return None;
    }
    let mut groups = whole.split(|letter| Some(letter) == region.group);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<_> = groups.collect();
    if rest.iter().any(|group| group.len() != 3) || (first.is_empty() && !rest.is_empty()) {
        return None;
    }
    let whole = format!("{first}{}", rest.concat());
    if !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part:0<digits$}").parse::<i64>().ok().map(|minor| minor * minus)
}

fn with_symbol(number: &str, currency: &str) -> String {
    let symbol = symbol(currency);
    match number.strip_prefix('−') {
        _ if region::current().currency_after && !symbol.is_empty() => format!("{number}\u{a0}{}", symbol.trim()),
        Some(rest) => format!("−{symbol}{rest}"),
        None => format!("{symbol}{number}"),
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
        assert_eq!((plain(1_200, "UGX").as_str(), plain(1_200, "LYD").as_str()), ("1,200", "1.200"));
        assert_eq!(plain(-100_050, "CHF"), "−1,000.50");
        assert_eq!(rounded(12_839_950, "GBP"), "£128,400");
    }

    #[test]
    fn typed_amounts_become_minor_units() {
        assert_eq!(parse("1,250.5", "GBP"), Some(125_050));
        assert_eq!(parse("£ 12", "GBP"), Some(1_200));
        assert_eq!(parse("-0.05", "EUR"), Some(-5));
        assert_eq!(parse("1200", "JPY"), Some(1_200));
        for wrong in ["", "twelve", "1.234", ".", "12.5.1", "1,25", ",250", "1,2500"] {
            assert_eq!(parse(wrong, "GBP"), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_written_and_read_as_in_the_region() {
        region::in_test(region::GERMAN);
        assert_eq!((full(-218_400, "EUR"), rounded(12_839_950, "CHF")), ("−2.184,00\u{a0}€".into(), "128.400\u{a0}CHF".into()));
        assert_eq!(parse("1.250,5", "EUR"), Some(125_050));
        assert_eq!((typed(125_050, "EUR").as_str(), parse(&typed(125_050, "EUR"), "EUR")), ("1250,50", Some(125_050)));
        // The point of other regions is no silent factor of a hundred.
        assert_eq!(parse("12.50", "EUR"), None);
    }
}
