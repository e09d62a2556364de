//! How well a record answers a query. The databases find candidates cheaply; this puts them in order, the same on both.

use super::entry::SearchEntry;
use super::{Query, normalise};

/// Candidates below this are no answer.
pub const FLOOR: f32 = 0.4;

/// Scores from here on come from an exact key; such records are pinned on top.
pub const PINNED: f32 = 3.0;

/// From 0 (nothing in common) over 1 (all words in the title) to [`PINNED`].
pub fn score(query: &Query, entry: &SearchEntry) -> f32 {
    if entry.has_key(&query.key) {
        return PINNED;
    }
    digits_score(query, entry).max(words_score(query, entry)).max(key_prefix_score(query, entry))
}

/// The part of the entry that answers the query, when it isn't the title; empty otherwise.
pub fn matched(query: &Query, entry: &SearchEntry) -> String {
    if entry.has_key(&query.key) {
        return query.key.clone();
    }
    let title = normalise(&entry.title);
    if query.words().count() > 0 && text_score(query, &title) >= FLOOR {
        return String::new();
    }
    if let Some(digits) = &query.digits
        && let Some(number) = entry.digits.split(' ').find(|number| number.contains(digits.as_str()))
    {
        return number.to_owned();
    }
    if key_prefix_score(query, entry) >= FLOOR {
        let prefixed = entry.keys.split(' ').find(|key| key.starts_with(&query.key));
        return prefixed.unwrap_or_default().to_owned();
    }
    let words = query.words().filter_map(|word| best_word(word, &entry.text));
    words.filter(|(_, score)| *score >= FLOOR).map(|(word, _)| word).collect::<Vec<_>>().join(" ")
}

/// The whole number beats its end, which beats a part; a longer part says more than a shorter one.
fn digits_score(query: &Query, entry: &SearchEntry) -> f32 {
    let Some(digits) = &query.digits else { return 0.0 };
    let own = || entry.digits.split(' ').filter(|own| !own.is_empty());
    if own().any(|own| query.digit_variants.first().is_some_and(|full| own == full)) {
        return 2.0;
    }
    let best = own().filter(|own| own.contains(digits.as_str())).map(|own| digits.len() as f32 / own.len() as f32);
    best.fold(0.0, |best: f32, share| best.max(0.6 + 0.9 * share.min(1.0)))
}

/// Part of an id, number or e-mail typed from its beginning.
fn key_prefix_score(query: &Query, entry: &SearchEntry) -> f32 {
    let long_enough = query.key.chars().count() >= 4;
    let found = long_enough && entry.keys.split(' ').any(|key| key.starts_with(&query.key));
    if found { 0.9 } else { 0.0 }
}

/// Words found in the title count fully, elsewhere less.
fn words_score(query: &Query, entry: &SearchEntry) -> f32 {
    if query.text.is_empty() {
        return 0.0;
    }
    let title = normalise(&entry.title);
    let exact = if title == query.text {
        0.3
    } else if title.starts_with(&query.text) {
        0.15
    } else {
        0.0
    };
    text_score(query, &title).max(0.8 * text_score(query, &entry.text)) + exact
}

/// Mean of how well each word of the query is answered. One word without any answer pulls the whole down.
fn text_score(query: &Query, text: &str) -> f32 {
    let scores: Vec<f32> = query.words().map(|word| best_word(word, text).map_or(0.0, |(_, score)| score)).collect();
    if scores.is_empty() {
        return 0.0;
    }
    let mean = scores.iter().sum::<f32>() / scores.len() as f32;
    if scores.iter().any(|score| *score < FLOOR) { mean * 0.7 } else { mean }
}

/// The word of `text` most like `word`, with its likeness.
fn best_word<'a>(word: &str, text: &'a str) -> Option<(&'a str, f32)> {
    let typed = Typed { word, grams: Grams::of(word) };
    let mut best: Option<(&str, f32)> = None;
    for own in text.split(' ').filter(|own| !own.is_empty()) {
        let so_far = best.map_or(-1.0, |(_, score)| score);
        let score = typed.likeness(own, so_far);
        if score > so_far {
            best = Some((own, score));
        }
        if score >= 1.0 {
            break;
        }
    }
    best
}

/// A word of the query, ready to be compared with many.
struct Typed<'a> {
    word: &'a str,
    grams: Grams,
}

impl Typed<'_> {
    /// 1 for the same word; a prefix and a part come next, then likeness by trigrams and by slips, which forgive typos. Not worked out
    /// where it can't be more than `so_far`.
    fn likeness(&self, own: &str, so_far: f32) -> f32 {
        if self.word == own {
            return 1.0;
        }
        if own.starts_with(self.word) {
            return 0.92;
        }
        let letters = self.word.chars().count();
        if letters >= 3 && own.contains(self.word) {
            return 0.75;
        }
        let beginning = beginning(own, letters);
        // Two sets have at most the smaller in common.
        let longest = own.chars().count() + 1;
        let (fewer, more) = (longest.min(letters + 1), longest.max(letters + 1));
        let possible = if beginning.is_some() { 1.0 } else { fewer as f32 / more as f32 };
        if 0.9 * possible <= so_far {
            return 0.0;
        }
        let begun = beginning.map_or(0.0, |beginning| self.grams.similarity(&Grams::of(beginning)));
        let alike = self.grams.similarity(&Grams::of(own)).max(0.95 * begun);
        0.9 * alike.max(self.but_for_slips(own, letters))
    }
}

