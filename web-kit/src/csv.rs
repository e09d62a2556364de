//! Comma-separated files made in the browser from rows that were read (RFC 4180).

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
        let cells: Vec<_> = cells.into_iter().map(|cell| quoted(cell.as_ref())).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }

    /// Offers it as a file. What keeps the browser from it is a sentence for the person.
    pub fn save(&self, name: &str) -> Result<(), &'static str> {
        browser::save(name, MEDIA_TYPE, &[self.text.as_bytes()])
    }
}

fn quoted(cell: &str) -> String {
    // A spreadsheet would run a cell that begins like a formula (OWASP, "CSV injection").
    // Some drop blanks in front first, and take full-width signs for the plain ones.
    let is_number = cell.parse::<f64>().is_ok();
    let runs =
        cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if runs && !is_number { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) && cell.trim() == cell {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_formulas() {
        let mut csv = Csv::new(["Name", "Note"]);
        csv.row(["Harrow, Pike", "said \"yes\"\nand left"]);
        csv.row(["=1+1", "-12.5"]);
        csv.row(["+44 113", " x"]);
        csv.row([" =1", "\n=1"]);
        csv.row(["＝1", "＠x"]);
        assert_eq!(
            csv.text,
            "\u{feff}Name,Note\r\n\"Harrow, Pike\",\"said \"\"yes\"\"\nand left\"\r\n\"'=1+1\",-12.5\r\n\"'+44 113\",\" x\"\r\n\
             \"' =1\",\"'\n=1\"\r\n\"'＝1\",\"'＠x\"\r\n"
        );
    }
}
