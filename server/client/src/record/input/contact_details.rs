//! E-mail addresses, phone numbers and websites: what passes, and what was probably meant by what does not.

use super::{Problem, limit, line};

/// An e-mail address in lower case; may be empty. The shape is checked, not whether mail arrives.
pub fn email(text: &str) -> Result<String, Problem> {
    let text = line(text, limit::EMAIL)?;
    if text.is_empty() || is_email(&text) {
        return Ok(text.to_lowercase());
    }
    let problem = if text.contains(' ') {
        "An e-mail address has no spaces."
    } else if text.contains(',') {
        "An e-mail address has no comma."
    } else if !text.contains('@') {
        "An e-mail address needs an @."
    } else {
        "Enter an e-mail address like name@example.com."
    };
    Err(Problem::new(problem).suggest(likely_email(&text)))
}

/// A phone number as written, with plain spaces and hyphens; may be empty.
pub fn phone(text: &str) -> Result<String, Problem> {
    let text: String = line(text, limit::PHONE)?.chars().map(plain_phone_char).collect();
    if text.is_empty() || is_phone(&text) {
        return Ok(text);
    }
    if looks_shortened(&text) {
        return Err(Problem::new("A spreadsheet has shortened this number. Format the column as text and export again."));
    }
    let problem = if text.chars().any(char::is_alphabetic) {
        "A phone number has no letters."
    } else if text.chars().filter(char::is_ascii_digit).count() < 3 {
        "A phone number has at least 3 digits."
    } else {
        "Write a phone number with digits, spaces and + - ( ) . / only."
    };
    Err(Problem::new(problem).suggest(likely_phone(&text)))
}

/// A web address as written, with or without "https://"; may be empty. Other schemes than http and https are refused, as pages link to it.
pub fn website(text: &str) -> Result<String, Problem> {
    let text = line(text, limit::WEBSITE)?;
    if text.is_empty() || is_website(&text) {
        return Ok(text);
    }
    let compact: String = text.split_whitespace().collect::<String>().replace(',', ".").replace('\\', "/");
    let bare = compact.trim_start_matches(|c: char| !c.is_alphanumeric());
    let rest = ["https", "http"].iter().find_map(|scheme| {
        bare.strip_prefix(scheme).filter(|rest| rest.starts_with([':', '/', ';'])).map(|rest| (*scheme, rest))
    });
    let likely = match rest {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.trim_start_matches([':', '/', ';'])),
        None => bare.to_owned(),
    };
    let suggestion = (is_website(&likely) && likely != text).then_some(likely);
    Err(Problem::new("Enter a web address like www.example.com.").suggest(suggestion))
}

/// RFC 5321's lengths and a common subset of its shape: one @, no blanks, dots inside only, a domain of at least two labels.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_char = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local_fine = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(local_char)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    local_fine && is_domain(domain)
}

fn is_domain(domain: &str) -> bool {
    let label_fine = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top_fine = |top: &str| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit());
    domain.len() <= 253 && domain.split('.').all(label_fine) && domain.rsplit_once('.').is_some_and(|(_, top)| top_fine(top))
}

/// What was probably meant: no blanks, a dot for a comma, an @ for "(at)", the first of several addresses.
fn likely_email(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let inner = lower.rsplit_once('<').map_or(lower.as_str(), |(_, rest)| rest.trim_end_matches('>'));
    let inner = inner.trim().strip_prefix("mailto:").unwrap_or(inner);
    let marked = ["(at)", "[at]", " at "].iter().fold(inner.to_owned(), |text, mark| text.replace(mark, "@"));
    let compact = |text: &str| -> String {
        let joined: String = text.split_whitespace().collect();
        joined.replace(',', ".").replace("@@", "@").replace("..", ".").trim_matches(|c| ".,;:<>\"'".contains(c)).to_owned()
    };
    let first = marked.split([';', ',', ' ', '/', '|']).find(|part| is_email(part.trim()));
    let several = marked.matches('@').count() > 1;
    let whole = compact(&marked);
    let candidate = if several && first.is_some() { first.map(compact)? } else { whole };
    (is_email(&candidate) && candidate != lower).then_some(candidate)
}

/// Typographic variants of phone punctuation become the plain ones.
fn plain_phone_char(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => '-',
        '\u{ff0b}' => '+',
        '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

fn is_phone(text: &str) -> bool {
    let number = without_extension(text);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    digits >= 3 && number.chars().all(|c| c.is_ascii_digit() || " +-()./*#".contains(c))
}

/// The part before "ext. 12", "x12" or ";ext=12".
fn without_extension(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    ["ext.", "ext", "x"]
        .iter()
        .find_map(|mark| {
            let at = lower.find(mark)?;
            let tail = lower[at + mark.len()..].trim();
            let plain = !tail.is_empty() && tail.len() <= 8 && tail.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| text[..at].trim_end())
        })
        .unwrap_or(text)
}

