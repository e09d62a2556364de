//! The patterns that people take for randomness: runs, walks over the keyboard, years, repetitions.

/// Rows of the keyboard, US and German; a key's neighbours are the keys around it on one of them.
const KEYBOARDS: [[&str; 4]; 3] = [
    ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"],
    ["1234567890ß", "qwertzuiopu+", "asdfghjkloa#", "yxcvbnm,.-"],
    ["1234567890°+", "azertyuiop^$", "qsdfghjklmu*", "wxcvbn,;:!"],
];

/// A walk shorter than this is found in any text.
const MIN_WALK: usize = 4;

/// Length of the run the text begins with: one step repeated (aaa, abc, 321, 2468), or a walk from key to
/// neighbouring key. 0 if there is none.
pub(super) fn run_length(text: &[char]) -> usize {
    let walk = KEYBOARDS.iter().map(|keyboard| walk_length(text, keyboard)).max().unwrap_or(0);
    sequence_length(text).max(if walk >= MIN_WALK { walk } else { 0 })
}

/// The year the text begins with: 1900 to 2099.
pub(super) fn year_length(text: &[char]) -> Option<usize> {
    match text {
        ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => Some(4),
        _ => None,
    }
}

/// For each place, how much of what follows was already written before it (possibly overlapping).
pub(super) fn repeat_lengths(text: &[char]) -> Vec<usize> {
    let mut longest = vec![0; text.len()];
    // same[j] is how far the texts from `i` and from `j` agree; the row of `i` is made from that of `i + 1`.
    let mut same = vec![0; text.len() + 1];
    for i in (0..text.len()).rev() {
        for j in 0..i {
            same[j] = if text[i] == text[j] { same[j + 1] + 1 } else { 0 };
            longest[i] = longest[i].max(same[j]);
        }
    }
    longest
}

fn sequence_length(text: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let Some(first) = text.get(..2).map(step) else {
        return 0;
    };
    if !(-2..=2).contains(&first) {
        return 0;
    }
    let steps = text.windows(2).take_while(|pair| step(pair) == first).count();
    // Two letters two apart are no sequence yet, and neither are two neighbours.
    if steps >= 2 { steps + 1 } else { 0 }
}

fn walk_length(text: &[char], keyboard: &[&str; 4]) -> usize {
    let place = |c: char| {
        let rows = keyboard.iter().enumerate();
        rows.filter_map(|(row, keys)| keys.chars().position(|key| key == c).map(|column| (row, column))).next()
    };
    let neighbours = |a: char, b: char| match (place(a), place(b)) {
        (Some((row, column)), Some((other_row, other_column))) => {
            row.abs_diff(other_row) <= 1 && column.abs_diff(other_column) <= 1
        }
        _ => false,
    };
    1 + text.windows(2).take_while(|pair| neighbours(pair[0], pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn runs_are_measured() {
        let cases = [
            ("", 0),
            ("a", 0),
            ("ab", 0),
            ("abc", 3),
            ("abcx", 3),
            ("cba9", 3),
            ("aaaab", 4),
            ("2468x", 4),
            ("ac", 0),
            ("axe", 0),
            ("qwertz", 6),
            ("1q2w3e", 6),
            ("1qaz2wsx", 4),
            ("azerty", 6),
            ("lamp", 0),
        ];
        for (text, length) in cases {
            assert_eq!(run_length(&chars(text)), length, "{text}");
        }
    }

    #[test]
    fn years_are_found() {
        assert_eq!(year_length(&chars("1984x")), Some(4));
        assert_eq!(year_length(&chars("2026")), Some(4));
        assert_eq!(year_length(&chars("2126")), None);
        assert_eq!(year_length(&chars("198")), None);
    }

    #[test]
    fn what_was_there_before_is_found() {
        assert_eq!(repeat_lengths(&chars("abcab")), [0, 0, 0, 2, 1]);
        assert_eq!(repeat_lengths(&chars("aaaa")), [0, 3, 2, 1]);
        assert!(repeat_lengths(&[]).is_empty());
    }
}