impl Typed<'_> {
    /// Trigrams take two swapped letters for another word. One slip in a word of four letters, or two in one of eight, leave it known;
    /// 0 for more.
    fn but_for_slips(&self, own: &str, letters: usize) -> f32 {
        let forgiven = letters / 4;
        if forgiven == 0 {
            return 0.0;
        }
        // As much of a longer word as was typed: somebody may still be typing.
        let begun = own.char_indices().nth(letters).map(|(end, _)| &own[..end]);
        let slips = |other: &str| strsim::osa_distance(self.word, other);
        let fewest = begun.map_or(usize::MAX, slips).min(slips(own));
        if fewest > forgiven.min(2) { 0.0 } else { 1.0 - fewest as f32 / letters as f32 }
    }
}

/// Somebody still typing has mistyped a beginning: compare with as much of a longer word as was typed, too.
fn beginning(own: &str, letters: usize) -> Option<&str> {
    own.char_indices().nth(letters + 1).map(|(end, _)| &own[..end])
}

/// Share of trigrams two words have in common, as pg_trgm counts them: two blanks before, one behind.
pub fn similarity(left: &str, right: &str) -> f32 {
    Grams::of(left).similarity(&Grams::of(right))
}

/// The trigrams of a word, each once, in order.
struct Grams(Vec<[char; 3]>);

impl Grams {
    fn of(word: &str) -> Self {
        let mut grams = Vec::with_capacity(word.len() + 1);
        let mut gram = [' '; 3];
        let padding = (!word.is_empty()).then_some(' ');
        for letter in word.chars().chain(padding) {
            gram = [gram[1], gram[2], letter];
            grams.push(gram);
        }
        grams.sort_unstable();
        grams.dedup();
        Self(grams)
    }

    fn similarity(&self, other: &Self) -> f32 {
        let mut others = other.0.iter().peekable();
        let mut common = 0;
        for gram in &self.0 {
            while others.next_if(|other| *other < gram).is_some() {}
            common += usize::from(others.next_if_eq(&gram).is_some());
        }
        let all = self.0.len() + other.0.len() - common;
        if all == 0 { 0.0 } else { common as f32 / all as f32 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use streamflow_proto::client::v1 as pb;

    use super::*;
    use crate::search::domain::entry;

    fn shop(name: &str, phone: &str) -> SearchEntry {
        let email = format!("info@{}.example", normalise(name).replace(' ', "-"));
        entry::customer(&pb::Customer { name: name.to_owned(), phone: phone.to_owned(), email, ..Default::default() })
    }

    fn shops() -> Vec<SearchEntry> {
        vec![
            shop("Around the Horn", "(171) 555-7788"),
            shop("Berglunds snabbköp", "0921-12 34 65"),
            shop("Bergen Books", "+47 55 12 34 56"),
            shop("Blauer See Delikatessen", "0621-08460"),
            shop("Königlich Essen", "0555-09876"),
            shop("Snabba Bud", "0113 496 0142"),
        ]
    }

    fn first(typed: &str) -> String {
        let query = Query::parse(typed);
        let best = shops().into_iter().max_by(|a, b| score(&query, a).total_cmp(&score(&query, b)));
        best.filter(|best| score(&query, best) >= FLOOR).map(|best| best.title).unwrap_or_default()
    }

    #[test]
    fn half_a_name_folded_or_mistyped_finds_the_shop() {
        let typed = [
            "berglund",
            "snabbkop",
            "snabbköp",
            "SNABBKÖP",
            "berglnd",
            "berlgund",
            "bergluns snabkop",
            "berglunds sna",
            "snabbkop berg",
            "0921 123465",
            "921-12 34",
        ];
        for typed in typed {
            assert_eq!(first(typed), "Berglunds snabbköp", "{typed}");
        }
        for (typed, title) in
            [("konig", "Königlich Essen"), ("delikat", "Blauer See Delikatessen"), ("+44 113 4960142", "Snabba Bud")]
        {
            assert_eq!(first(typed), title, "{typed}");
        }
    }

    #[test]
    fn what_nothing_answers_finds_nothing() {
        for typed in ["xylophone", "0700 900 900", "zz", ""] {
            assert_eq!(first(typed), "", "{typed}");
        }
    }

    #[test]
    fn a_better_answer_scores_higher() {
        let query = Query::parse("bergen");
        let scores: Vec<f32> = ["Bergen", "Bergen Books", "Bergenline Ltd", "Old Bergen", "Berglunds"]
            .iter()
            .map(|name| score(&query, &shop(name, "")))
            .collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert!(score(&Query::parse("info@bergen-books.example"), &shop("Bergen Books", "")) >= PINNED);
    }

    proptest! {
        #[test]
        fn likeness_is_counted_as_sets_are(left in "[abc]{0,8}", right in "[abc]{0,8}") {
            let grams = |word: &str| -> BTreeSet<String> {
                let padded: Vec<char> = format!("  {word} ").chars().collect();
                padded.windows(3).filter(|_| !word.is_empty()).map(|gram| gram.iter().collect()).collect()
            };
            let (one, other) = (grams(&left), grams(&right));
            let all = one.union(&other).count();
            let share = if all == 0 { 0.0 } else { one.intersection(&other).count() as f32 / all as f32 };
            prop_assert!((similarity(&left, &right) - share).abs() < f32::EPSILON);
        }
    }

    #[test]
    fn what_matched_is_told_when_it_is_not_the_title() {
        let entry = shop("Around the Horn", "(171) 555-7788");
        for (typed, part) in
            [("horn", ""), ("555 7788", "1715557788"), ("info@aro", "info@around-the-horn.example"), ("around-the", "")]
        {
            assert_eq!(matched(&Query::parse(typed), &entry), part, "{typed}");
        }
    }
}
