//! The patterns that people take for randomness: runs, walks over the keyboard, years, repetitions.

/// Rows of the keyboard, US and German; a key's neighbours are the keys around it on one of them.
const KEYBOARDS: [[&str; 4]; 3] = [
    ["1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"],
    ["1234567890ß", "qwertzuiopu+", "asdfghjkloa#", "yxcvbnm,.-"],
    ["1234567890°+", "azertyuiop^$", "qsdfghjklmu*", "wxcvbn,;:!"],
];

/// A walk shorter than this is found in any text.
const MIN_WALK: usize = 4;

/// For each place, the length of the run that begins there: one step repeated (aaa, abc, 321, 2468), or a
/// walk from key to neighbouring key. 0 if there is none.
pub(super) fn run_lengths(text: &[char]) -> Vec<usize> {
    let mut longest = sequence_lengths(text);
    for keyboard in &KEYBOARDS {
        let walks = walk_lengths(text, keyboard);
        for (length, walk) in longest.iter_mut().zip(walks) {
            *length = (*length).max(if walk >= MIN_WALK { walk } else { 0 });
        }
    }
    longest
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

fn sequence_lengths(text: &[char]) -> Vec<usize> {
    let step = |at: usize| i64::from(u32::from(text[at + 1])) - i64::from(u32::from(text[at]));
    let mut lengths = vec![0; text.len()];
    // Two letters are no sequence yet: the third has to go on in the same step.
    for at in (0..text.len().saturating_sub(2)).rev() {
        if step(at) == step(at + 1) && (-2..=2).contains(&step(at)) {
            lengths[at] = lengths[at + 1].max(2) + 1;
        }
    }
    lengths
}

fn walk_lengths(text: &[char], keyboard: &[&str; 4]) -> Vec<usize> {
    let places: Vec<_> = text.iter().map(|c| place(*c, keyboard)).collect();
    let mut lengths = vec![1; text.len()];
    for at in (0..text.len().saturating_sub(1)).rev() {
        if let (Some((row, column)), Some((next_row, next_column))) = (places[at], places[at + 1])
            && row.abs_diff(next_row) <= 1
            && column.abs_diff(next_column) <= 1
        {
            lengths[at] = lengths[at + 1] + 1;
        }
    }
    lengths
}

/// Row and column of a key.
fn place(key: char, keyboard: &[&str; 4]) -> Option<(usize, usize)> {
    let mut rows = keyboard.iter().enumerate();
    rows.find_map(|(row, keys)| keys.chars().position(|other| other == key).map(|column| (row, column)))
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
            assert_eq!(run_lengths(&chars(text)).first().copied().unwrap_or(0), length, "{text}");
        }
        assert_eq!(run_lengths(&chars("xabcd9")), [0, 4, 3, 0, 0, 0]);
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
