//! Phone numbers as digits, so that "+44 113 496 0142", "0113 496 0142" and "1134960142" meet.

/// Ways to write the digits of a number, the fullest first and the bare subscriber number last; empty without digits.
///
/// A leading "+" or "00" marks a country code (E.164), a single leading 0 a trunk prefix; a long run without either is tried both ways.
pub fn variants(text: &str) -> Vec<String> {
    // "(0)" within an international number is the trunk prefix it leaves out.
    let international = text.trim_start().starts_with(['+', '\u{ff0b}']);
    let text = if international { text.replacen("(0)", "", 1) } else { text.to_owned() };
    let digits: String = text.chars().filter_map(plain_digit).collect();
    let mut all: Vec<String> = Vec::new();
    let mut add = |digits: &str| {
        if !digits.is_empty() && !all.iter().any(|other| other == digits) {
            all.push(digits.to_owned());
        }
    };
    let dialled = digits.strip_prefix("00").filter(|_| !international);
    if international || dialled.is_some() {
        let full = dialled.unwrap_or(&digits).trim_start_matches('0');
        add(full);
        add(national(full));
    } else if let Some(rest) = digits.strip_prefix('0') {
        add(&digits);
        add(rest);
    } else {
        add(&digits);
        if digits.len() >= 11 {
            add(national(&digits));
        }
    }
    all
}

/// Digits to index numbers under: every variant, separated by spaces.
pub fn digits<S: AsRef<str>>(numbers: &[S]) -> String {
    let mut all: Vec<String> = Vec::new();
    for variant in numbers.iter().flat_map(|number| variants(number.as_ref())) {
        if !all.contains(&variant) {
            all.push(variant);
        }
    }
    all.join(" ")
}

/// The number without its country code.
fn national(full: &str) -> &str {
    let one = full.starts_with(['1', '7']);
    let two = full.get(..2).is_some_and(|start| TWO_DIGIT_CODES.contains(&start));
    let length = if one {
        1
    } else if two {
        2
    } else {
        3
    };
    full.get(length..).unwrap_or_default()
}

/// Country codes of two digits (ITU-T E.164, assigned codes); those of zones 1 and 7 have one, all others three.
const TWO_DIGIT_CODES: [&str; 43] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53",
    "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94",
    "95",
];

fn plain_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(c as u32 - 0xff10, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::domain::Query;

    fn meets(stored: &str, typed: &str) -> bool {
        let digits = Query::parse(typed).digits.unwrap_or_else(|| panic!("{typed} is no number"));
        super::digits(&[stored]).contains(&digits)
    }

    #[test]
    fn one_number_is_found_however_it_is_written() {
        let ways = [
            "+44 113 496 0142",
            "0044 113 496 0142",
            "+44 (0)113 496-0142",
            "(0113) 496 0142",
            "0113/4960142",
            "1134960142",
            "441134960142",
            "Tel. 0113 496 0142",
        ];
        for stored in ways {
            for typed in ways {
                assert!(meets(stored, typed), "{stored:?} by {typed:?}");
            }
            for part in ["0113 49", "496 0142", "4960"] {
                assert!(meets(stored, part), "{stored:?} by {part:?}");
            }
        }
        assert!(meets("+1 (503) 555-7555", "503 555 7555") && meets("(503) 555-7555", "1-503-555-7555"));
        assert!(meets("+358 9 123 4567", "09 123 4567") && !meets("0921-12 34 65", "0921 12 34 66"));
    }

    proptest! {
        #[test]
        fn punctuation_does_not_matter(digits in "[1-9][0-9]{5,9}", gaps in proptest::collection::vec("[ ./-]{0,2}", 10)) {
            let parts = digits.chars().zip(gaps.iter().cycle());
            let spaced: String = parts.flat_map(|(c, gap)| std::iter::once(c).chain(gap.chars())).collect();
            prop_assert_eq!(variants(&spaced), variants(&digits));
        }

        #[test]
        fn each_variant_ends_the_number(text in "[+0-9 ()/.-]{0,30}") {
            let all: String = text.chars().filter(char::is_ascii_digit).collect();
            for variant in variants(&text) {
                prop_assert!(variant.bytes().all(|b| b.is_ascii_digit()));
                prop_assert!(all.ends_with(&variant) || text.contains("(0)"));
            }
        }

        #[test]
        fn a_number_with_and_without_its_country_meets(number in "[1-9][0-9]{7,9}", code in "1|7|44|49|46|358|420") {
            let forms = [format!("+{code} {number}"), format!("00{code}{number}"), format!("0{number}"), number];
            for stored in &forms {
                for typed in &forms {
                    prop_assert!(meets(stored, typed), "{} by {}", stored, typed);
                }
            }
        }

        #[test]
        fn any_text_has_digits_or_none(text in any::<String>()) {
            prop_assert!(variants(&text).len() <= 2);
        }
    }
}
