//! Judges how a password would be guessed: by common passwords, known names and patterns.
//!
//! There is no downloaded list of leaked passwords here. Of those, few have twelve characters or more, and
//! the ones that do are common words with the usual changes: capitals, look-alike digits, a year, digits or
//! signs at the end, the same again, rows of keys. So the words are listed (`words.txt`, written for this
//! purpose) and the changes are rules; together they cover far more passwords than a list could hold, but
//! not each one ever leaked.
//!
//! The text is cut into the cheapest row of pieces, each with the price of guessing it; a password whose
//! price is low is refused. Random characters cost most, a common word as much as two of them, and what is
//! repeated or in sequence next to nothing.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

mod patterns;

use patterns::{repeat_lengths, run_lengths, year_length};

const CHARACTER: u32 = 2;
const WORD: u32 = 4;
const CONTEXT_WORD: u32 = 3;
/// A sequence, a walk over the keyboard, or a year.
const PATTERN: u32 = 3;
/// What was written before.
const REPEAT: u32 = 1;
/// Less than this is guessable: eight random characters' worth.
const ENOUGH: u32 = 16;

const MIN_WORD: usize = 3;

/// By first letter.
static WORDS: LazyLock<HashMap<char, Vec<Vec<char>>>> = LazyLock::new(|| {
    let mut words: HashMap<char, Vec<Vec<char>>> = HashMap::new();
    for word in listed() {
        let letters: Vec<char> = word.chars().collect();
        words.entry(letters[0]).or_default().push(letters);
    }
    words
});

fn listed() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("blocklist/words.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// `context` are texts known of the person or the company; they count as words, whole and in their parts.
pub(super) fn is_guessable(password: &str, context: &[&str]) -> bool {
    let context = context_words(context);
    let mut text = plain(password);
    let spaced = price(&text, &context).min(price_backwards(&text, &context));
    // "Correct Horse" is listed without its space.
    text.retain(|c| !is_separator(*c));
    spaced.min(price(&text, &context)).min(price_backwards(&text, &context)) < ENOUGH
}

fn price_backwards(text: &[char], context: &[Vec<char>]) -> u32 {
    price(&text.iter().rev().copied().collect::<Vec<_>>(), context)
}

/// The price of the cheapest cut, as far as it is not [`ENOUGH`]. `best[i]` is that of the first `i`
/// characters.
fn price(text: &[char], context: &[Vec<char>]) -> u32 {
    let (runs, repeats) = (run_lengths(text), repeat_lengths(text));
    let mut best = vec![u32::MAX; text.len() + 1];
    best[0] = 0;
    for start in 0..text.len() {
        let here = best[start];
        if here >= ENOUGH {
            continue;
        }
        let mut piece = |length: usize, price: u32| {
            let total = &mut best[start + length];
            *total = (*total).min(here + price);
        };
        let rest = &text[start..];
        piece(1, if is_separator(rest[0]) { 0 } else { CHARACTER });
        // Each shorter piece is a piece too: what follows may begin inside the longest.
        (3..=runs[start]).for_each(|length| piece(length, PATTERN));
        (3..=repeats[start]).for_each(|length| piece(length, REPEAT));
        if let Some(length) = year_length(rest) {
            piece(length, PATTERN);
        }
        let listed = letters_of(rest[0]).filter_map(|letter| WORDS.get(&letter)).flatten();
        for word in listed.filter(|word| begins_with(rest, word)) {
            piece(word.len(), WORD);
        }
        for word in context.iter().filter(|word| begins_with(rest, word)) {
            piece(word.len(), CONTEXT_WORD);
        }
    }
    best[text.len()]
}

/// What divides words adds nothing to guess.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '.' | ',')
}

/// Whether the text begins with the word, look-alikes read as the letters they stand for.
fn begins_with(text: &[char], word: &[char]) -> bool {
    let reads_as = |(typed, letter): (&char, &char)| letters_of(*typed).any(|read| read == *letter);
    text.len() >= word.len() && text.iter().zip(word).all(reads_as)
}

/// What a typed character may stand for, itself first.
fn letters_of(typed: char) -> impl Iterator<Item = char> {
    let alike = match typed {
        '0' => "o",
        '1' | '!' | '|' => "il",
        '2' => "z",
        '3' | '€' => "e",
        '4' | '@' => "a",
        '5' | '$' => "s",
        '6' | '9' => "g",
        '7' | '+' => "t",
        '8' => "b",
        _ => "",
    };
    std::iter::once(typed).chain(alike.chars())
}

/// Lower case without accents.
fn plain(text: &str) -> Vec<char> {
    let letters = text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).collect()
}

fn context_words(texts: &[&str]) -> Vec<Vec<char>> {
    let mut words = Vec::new();
    for text in texts {
        let whole = plain(text);
        words.extend(whole.split(|c| !c.is_alphanumeric()).map(<[char]>::to_vec));
        words.push(whole.into_iter().filter(|c| !is_separator(*c)).collect());
    }
    words.retain(|word| word.len() >= MIN_WORD);
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price_of(text: &str) -> u32 {
        price(&plain(text), &context_words(&["Keller"]))
    }

    #[test]
    fn the_cheapest_cut_is_found() {
        let cases = [
            ("", 0),
            ("x", CHARACTER),
            ("password", WORD),
            ("P@55w0rd", WORD),
            ("password-2026", WORD + PATTERN),
            ("keller", CONTEXT_WORD),
            ("abcdefg", PATTERN),
            ("x password x", 2 * CHARACTER + WORD),
            ("passwordpassword", WORD + REPEAT),
            ("aaaaaaaa", PATTERN),
            ("vjkvjkvjkvjk", 3 * CHARACTER + REPEAT),
        ];
        for (text, price) in cases {
            assert_eq!(price_of(text), price, "{text}");
        }
    }

    #[test]
    fn the_words_are_plain_lower_case_and_listed_once() {
        let mut seen = std::collections::HashSet::new();
        for word in listed() {
            assert!(word.chars().count() >= MIN_WORD, "{word} is too short");
            assert_eq!(plain(word).iter().collect::<String>(), word);
            assert!(seen.insert(word), "{word} is listed twice");
        }
        assert!(seen.len() >= 2_000, "{} words", seen.len());
    }
}
