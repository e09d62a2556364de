//! What reports of one failure have in common: the message without what tells one from another, and the place without what names
//! anybody. Pure.

/// Characters of a shape. What follows says no more about the failure.
const MESSAGE: usize = 300;
const WORD: usize = 40;
/// Digits and letters a to f in a row that are an id and no word.
const HEX: usize = 8;
/// Stands for what was masked.
const MASK: char = '…';

/// A message without numbers, ids, addresses and what stands in quotes.
pub fn message(text: &str) -> String {
    let plain = without_quotes(text);
    let words: Vec<String> = plain.split_whitespace().map(word).collect();
    words.join(" ").chars().take(MESSAGE).collect()
}

/// Everything between two quotes of a kind is somebody's value.
fn without_quotes(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let end = match c {
            '"' | '`' => Some(c),
            '“' => Some('”'),
            '‘' => Some('’'),
            // In "can't" it is none.
            '\'' if !before.is_alphanumeric() => Some(c),
            _ => None,
        };
        shape.push(c);
        before = c;
        let Some(end) = end else { continue };
        shape.push(MASK);
        // One that never ends hides the rest: it may be anything.
        while let Some(inner) = rest.next() {
            let closes = inner == end && (end != '\'' || rest.peek().is_none_or(|next| !next.is_alphanumeric()));
            if closes {
                shape.push(end);
                before = end;
                break;
            }
        }
    }
    shape
}

fn word(word: &str) -> String {
    if word.contains('@') || word.contains("://") {
        return MASK.to_string();
    }
    let mut shape = String::new();
    for part in word.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let (body, end) = match part.char_indices().next_back() {
            Some((at, last)) if !last.is_ascii_alphanumeric() => part.split_at(at),
            _ => (part, ""),
        };
        let is_id = body.len() >= HEX && body.bytes().all(|b| b.is_ascii_hexdigit()) && body.bytes().any(|b| b.is_ascii_digit());
        if is_id {
            shape.push('#');
        } else {
            let mut was_digit = false;
            for c in body.chars() {
                let is_digit = c.is_ascii_digit();
                if !(is_digit && was_digit) {
                    shape.push(if is_digit { '0' } else { c });
                }
                was_digit = is_digit;
            }
        }
        shape.push_str(end);
    }
    shape
}

/// First part of a page's address after what all of its portal's begin with (`pages`, where `*` is one part of any name). What
/// follows may be a name, and so may a part that does not look like one of ours.
pub fn place(pages: &str, page: &str) -> String {
    let all = parts(page);
    let begin = parts(pages);
    let rest = if begins(&all, &begin) { &all[begin.len()..] } else { &all[..] };
    let plain = |part: &str| {
        let is_plain = part.len() <= WORD && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if is_plain { part.to_owned() } else { MASK.to_string() }
    };
    match rest {
        [] => "/".to_owned(),
        [only] => plain(only),
        [first, ..] => format!("{}/{MASK}", plain(first)),
    }
}

/// What a page's address calls the company, where it is one of a company's.
pub fn company<'a>(pages: &str, page: &'a str) -> Option<&'a str> {
    let (all, begin) = (parts(page), parts(pages));
    let at = begin.iter().position(|part| *part == "*").filter(|_| begins(&all, &begin))?;
    Some(all[at])
}

fn parts(address: &str) -> Vec<&str> {
    address.split('/').filter(|part| !part.is_empty()).collect()
}

fn begins(all: &[&str], begin: &[&str]) -> bool {
    all.len() >= begin.len() && begin.iter().zip(all).all(|(want, is)| *want == "*" || want == is)
}

/// A version as pages tell it.
pub fn build(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || ".-+_".contains(*c)).take(WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_one_report_from_another_is_masked() {
        for (text, shape) in [
            ("panicked at src/app.rs:12:7", "panicked at src/app.rs:0:0"),
            ("panicked at src/app.rs:481:10", "panicked at src/app.rs:0:0"),
            ("no customer 'Ada O'Brien' here", "no customer '…' here"),
            (r#"can't read "Glow Spa" of `ada`"#, r#"can't read "…" of `…`"#),
            ("“Harrow” is gone, “Pike", "“…” is gone, “…"),
            ("mail to ada@example.com failed", "mail to … failed"),
            ("fetch http://x.example/a?b=c: 503", "fetch … 0"),
            ("cus_0193f00dbeef0193f00dbeef00000001 is gone", "cus_# is gone"),
            ("id 0193f00d-beef-7000-8000-0123456789ab", "id #-beef-0-0-#"),
            ("call +44 20 7946 0000", "call +0 0 0 0"),
            ("deadbeef feedback", "deadbeef feedback"),
        ] {
            assert_eq!(message(text), shape, "{text}");
        }
        assert_eq!(message(&"ä ".repeat(900)).chars().count(), MESSAGE);
    }

    #[test]
    fn a_place_names_nobody() {
        for (page, is) in [
            ("/firm/harrow/work/leads", "leads"),
            ("/firm/harrow/work/leads/led_01", "leads/…"),
            ("/firm/harrow/work", "/"),
            ("/firm/harrow", "firm/…"),
            ("/sign-in", "sign-in"),
            ("/Ada", "…"),
            ("", "/"),
        ] {
            assert_eq!(place("/firm/*/work", page), is, "{page}");
        }
        assert_eq!(company("/firm/*/work", "/firm/harrow/work/leads"), Some("harrow"));
        assert_eq!((company("/firm/*/work", "/firm/harrow"), company("/desk", "/desk/tenants")), (None, None));
        assert_eq!(place("/desk", "/desk/tenants/harrow-pike"), "tenants/…");
        assert_eq!(build("1.2.0+ab <x>"), "1.2.0+abx");
    }
}
