//! What reports of one failure have in common: the message without what tells one from another, and the place without what names
//! anybody. Pure.

/// Characters of a shape. What follows says no more about the failure.
const MESSAGE: usize = 300;
const WORD: usize = 40;
/// Digits and letters a to f in a row that are an id and no word.
const HEX: usize = 8;
/// Stands for what was masked.
const MASK: char = '…';
/// Marks that open or end what is quoted, in some language or other.
const QUOTES: &str = "“”„‟‘‚‛«»‹›「」『』";

/// A message without numbers, ids, addresses and what stands in quotes.
pub fn message(text: &str) -> String {
    let plain = without_quotes(text);
    let words: Vec<String> = plain.split_whitespace().map(word).collect();
    words.join(" ").chars().take(MESSAGE).collect()
}

/// What stands in quotes is somebody's value. Only two kinds surely end where they seem to; what any other mark opens, which may stand
/// within a name as well, and what never ends, hides the rest.
fn without_quotes(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        shape.push(c);
        let is_pair = matches!(c, '"' | '`');
        let opens = match c {
            // Between two letters it is none: "can't".
            '\'' | '’' => !(before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric())),
            _ => is_pair || QUOTES.contains(c),
        };
        before = c;
        if !opens {
            continue;
        }
        shape.push(MASK);
        if !(is_pair && skip(&mut rest, c)) {
            break;
        }
        shape.push(c);
    }
    shape
}

/// Goes past the end of what is quoted. False when it has none.
fn skip(rest: &mut impl Iterator<Item = char>, end: char) -> bool {
    while let Some(c) = rest.next() {
        if c == '\\' && end == '"' {
            // As Debug writes text: what follows belongs to it, also a quote.
            rest.next();
        } else if c == end {
            return true;
        }
    }
    false
}

/// An address without its host: whose page it is may stand in it. A file's path has a name before its first slash.
fn is_rooted(word: &str) -> bool {
    let begins = |at: usize| !word[..at].ends_with(char::is_alphanumeric) && word[at + 1..].contains('/');
    word.match_indices('/').any(|(at, _)| begins(at))
}

fn word(word: &str) -> String {
    if word.contains('@') || word.contains("%40") || word.contains("://") || is_rooted(word) {
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

/// First part of a page's address after what all of its portal's begin with (`pages`, where `*` is one part of any name), where it is
/// one of `known`. What follows may be a name, and so may a part that is mistyped.
pub fn place(pages: &str, known: &[&str], page: &str) -> String {
    let all = parts(page);
    let begin = parts(pages);
    let rest = if begins(&all, &begin) { &all[begin.len()..] } else { &all[..] };
    let plain = |part: &&str| {
        let is_known = known.contains(part) || begin.first() == Some(part);
        if is_known { (*part).to_owned() } else { MASK.to_string() }
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

    const KNOWN: [&str; 3] = ["leads", "sign-in", "tenants"];

    #[test]
    fn what_tells_one_report_from_another_is_masked() {
        for (text, shape) in [
            ("panicked at src/app.rs:12:7", "panicked at src/app.rs:0:0"),
            ("panicked at src/app.rs:481:10", "panicked at src/app.rs:0:0"),
            ("no customer 'Ada O'Brien' here", "no customer '…"),
            ("no customer 'Ada' Smith' here", "no customer '…"),
            ("the users' Ada", "the users'…"),
            (r#"no "Ada \"Glow\" Spa" here"#, r#"no "…" here"#),
            (r#"no "C:\\" and "Ada" here"#, r#"no "…" and "…" here"#),
            (r#"no "Ada \"Glow"#, r#"no "…"#),
            ("„Glow Spa“ is gone", "„…"),
            ("«Glow Spa» is gone", "«…"),
            ("»Glow Spa« is gone", "»…"),
            ("‘Glow’ Spa’ is gone", "‘…"),
            ("mail to ada%40example.com failed", "mail to … failed"),
            ("GET /office/harrow/client/leads: 503", "GET … 0"),
            ("GET (/office/harrow) url=/office/pike", "GET … …"),
            ("no page /sign-in in web/src/app.rs", "no page /sign-in in web/src/app.rs"),
            (r#"can't read "Glow Spa" of `ada`"#, r#"can't read "…" of `…`"#),
            ("“Harrow” is gone, “Pike", "“…"),
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
            ("/firm/harrow/floor/leads", "leads"),
            ("/firm/harrow/floor/leads/led_01", "leads/…"),
            ("/firm/harrow/floor", "/"),
            ("/firm/harrow", "firm/…"),
            ("/sign-in", "sign-in"),
            ("/Ada", "…"),
            ("/firm/harrow/floor/glow-spa", "…"),
            ("/glow-spa/floor", "…/…"),
            ("", "/"),
        ] {
            assert_eq!(place("/firm/*/floor", &KNOWN, page), is, "{page}");
        }
        assert_eq!(company("/firm/*/floor", "/firm/harrow/floor/leads"), Some("harrow"));
        assert_eq!((company("/firm/*/floor", "/firm/harrow"), company("/desk", "/desk/tenants")), (None, None));
        assert_eq!(place("/desk", &KNOWN, "/desk/tenants/harrow-pike"), "tenants/…");
        assert_eq!(build("1.2.0+ab <x>"), "1.2.0+abx");
    }
}
