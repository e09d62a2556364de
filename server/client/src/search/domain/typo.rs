//! What a mistyped word still has in common with the right one, as an expression for each database's trigram index.

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

impl Query {
    /// PostgreSQL's counterpart: a regular expression for each word that [`fts_slips`](Self::fts_slips) looks for, the longest first. Empty
    /// when no word is long enough.
    pub fn regex_slips(&self) -> Vec<String> {
        let words = self.words().map(|word| word.chars().take(LETTERS).collect::<Vec<char>>());
        let mut longer: Vec<Vec<char>> = words.filter(|letters| letters.len() > GRAM).collect();
        longer.sort_by_key(|letters| std::cmp::Reverse(letters.len()));
        longer.iter().map(|letters| patterns(letters).join("|")).collect()
    }
}

/// The word, and the word with a slip at each place, where the index still sees a piece of it.
fn patterns(letters: &[char]) -> Vec<String> {
    let mut patterns = vec![literal(letters)];
    for at in 0..letters.len() {
        let (before, after) = (&letters[..at], &letters[at + 1..]);
        if before.len().max(after.len()) >= GRAM {
            // One letter for none to two others. At an end nothing need be said of what is beside it.
            let between = if before.is_empty() || after.is_empty() { "" } else { r"\S{0,2}" };
            patterns.push(format!("{}{between}{}", literal(before), literal(after)));
        }
        let mut swapped = letters.to_vec();
        if at > 0 && swapped[at - 1] != swapped[at] {
            swapped.swap(at - 1, at);
            patterns.push(literal(&swapped));
        }
    }
    patterns
}

/// Nothing but letters and digits means itself in every regular expression.
fn literal(letters: &[char]) -> String {
    letters.iter().map(|letter| if letter.is_alphanumeric() { *letter } else { '.' }).collect()
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
    fn a_regular_expression_for_each_longer_word() {
        let slips = Query::parse("ab harow berg").regex_slips();
        assert_eq!(slips, [r"harow|arow|h\S{0,2}row|ahrow|hraow|har\S{0,2}w|haorw|haro|harwo", "berg|erg|ebrg|breg|ber|begr"]);
        assert!(Query::parse("ab ana").regex_slips().is_empty());
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
