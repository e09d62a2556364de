//! How records are found: the words, digits and keys each is indexed under, how a query is read, and how candidates are ranked.

pub mod entry;
pub mod phone;
pub mod rank;
pub mod typo;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest query that is read, in characters (SearchRequest.query).
pub const QUERY: usize = 200;

/// The text as words to compare: accents folded, lower case, one space for whatever is no letter or digit.
///
/// Folding again changes nothing.
pub fn normalise(text: &str) -> String {
    let folded: String = text.nfkd().flat_map(char::to_lowercase).collect();
    let mut words = String::with_capacity(folded.len());
    // Lower case can bring new marks (dotted capital I) and compatibility letters, hence the second decomposition.
    for c in folded.nfkd().filter(|c| !is_accent(*c)) {
        if !c.is_alphanumeric() {
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
            continue;
        }
        match unaccented(c) {
            Some(letters) => words.push_str(letters),
            None => words.extend(c.to_lowercase()),
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// The text as one key: lower case, without blanks around, blanks within as underscores, so that keys can stand in one space-separated column.
pub fn key(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join("_")
}

/// Marks that sit on a letter. Vowel signs of Indic scripts are letters of their own and stay.
fn is_accent(c: char) -> bool {
    is_combining_mark(c) && !c.is_alphabetic()
}

/// Letters that people type without their stroke or ligature, which no decomposition tells.
const fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ŋ' => "n",
        'ĸ' => "k",
        _ => return None,
    })
}

/// A search as typed, read every way it may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Normalised words; empty when the text has none.
    pub text: String,
    /// Digits to look for within stored digits, when the query looks like (part of) a phone number: what is left without trunk zero and country code.
    pub digits: Option<String>,
    /// All ways to write these digits, the fullest first.
    pub digit_variants: Vec<String>,
    /// The query as a key, e.g. an id, a record number, an external id or an e-mail; a record with exactly this key is pinned.
    pub key: String,
}

impl Query {
    /// Reads what was typed; characters after [`QUERY`] are ignored. No record holds control characters, and FTS5 and PostgreSQL can't
    /// read NUL.
    pub fn parse(typed: &str) -> Self {
        let typed: String = typed.chars().filter(|c| c.is_whitespace() || !c.is_control()).take(QUERY).collect();
        let digit_variants = if looks_like_phone(&typed) { phone::variants(&typed) } else { Vec::new() };
        let core = digit_variants.last().filter(|digits| digits.len() >= 3);
        let digits = core.or_else(|| digit_variants.first().filter(|digits| digits.len() >= 3)).cloned();
        Self { text: normalise(&typed), digits, digit_variants, key: number_key(&typed).unwrap_or_else(|| key(&typed)) }
    }

    /// True when there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.digits.is_none() && self.key.is_empty()
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    /// FTS5 expression for records holding every word of three letters or more; none when no word is that long.
    ///
    /// The trigram index cannot see shorter words; look for those as prefixes of words instead.
    pub fn fts_all(&self) -> Option<String> {
        let words: Vec<String> = self.words().filter(|word| word.chars().count() >= 3).map(quoted).collect();
        (!words.is_empty()).then(|| format!("text : ({})", words.join(" AND ")))
    }

    /// FTS5 expression for records sharing any trigram with the query: wide, for typos, to be ranked afterwards.
    pub fn fts_any(&self) -> Option<String> {
        let mut grams: Vec<String> = Vec::new();
        for word in self.words() {
            let letters: Vec<char> = word.chars().collect();
            for gram in letters.windows(3) {
                let gram = quoted(&gram.iter().collect::<String>());
                if !grams.contains(&gram) {
                    grams.push(gram);
                }
            }
        }
        (!grams.is_empty()).then(|| format!("text : ({})", grams.join(" OR ")))
    }
}

/// A string of FTS5's query language. Normalised words hold no quotes; doubling them keeps that from mattering.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// At least three digits and no letters, but for a few around a long number ("Tel. 0921-12 34 65").
fn looks_like_phone(typed: &str) -> bool {
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    let letters = typed.chars().filter(|c| c.is_alphabetic()).count();
    let plain = !typed.contains(['@', '_']);
    plain && ((digits >= 3 && letters == 0) || (digits >= 7 && letters <= 5))
}

/// "C-10482" for "c10482", "C 10482" and "c-10482"; the same for leads.
fn number_key(typed: &str) -> Option<String> {
    let lower = typed.trim().to_lowercase();
    let (letter, rest) = ["c", "l"].iter().find_map(|letter| lower.strip_prefix(letter).map(|rest| (letter, rest)))?;
    let digits = rest.trim_start_matches(['-', ' ', '#']);
    let plain = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| format!("{letter}-{digits}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_and_case_are_folded() {
        for (text, words) in [
            ("Berglunds snabbköp", "berglunds snabbkop"),
            ("Straße, Łódź & Århus", "strasse lodz arhus"),
            ("  Vinbæltet—34 ", "vinbaeltet 34"),
            ("Œuvre Ørsted İzmir ﬁx", "oeuvre orsted izmir fix"),
            ("Bon app'", "bon app"),
            ("東京 हिन्दी", "東京 हिन्दी"),
            ("—", ""),
        ] {
            assert_eq!(normalise(text), normalise(words), "{text}");
            assert!(!words.is_ascii() || normalise(text) == words, "{text}");
        }
    }

    #[test]
    fn a_query_is_read_as_words_digits_and_key() {
        let query = Query::parse("+44 113 496 0142");
        assert_eq!(query.digits.as_deref(), Some("1134960142"));
        assert_eq!(Query::parse(" c10482 ").key, "c-10482");
        assert_eq!(Query::parse("L 2041").key, "l-2041");
        assert_eq!(Query::parse("Ana@Example.com").key, "ana@example.com");
        for text in ["PO31 7PJ", "C-10482", "ana 12", "cus_0199", "12", ""] {
            assert_eq!(Query::parse(text).digits, None, "{text}");
        }
        assert_eq!(Query::parse("a\0na\t\u{1b}c10482\u{7f}"), Query::parse("ana\tc10482"));
        assert!(Query::parse(" ").is_empty() && !Query::parse("x").is_empty());
        assert_eq!(Query::parse("ab ©").fts_all(), None);
        assert_eq!(Query::parse("snabb ko").fts_all().as_deref(), Some("text : (\"snabb\")"));
        assert_eq!(Query::parse("abcd").fts_any().as_deref(), Some("text : (\"abc\" OR \"bcd\")"));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}|[A-Za-zÀ-ž ßİıΣς0-9.,'-]{0,40}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn folded_text_has_single_spaces_inside_only(text in "\\PC{0,40}") {
            let words = normalise(&text);
            prop_assert!(!words.contains("  ") && words.trim() == words);
        }

        #[test]
        fn any_query_can_be_read(text in any::<String>()) {
            let query = Query::parse(&text);
            prop_assert!(query.digits.is_none_or(|digits| digits.len() >= 3));
            prop_assert!(!query.key.contains(' '));
        }
    }
}
