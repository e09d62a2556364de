//! What a value must look like, whether a person types it into a form or a file brings it. Every check answers with the cleaned value or a [`Problem`].

mod contact_details;

use chrono::NaiveDate;
use streamflow_kernel::ids;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

pub use self::contact_details::{email, phone, website};

/// Characters (not bytes) a field holds at most.
pub mod limit {
    pub const NAME: usize = 200;
    pub const TITLE: usize = 200;
    pub const EMAIL: usize = 254;
    pub const PHONE: usize = 50;
    pub const WEBSITE: usize = 300;
    pub const ADDRESS: usize = 200;
    pub const EXTERNAL_ID: usize = 100;
    pub const SOURCE: usize = 40;
    pub const NOTE: usize = 4_000;
    pub const TAG: usize = 40;
    pub const TAGS: usize = 20;
}

/// Why a value can't be accepted, in plain words, and a likely right value where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub suggestion: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), suggestion: None }
    }

    pub fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// Message and suggestion in one text, for a form.
    pub fn sentence(&self) -> String {
        match &self.suggestion {
            Some(value) => format!("{} Did you mean \"{value}\"?", self.message),
            None => self.message.clone(),
        }
    }
}

/// One line of text, trimmed and in Unicode's composed form; may be empty.
pub fn line(text: &str, max: usize) -> Result<String, Problem> {
    let text = composed(text);
    if text.chars().any(is_hidden) {
        let visible: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
        let visible = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        let suggestion = (!visible.is_empty() && visible.chars().count() <= max).then_some(visible);
        return Err(Problem::new("Remove the line breaks or invisible characters.").suggest(suggestion));
    }
    within(text, max)
}

/// One line that must not be empty. `what` is what to enter, e.g. "a name".
pub fn required(what: &str, text: &str, max: usize) -> Result<String, Problem> {
    let text = line(text, max)?;
    if text.is_empty() { Err(Problem::new(format!("Enter {what}."))) } else { Ok(text) }
}

/// Text of several lines, with line feeds between them; may be empty.
pub fn lines(text: &str, max: usize) -> Result<String, Problem> {
    let text = composed(text).replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().any(|c| is_hidden(c) && c != '\n' && c != '\t') {
        let visible: String = text.chars().filter(|c| !is_hidden(*c) || *c == '\n' || *c == '\t').collect();
        let suggestion = (visible.chars().count() <= max).then_some(visible);
        return Err(Problem::new("Remove the invisible control characters.").suggest(suggestion));
    }
    within(text, max)
}

/// Labels, each once whatever its case. Commas and semicolons part labels in files, so a label can't hold one.
pub fn tags<S: AsRef<str>>(tags: &[S]) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::new();
    // Each is compared with those before it, so too many are refused before that.
    if tags.len() > limit::TAGS * 5 {
        return Err(Problem::new(format!("Use at most {} tags.", limit::TAGS)));
    }
    for tag in tags {
        let tag = line(tag.as_ref(), limit::TAG)
            .map_err(|problem| Problem::new(format!("A tag can't be used as it is. {}", problem.message)))?;
        if tag.is_empty() {
            return Err(Problem::new("A tag needs at least 1 character."));
        }
        if tag.contains([',', ';']) {
            return Err(Problem::new("Write a tag without commas and semicolons."));
        }
        if !kept.iter().any(|other| other.to_lowercase() == tag.to_lowercase()) {
            kept.push(tag);
        }
    }
    if kept.len() > limit::TAGS {
        return Err(Problem::new(format!("Use at most {} tags.", limit::TAGS)));
    }
    Ok(kept)
}

/// The id of a record somebody chose from a list; empty for none. `what` is e.g. "a person".
pub fn choice(what: &str, prefix: &'static str, text: &str) -> Result<Option<Uuid>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    ids::parse(prefix, text).map(Some).ok_or_else(|| Problem::new(format!("Choose {what} from the list.")))
}

/// A day as ISO 8601 ("2026-11-20"); empty for none.
pub fn day(text: &str) -> Result<Option<NaiveDate>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // chrono alone would also take "2026-1-2" and years like "+12026".
    let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    shaped
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .flatten()
        .map(Some)
        .ok_or_else(|| Problem::new("Enter a day that exists, as year-month-day, e.g. 2026-11-20."))
}

/// Trimmed, composed (NFC), without byte order marks at the ends.
fn composed(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    text.trim_matches(ends).nfc().collect()
}

/// Control characters, and those that turn the direction of the text around them.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn within(text: String, max: usize) -> Result<String, Problem> {
    let length = text.chars().count();
    if length > max {
        return Err(Problem::new(format!("Use at most {max} characters; this has {length}.")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(line("  Snabbko\u{308}p \u{feff}", 200).as_deref(), Ok("Snabbk\u{f6}p"));
    }

    #[test]
    fn a_line_with_hidden_characters_comes_back_with_a_clean_one() {
        for text in ["two\r\nlines", "two\u{0}lines", "two\u{202e}lines"] {
            assert_eq!(line(text, 200).unwrap_err().suggestion.as_deref(), Some("two lines"), "{text:?}");
        }
    }

    #[test]
    fn length_counts_characters() {
        assert!(line(&"ö".repeat(200), 200).is_ok());
        assert!(line(&"o".repeat(201), 200).unwrap_err().message.contains("at most 200"));
    }

    #[test]
    fn notes_keep_their_line_breaks() {
        assert_eq!(lines("a\r\nb\rc\td", 10).as_deref(), Ok("a\nb\nc\td"));
        assert!(lines("a\u{0}b", 10).is_err());
    }

    #[test]
    fn tags_are_kept_once_and_counted() {
        assert_eq!(tags(&["VIP", " vip ", "Net 30"]), Ok(vec!["VIP".to_owned(), "Net 30".to_owned()]));
        assert!(tags(&["a, b"]).is_err() && tags(&[""]).is_err() && tags(&["x".repeat(41)]).is_err());
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert!(tags(&many).is_err() && tags(&many[1..]).is_ok());
        assert!(tags(&["VIP"; 100]).is_ok() && tags(&["VIP"; 101]).is_err());
    }

    #[test]
    fn a_day_must_exist() {
        assert_eq!(day("2026-11-20"), Ok(NaiveDate::from_ymd_opt(2026, 11, 20)));
        assert_eq!(day(""), Ok(None));
        for text in ["2026-02-30", "2026-1-2", "20.11.2026", "+2026-11-2", "2026-11-20T00:00"] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
