//! The text of a filter to its terms; knows no fields and no types.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

use super::{Op, Term};

const MAX_CHARS: usize = 2_000;
const MAX_TERMS: usize = 20;

/// A sentence for the person who wrote the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    what: String,
    /// Counted in characters from 1; 0 when the filter as a whole is meant.
    position: usize,
}

/// Reads terms joined by `AND` (AIP-160, a subset). Fails with the first thing that is wrong and where; so do more than 2,000 characters
/// or 20 terms.
pub fn parse(text: &str) -> Result<Vec<Term>, FilterError> {
    if text.chars().count() > MAX_CHARS {
        return Err(FilterError { what: format!("A filter has at most {MAX_CHARS} characters"), position: 0 });
    }
    let mut scanner = Scanner { text, chars: text.char_indices().peekable() };
    let mut terms = Vec::new();
    scanner.skip_spaces();
    while !scanner.at_end() {
        if !terms.is_empty() {
            scanner.and()?;
        }
        terms.push(scanner.term()?);
        scanner.skip_spaces();
        if terms.len() > MAX_TERMS {
            let what = format!("A filter has at most {MAX_TERMS} conditions");
            return Err(FilterError { what, position: 0 });
        }
    }
    Ok(terms)
}

struct Scanner<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Scanner<'a> {
    fn term(&mut self) -> Result<Term, FilterError> {
        let start = self.offset();
        let field = self.field()?.to_owned();
        self.skip_spaces();
        let op = self.op()?;
        self.skip_spaces();
        let value = self.value()?;
        Ok(Term { field, op, value, position: self.position(start) })
    }

    /// AND, with at least one space (or a quoted value's end) before it and a space after.
    fn and(&mut self) -> Result<(), FilterError> {
        let start = self.offset();
        let word = self.run_of(is_bare);
        match word {
            "AND" if self.peek().is_some_and(char::is_whitespace) => {
                self.skip_spaces();
                if self.at_end() {
                    return Err(self.error("A condition is missing after AND", start));
                }
                Ok(())
            }
            "AND" if self.at_end() => Err(self.error("A condition is missing after AND", start)),
            "OR" | "NOT" => Err(self.error(&format!("{word} is not supported; conditions are joined by AND"), start)),
            _ => Err(self.error("Conditions are joined by AND, which is missing", start)),
        }
    }

    fn field(&mut self) -> Result<&'a str, FilterError> {
        let start = self.offset();
        match self.run_of(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            "" => Err(self.error("A field name is missing", start)),
            word @ ("AND" | "OR" | "NOT") => Err(self.error(&format!("A field name is expected where {word} stands"), start)),
            name => Ok(name),
        }
    }

    fn op(&mut self) -> Result<Op, FilterError> {
        let start = self.offset();
        let op = match self.run_of(|c| matches!(c, '=' | '!' | '<' | '>' | ':')) {
            "=" => Op::Equal,
            "!=" => Op::NotEqual,
            "<" => Op::Less,
            "<=" => Op::LessOrEqual,
            ">" => Op::Greater,
            ">=" => Op::GreaterOrEqual,
            ":" => Op::Contains,
            "" => return Err(self.error("An operator (= != < <= > >= :) is missing", start)),
            other => {
                return Err(self.error(&format!("\"{other}\" is not an operator (= != < <= > >= :)"), start));
            }
        };
        Ok(op)
    }

    fn value(&mut self) -> Result<String, FilterError> {
        let start = self.offset();
        if self.peek() == Some('"') {
            return self.quoted();
        }
        match self.run_of(is_bare) {
            "" if self.at_end() => Err(self.error("A value is missing", start)),
            "" => Err(self.error("A value with this character needs quotes", start)),
            // `name = AND …` is a forgotten value, not a search for the word.
            "AND" => Err(self.error("A value is missing", start)),
            word if self.peek().is_none_or(char::is_whitespace) => Ok(word.to_owned()),
            word => Err(self.error("A value with this character needs quotes", start + word.len())),
        }
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.offset();
        self.chars.next();
        let mut value = String::new();
        while let Some((at, c)) = self.chars.next() {
            match c {
                '"' => return Ok(value),
                '\\' => match self.chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                    _ => return Err(self.error("After a backslash comes \\\" or \\\\ only", at)),
                },
                // No column holds them, and PostgreSQL refuses NUL in any text.
                c if c.is_control() => return Err(self.error("A value has no control characters", at)),
                c => value.push(c),
            }
        }
        Err(self.error("This quote is not closed", start))
    }

    /// The characters from here on that `belong`, possibly none.
    fn run_of(&mut self, belong: impl Fn(char) -> bool) -> &'a str {
        let start = self.offset();
        while self.chars.next_if(|&(_, c)| belong(c)).is_some() {}
        &self.text[start..self.offset()]
    }

    fn skip_spaces(&mut self) {
        self.run_of(char::is_whitespace);
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|&(_, c)| c)
    }

    fn at_end(&mut self) -> bool {
        self.chars.peek().is_none()
    }

    fn offset(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |&(at, _)| at)
    }

    fn position(&self, offset: usize) -> usize {
        self.text[..offset].chars().count() + 1
    }

    fn error(&self, what: &str, offset: usize) -> FilterError {
        FilterError { what: what.to_owned(), position: self.position(offset) }
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '+' | '-')
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            0 => write!(f, "{}.", self.what),
            position => write!(f, "{} (at character {position}).", self.what),
        }
    }
}