/// "4.41135E+11": the digits are gone for good.
fn looks_shortened(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    upper.split_once("E+").is_some_and(|(mantissa, exponent)| {
        mantissa.starts_with(|c: char| c.is_ascii_digit())
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && !exponent.is_empty()
            && exponent.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Letters mistaken for digits become digits; else words around the number go.
fn likely_phone(text: &str) -> Option<String> {
    let digit_for = |c: char| match c {
        'O' | 'o' => '0',
        'I' | 'l' | '|' => '1',
        'B' => '8',
        'S' => '5',
        c => c,
    };
    let beside_digit = |at: usize, chars: &[char]| {
        let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
        digit(at.checked_sub(1)) || digit(Some(at + 1))
    };
    let chars: Vec<char> = text.chars().collect();
    let read: String =
        chars.iter().enumerate().map(|(at, c)| if beside_digit(at, &chars) { digit_for(*c) } else { *c }).collect();
    let bare = |text: &str| -> String {
        let kept: String = text.chars().map(|c| if c.is_ascii_digit() || " +-()./".contains(c) { c } else { ' ' }).collect();
        let spaced = kept.split_whitespace().collect::<Vec<_>>().join(" ").replace("( )", "");
        let words = spaced.split(' ').filter(|word| word.contains(|c: char| c.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    };
    let enough = |text: &String| text.chars().filter(char::is_ascii_digit).count() >= 6;
    let balanced = |text: &String| text.matches('(').count() == text.matches(')').count();
    [read, bare(text)].into_iter().find(|candidate| is_phone(candidate) && enough(candidate) && balanced(candidate))
}

fn is_website(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).unwrap_or(&lower);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let port_fine = !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    is_domain(host) && port_fine && !text.contains(|c: char| c.is_whitespace() || "<>\"\\^`{|}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_pass() {
        for text in ["a@b.co", "first.last+tag@mail.example.org", "o'neil@example.ie", "jörg@müller.de", ""] {
            assert_eq!(email(text).as_deref(), Ok(text), "{text}");
        }
        assert_eq!(email(" Ana@Example.COM ").as_deref(), Ok("ana@example.com"));
    }

    #[test]
    fn a_mistyped_address_comes_with_the_likely_one() {
        for (typed, meant) in [
            ("name@gmail,com", "name@gmail.com"),
            ("na me@gmail.com", "name@gmail.com"),
            ("name@ gmail.com", "name@gmail.com"),
            ("name(at)gmail.com", "name@gmail.com"),
            ("name@@gmail.com", "name@gmail.com"),
            ("name@gmail..com", "name@gmail.com"),
            ("name@gmail.com;", "name@gmail.com"),
            ("Ana <ana@example.com>", "ana@example.com"),
            ("mailto:ana@example.com", "ana@example.com"),
            ("ana@example.com; ben@example.com", "ana@example.com"),
        ] {
            assert_eq!(email(typed).unwrap_err().suggestion.as_deref(), Some(meant), "{typed}");
        }
        for text in ["ana", "@", "ana@", "ana@localhost", "ana@1.2", "a b", "ana@-x.com"] {
            assert_eq!(email(text).unwrap_err().suggestion, None, "{text}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(email(&format!("a@{}.com", "a.".repeat(130))).is_err());
    }

    #[test]
    fn numbers_pass_however_they_are_written() {
        for text in ["+44 113 496 0142", "(171) 555-7788", "0621/08460", "88.60.15.31", "112", "555 0123 x12", "555-0123 ext. 4"]
        {
            assert_eq!(phone(text).as_deref(), Ok(text), "{text}");
        }
        assert_eq!(phone("030\u{2013}007\u{a0}43").as_deref(), Ok("030-007 43"));
    }

    #[test]
    fn a_mistyped_number_comes_with_the_likely_one() {
        for (typed, meant) in [
            ("O3O-0074321", Some("030-0074321")),
            ("0113 496 0l42", Some("0113 496 0142")),
            ("Tel. 0113 496 0142", Some("0113 496 0142")),
            ("0113 496 0142 (home)", Some("0113 496 0142")),
            ("call me", None),
            ("12", None),
            ("4.41135E+11", None),
        ] {
            assert_eq!(phone(typed).unwrap_err().suggestion.as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn only_web_addresses_pass_as_websites() {
        for text in ["example.com", "https://www.example.com/a?b=c", "HTTP://example.com:8080", "müller.de", ""] {
            assert_eq!(website(text).as_deref(), Ok(text), "{text}");
        }
        for (typed, meant) in [
            ("www,example,com", Some("www.example.com")),
            ("http:/example.com", Some("http://example.com")),
            ("https//example.com", Some("https://example.com")),
            ("www. example.com", Some("www.example.com")),
            ("javascript:alert(1)", None),
            ("none", None),
            ("https://example.com/<script>", None),
        ] {
            assert_eq!(website(typed).unwrap_err().suggestion.as_deref(), meant, "{typed}");
        }
    }
}
