//! What a mistyped word still has in common with the right one, as an expression for the trigram index.

use super::{Query, quoted};

/// Shortest piece the index can see.
const GRAM: usize = 3;
/// Letters of a word and words of a query that are looked at; the ranking sees them all.
const LETTERS: usize = 24;
const WORDS: usize = 6;

impl Query {
    /// FTS5 expression for records with every word as typed or with one slip in it: a letter wrong, missing, too many, or two swapped.
    /// None when no word is long enough to be known by the rest of it.
    ///
    /// One slip in a word leaves what stands before and after it whole, so records that share only some common letters are not read
    /// at all. Of words of three letters and less nothing would be left: they are up to the ranking.
    pub fn fts_slips(&self) -> Option<String> {
        let mut slips = false;
        let words: Vec<String> = self
            .words()
            .map(|word| word.chars().take(LETTERS).collect::<Vec<char>>())
            .filter(|letters| letters.len() > GRAM)
            .take(WORDS)
            .map(|letters| {
                let clauses = clauses(&letters);
                slips |= !clauses.is_empty();
                let typed = quoted(&letters.iter().collect::<String>());
                format!("({})", [vec![typed], clauses].concat().join(" OR "))
            })
            .collect();
        slips.then(|| format!("text : ({})", words.join(" AND ")))
    }
}

/// What is left of a word by a slip at each place, where enough is left to know it by.
fn clauses(letters: &[char]) -> Vec<String> {
    let enough = (letters.len() / 2).max(GRAM + 1);
    let mut clauses: Vec<String> = Vec::new();
    for at in 0..letters.len() {
        for skipped in [1, 2] {
            let before = &letters[..at];
            let after = letters.get(at + skipped..).unwrap_or_default();
            let whole: Vec<&[char]> = [before, after].into_iter().filter(|part| part.len() >= GRAM).collect();
            if whole.iter().map(|part| part.len()).sum::<usize>() < enough {
                continue;
            }
            let parts: Vec<String> = whole.iter().map(|part| quoted(&part.iter().collect::<String>())).collect();
            let clause = format!("({})", parts.join(" AND "));
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
    }
    clauses
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the index would say of a text with this word.
    fn finds(typed: &str, word: &str) -> bool {
        let letters: Vec<char> = typed.chars().collect();
        let holds = |clause: &String| clause.split('"').skip(1).step_by(2).all(|part| word.contains(part));
        word.contains(typed) || clauses(&letters).iter().any(holds)
    }

    #[test]
    fn one_slip_is_forgiven() {
        for (typed, word) in [
            ("berglnd", "berglund"),
            ("berglunnd", "berglund"),
            ("bergland", "berglund"),
            ("begrlund", "berglund"),
            ("schmdt", "schmidt"),
            ("brgen", "bergen"),
            ("kowalsky", "kowalski"),
        ] {
            assert!(finds(typed, word), "{typed}");
        }
        assert!(!finds("bergen", "berlin") && !finds("schmidt", "schulze"));
    }

    #[test]
    fn each_word_counts() {
        let slips = Query::parse("ab ana roof abcde").fts_slips();
        assert_eq!(slips.as_deref(), Some(r#"text : (("roof") AND ("abcde" OR ("bcde") OR ("abcd")))"#));
        assert_eq!(Query::parse("roof ab").fts_slips(), None);
        let long = Query::parse(&"abcdefghij".repeat(20)).fts_slips().unwrap_or_default();
        assert!(long.len() < 2_500, "{}", long.len());
    }

    proptest! {
        #[test]
        fn a_long_word_survives_any_one_slip(word in "[a-z]{8,14}", at in 0usize..14, letter in "[a-z]", kind in 0..4) {
            let mut letters: Vec<char> = word.chars().collect();
            let at = at % (letters.len() - 1);
            let letter = letter.chars().next().unwrap_or('x');
            match kind {
                0 => letters[at] = letter,
                1 => drop(letters.remove(at)),
                2 => letters.insert(at, letter),
                _ => letters.swap(at, at + 1),
            }
            let typed: String = letters.into_iter().collect();
            prop_assert!(finds(&typed, &word), "{} for {}", typed, word);
        }
    }
}