impl std::error::Error for FilterError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn term(field: &str, op: Op, value: &str, position: usize) -> Term {
        Term { field: field.into(), op, value: value.into(), position }
    }

    #[test]
    fn a_filter_is_read_into_its_terms() {
        let text = r#"  city = "Bad \"Tölz\" \\ x" AND owner_id!=usr_1 AND created_at>="2026-11-01T00:00:00Z"
            AND name:"" AND number < -5 AND a.b <= x@y.z+1 AND e>1"#;
        let expected = vec![
            term("city", Op::Equal, r#"Bad "Tölz" \ x"#, 3),
            term("owner_id", Op::NotEqual, "usr_1", 34),
            term("created_at", Op::GreaterOrEqual, "2026-11-01T00:00:00Z", 54),
            term("name", Op::Contains, "", 105),
            term("number", Op::Less, "-5", 117),
            term("a.b", Op::LessOrEqual, "x@y.z+1", 133),
            term("e", Op::Greater, "1", 152),
        ];
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse(" \n ").unwrap(), []);
    }

    #[test]
    fn a_quoted_value_may_touch_the_next_and() {
        assert_eq!(parse(r#"a="x"AND b="y""#).unwrap().len(), 2);
    }

    #[test]
    fn errors_are_sentences_with_the_place() {
        let cases = [
            ("name", "An operator (= != < <= > >= :) is missing (at character 5)."),
            ("name =", "A value is missing (at character 7)."),
            ("name = AND city = x", "A value is missing (at character 8)."),
            ("= x", "A field name is missing (at character 1)."),
            ("(a = 1)", "A field name is missing (at character 1)."),
            ("NOT a = 1", "A field name is expected where NOT stands (at character 1)."),
            ("name == x", "\"==\" is not an operator (= != < <= > >= :) (at character 6)."),
            ("name = Köln", "A value with this character needs quotes (at character 9)."),
            ("at = 10:30", "A value with this character needs quotes (at character 8)."),
            ("a = (1)", "A value with this character needs quotes (at character 5)."),
            ("a = \"x", "This quote is not closed (at character 5)."),
            ("a = \"ü\\n\"", "After a backslash comes \\\" or \\\\ only (at character 7)."),
            ("a = \"x\0\"", "A value has no control characters (at character 7)."),
            ("a = 1 b = 2", "Conditions are joined by AND, which is missing (at character 7)."),
            ("a = 1 and b = 2", "Conditions are joined by AND, which is missing (at character 7)."),
            ("a = 1 OR b = 2", "OR is not supported; conditions are joined by AND (at character 7)."),
            ("a = 1 AND", "A condition is missing after AND (at character 7)."),
            ("a = 1 AND ", "A condition is missing after AND (at character 7)."),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn length_and_number_of_conditions_are_limited() {
        let twenty = vec!["a = 1"; 20].join(" AND ");
        assert_eq!(parse(&twenty).unwrap().len(), 20);
        let error = parse(&format!("{twenty} AND a = 1")).unwrap_err();
        assert_eq!(error.to_string(), "A filter has at most 20 conditions.");

        let fits = format!("a = \"{}\"", "ü".repeat(2_000 - 6));
        assert_eq!(parse(&fits).unwrap().len(), 1);
        let error = parse(&format!("{fits} ")).unwrap_err();
        assert_eq!(error.to_string(), "A filter has at most 2000 characters.");
    }

    proptest! {
        #[test]
        fn any_value_comes_back_from_its_quotes(value in "[^\\p{Cc}]{0,60}", field in "[a-z][a-z_]{0,10}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let terms = parse(&format!("{field} : \"{quoted}\"")).unwrap();
            prop_assert_eq!(terms, vec![term(&field, Op::Contains, &value, 1)]);
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn filter_like_text_is_read_or_refused_without_a_panic(
            text in prop::collection::vec(
                prop::sample::select(vec!["a", " ", "=", "!", "<", ":", "\"", "\\", "AND", "OR", "ü", "\0", "1"]), 0..40
            )
        ) {
            let _ = parse(&text.concat());
        }
    }
}
