//! Whether a literal looks like something that a person reads.

use std::{collections::HashSet, fs, path::Path};

use anyhow::Result;

use crate::shell;

/// Names of CSS classes, which look like words.
pub type Classes = HashSet<String>;

pub fn classes(crates: &[&str]) -> Result<Classes> {
    let mut classes = Classes::new();
    for folder in crates {
        for path in shell::files(&Path::new(folder).join("style"))? {
            let css = fs::read_to_string(&path)?;
            let names =
                css.split('.').skip(1).map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).next());
            classes.extend(names.flatten().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    Ok(classes)
}

/// Where only texts stand, two letters make one. Names stay as they are in every language.
pub fn has_words(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1) && !is_name(text.trim())
}

/// Of the program and its portals, which stay as they are in every language.
fn is_name(text: &str) -> bool {
    let rest = text.strip_prefix("StreamFlow").unwrap_or(text).trim();
    text == "streamflow" || (text.starts_with("StreamFlow") && matches!(rest, "" | "Client" | "Provider" | "Dev" | "Accountant"))
}

/// A text by its looks: a capitalised word, or several words.
pub fn is_text(text: &str, classes: &Classes) -> bool {
    let text = text.trim();
    if !has_words(text) || is_technical(text, classes) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match &*words {
        [one] => is_capitalised(one),
        several => several.iter().any(|word| is_word(word)),
    }
}

/// Together with a value one word is enough: "{name} left".
pub fn is_said_with_a_value(words: &str, classes: &Classes) -> bool {
    let alone = words.trim().trim_matches(['.', ',', ':', ' ', '·']);
    words.contains(' ') && alone.len() > 3 && alone.split_whitespace().all(is_word) && !is_technical(alone, classes)
}

/// More than one small letter, and no digit or sign that words don't have.
fn is_word(word: &str) -> bool {
    let is_sign = |c: char| "’'-–.,:;?!…()“”/".contains(c);
    word.chars().all(|c| c.is_alphabetic() || is_sign(c)) && word.chars().filter(char::is_ascii_lowercase).count() > 1
}

/// "Customers", "E-mail", "Saved.", and no "SignIn" or "ABORTED".
fn is_capitalised(word: &str) -> bool {
    let word = word.trim_end_matches(['.', '?', '!', '…', ':']);
    let rest: Vec<char> = word.chars().skip(1).collect();
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && rest.iter().all(|c| c.is_ascii_lowercase() || matches!(c, '’' | '-'))
        && rest.last().is_some_and(char::is_ascii_lowercase)
}

/// Filters, addresses, selectors, classes and the like.
fn is_technical(text: &str, classes: &Classes) -> bool {
    const FIRST: [char; 8] = ['/', '.', '#', '[', ':', '&', '?', '%'];
    const INSIDE: [&str; 12] = ["://", "=\"", " = ", " != ", " : ", " < ", " >= ", "::", "px,", "text/", "[aria", "-width:"];
    let is_class = |word: &str| classes.contains(word) || word.starts_with("is-") || word.starts_with("has-");
    (text.starts_with(FIRST) && !text.starts_with(". "))
        || INSIDE.iter().any(|mark| text.contains(mark))
        || [" =", " desc"].iter().any(|end| text.ends_with(end))
        || text == "desc"
        || text.split_whitespace().all(is_class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_the_rest() {
        let classes: Classes = ["row", "row-wrap", "muted", "t-12"].map(str::to_owned).into();
        for text in ["Customers", "E-mail", "just now", "Saved.", " optional words", "Can’t scan it?", ", at once"] {
            assert!(is_text(text, &classes), "{text}");
        }
        for other in [
            "row row-wrap",
            "is-on",
            "customer",
            "SignIn",
            "ABORTED",
            "category = sign_in AND outcome != OK",
            ".board .card",
            "/a/{id}",
            "StreamFlow Dev",
            "created_at desc",
            "form [aria-invalid=true]",
            "(max-width: 1180px)",
            "—",
        ] {
            assert!(!is_text(other, &classes), "{other}");
        }
    }
}
