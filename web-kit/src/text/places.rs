//! Places in a text, `{name}`: where they are, and at compile time that each has its value.

/// The place of the number that chose a text's form.
pub const COUNT: &str = "count";

/// What stands in a text, one after the other: words (`Ok`) and names of places (`Err`).
pub fn pieces(text: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some((name, behind)) =
            rest.strip_prefix('{').and_then(|inside| inside.split_once('}')).filter(|(name, _)| is_name(name))
        {
            rest = behind;
            return Some(Err(name));
        }
        // A brace that opens no place is one of the words.
        let first = rest.chars().next()?.len_utf8();
        let end = rest[first..].find('{').map_or(rest.len(), |at| at + first);
        let (words, behind) = rest.split_at(end);
        rest = behind;
        Some(Ok(words))
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Stops the build when a text's places are not exactly these, in this order.
pub const fn fits(text: &str, names: &[&str]) {
    check(text, names, false);
}

/// The same for both forms of a text; the one for one may do without some.
pub const fn fits_both(one: &str, many: &str, names: &[&str]) {
    check(many, names, true);
    let one = one.as_bytes();
    let mut at = 0;
    while let Some((start, end)) = next(one, at) {
        assert!(is_among(one, start, end, names) || same(one, start, end, COUNT), "a place of the form for one has no value");
        at = end + 1;
    }
}

const fn check(text: &str, names: &[&str], counts: bool) {
    let text = text.as_bytes();
    let (mut at, mut known) = (0, 0);
    while let Some((start, end)) = next(text, at) {
        if !(counts && same(text, start, end, COUNT)) {
            assert!(known < names.len(), "a place of the text has no value");
            assert!(same(text, start, end, names[known]), "values stand in the order of the text's places, by their names");
            known += 1;
        }
        at = end + 1;
    }
    assert!(known == names.len(), "a value has no place in the text");
}

/// Where the next place's name begins and ends.
const fn next(text: &[u8], mut at: usize) -> Option<(usize, usize)> {
    while at < text.len() {
        if text[at] == b'{' {
            let mut end = at + 1;
            while end < text.len() && text[end] != b'}' {
                end += 1;
            }
            assert!(end < text.len() && end > at + 1, "braces of a text are places and hold their names");
            return Some((at + 1, end));
        }
        at += 1;
    }
    None
}

const fn is_among(text: &[u8], start: usize, end: usize, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(text, start, end, names[at]) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(text: &[u8], start: usize, end: usize, name: &str) -> bool {
    let name = name.as_bytes();
    if end - start != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if text[start + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_apart_at_its_places() {
        let read = |text: &'static str| pieces(text).collect::<Vec<_>>();
        assert_eq!(read("{a} to {b_2}"), [Err("a"), Ok(" to "), Err("b_2")]);
        assert_eq!(read("“{a}”"), [Ok("“"), Err("a"), Ok("”")]);
        assert_eq!(read("{ {x y} {"), [Ok("{ "), Ok("{x y} "), Ok("{")]);
        assert!(read("").is_empty());
    }

    #[test]
    #[should_panic(expected = "order of the text's places")]
    fn values_out_of_order_are_found() {
        fits("{a} and {b}", &["b", "a"]);
    }

    #[test]
    #[should_panic(expected = "has no value")]
    fn a_place_without_a_value_is_found() {
        fits_both("{count} of {b}", "{count} of {a}", &["a"]);
    }
}
