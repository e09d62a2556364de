//! Comma-separated files made in the browser from rows that were read (RFC 4180).

use std::borrow::Cow;

use crate::browser;

pub const MEDIA_TYPE: &str = "text/csv;charset=utf-8";

/// A file in the making.
#[derive(Debug, Default)]
pub struct Csv {
    text: String,
}

impl Csv {
    pub fn new<S: AsRef<str>>(heads: impl IntoIterator<Item = S>) -> Self {
        // The mark tells spreadsheets that this is UTF-8.
        let mut csv = Self { text: "\u{feff}".to_owned() };
        csv.row(heads);
        csv
    }

    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells: Vec<_> = cells.into_iter().collect();
        let alone = cells.len() == 1;
        let cells: Vec<_> = cells.iter().map(|cell| quoted(&guarded(cell.as_ref()), alone)).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }

    /// Offers it as a file. What keeps the browser from it is a sentence for the person.
    pub fn save(&self, name: &str) -> Result<(), &'static str> {
        browser::save(name, MEDIA_TYPE, &[self.text.as_bytes()])
    }
}

/// The cell with an apostrophe before it if a spreadsheet would take it for a formula (OWASP, "CSV injection"), unless it is a plain
/// number. The server guards its files by the same rules: one that already begins with such an apostrophe gets another, so that an
/// import, which takes one off, gives the cell back.
fn guarded(cell: &str) -> Cow<'_, str> {
    let bare = cell.trim_start_matches('\'');
    let runs = is_formula(bare) && !(bare.len() == cell.len() && is_number(cell));
    if runs { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Blanks in front do not help: some spreadsheets drop them first. They take full-width signs for the plain ones, too.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}

/// `alone` is for the only cell of a row, which must not look like a blank line.
fn quoted(cell: &str, alone: bool) -> String {
    let quotes = cell.contains([',', ';', '\t', '"', '\r', '\n']) || (alone && cell.is_empty());
    if quotes { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
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
        let mut csv = Csv::new(["a", "b,c", "say \"hi\"", "two\nlines", ""]);
        csv.row(["=1,5", "a;b", " x", "-12.5", "'=1"]);
        csv.row([""]);
        assert_eq!(
            csv.text,
            "\u{feff}a,\"b,c\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n\"'=1,5\",\"a;b\", x,-12.5,''=1\r\n\"\"\r\n"
        );
    }
}
