//! What string literals say.

/// The words of a format string.
pub fn without_places(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        words.push_str(before);
        rest = behind.split_once('}').map_or("", |(_, behind)| behind);
    }
    words + rest
}

/// What a string literal says; None for other literals.
pub fn value(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let mut letters = literal.strip_prefix('"')?.strip_suffix('"')?.chars().peekable();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\n' => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
            'u' => {
                let code: String = letters.by_ref().skip(1).take_while(|letter| *letter != '}').collect();
                text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
            }
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_say_what_they_say() {
        assert_eq!(value(r#""a\u{a0}\"b\"\n""#).as_deref(), Some("a\u{a0}\"b\"\n"));
        assert_eq!(value("\"one \\\n      two\"").as_deref(), Some("one two"));
        assert_eq!(value("r#\"a\"#").as_deref(), Some("a"));
        assert_eq!((value("12"), value("b\"x\"")), (None, None));
    }
}
