//! Writes CSV (RFC 4180) that spreadsheets open without running anything, and takes the guard off again when such a file comes back.

use std::borrow::Cow;

/// Tells spreadsheets that the file is UTF-8.
pub const BOM: &str = "\u{feff}";

/// Appends one row. Cells a spreadsheet would run get a leading apostrophe (see [`guarded`]).
pub fn write_row<S: AsRef<str>>(out: &mut String, cells: &[S]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_cell(out, &guarded(cell.as_ref()), cells.len() == 1);
    }
    out.push_str("\r\n");
}

/// The cell with an apostrophe before it if a spreadsheet would take it for a formula, unless it is a plain number.
///
/// A cell that already begins with such an apostrophe gets another, so that [`unguarded`] always gives the cell back.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    let bare = cell.trim_start_matches('\'');
    let runs = is_formula(bare) && !(bare.len() == cell.len() && is_number(cell));
    if runs { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`guarded`].
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Blanks in front do not help: some spreadsheets drop them first.
fn is_formula(cell: &str) -> bool {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(starts)
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}

/// `alone` is for the only cell of a row, which must not look like a blank line.
fn write_cell(out: &mut String, cell: &str, alone: bool) {
    let quote = cell.contains([',', ';', '\t', '"', '\r', '\n']) || (alone && cell.is_empty());
    if !quote {
        out.push_str(cell);
        return;
    }
    out.push('"');
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded() {
        for cell in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "＝1+1",
            "＠x",
            "+44 113 496 0142",
            "--5",
            "-",
            "+inf",
            "-1e5",
            "'=1",
            "''-5",
        ] {
            assert_eq!(guarded(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["", "Ana", "-5", "+3,50", "1.5", "O'Neil", "'quoted'", "a=b"] {
            assert_eq!(guarded(cell), cell, "{cell:?}");
        }
    }

    #[test]
    fn rows_are_written_as_rfc_4180_says() {
        let mut out = String::new();
        write_row(&mut out, &["a", "b,c", "say \"hi\"", "two\nlines", ""]);
        write_row(&mut out, &[""]);
        assert_eq!(out, "a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n\"\"\r\n");
    }

    proptest! {
        #[test]
        fn the_guard_comes_off_again(cell in "['=+@ \t-]{0,4}[a-z0-9.,]{0,4}|\\PC{0,12}") {
            let guarded = guarded(&cell).into_owned();
            prop_assert_eq!(unguarded(&guarded), &cell);
        }

        #[test]
        fn another_reader_sees_the_guarded_cells(rows in proptest::collection::vec(proptest::collection::vec("[a-z'=,;\"\r\n\t ]{0,8}|\\PC{0,6}", 2), 1..5)) {
            let mut text = String::new();
            for row in &rows {
                write_row(&mut text, row);
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let read: Vec<Vec<String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
            let guarded: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| guarded(cell).into_owned()).collect()).collect();
            prop_assert_eq!(read, guarded);
        }

        #[test]
        fn no_written_cell_runs(cell in "['=+@ \t-]{0,4}[a-z0-9.,]{0,4}|\\PC{0,12}") {
            let guarded = guarded(&cell).into_owned();
            prop_assert!(!is_formula(&guarded) || is_number(&guarded));
        }
    }
}
