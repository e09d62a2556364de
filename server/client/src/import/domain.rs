//! The rules of an import: what a file is, what its columns mean, what is wrong with a row and what would become of it. Nothing here reads or writes a record.

pub mod check;
pub mod decide;
pub mod keys;
pub mod lead;
pub mod mapping;
pub mod read;
pub mod sniff;
pub mod subject;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use streamflow_kernel::error::Error;
use streamflow_proto::client::v1 as pb;

use crate::import::domain::read::Row;
use crate::record::input::Problem;

/// Bytes of a file.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Rows of a file, without the header.
pub const MAX_ROWS: u32 = 200_000;
pub const MAX_COLUMNS: usize = 200;
/// Bytes of a cell, in UTF-8.
pub const MAX_CELL: usize = 32 * 1024;
/// Bytes of a row, in UTF-8. More means that a quotation mark lacks its partner.
pub const MAX_ROW: usize = 1024 * 1024;
/// Rows a person corrects by hand. Beyond this the file itself is better corrected.
const MAX_FIXED_ROWS: usize = 10_000;
/// Bytes of all corrections of an import: they are read and written as one.
const MAX_FIXES_BYTES: usize = 2 * 1024 * 1024;
/// Bytes that a correction takes besides its text, about.
const CELL_COST: usize = 16;
/// Characters of a corrected cell: more than any field takes.
const MAX_FIX: usize = 4_000;
/// Cells, and rows, that one request corrects, drops or takes back.
const MAX_FIXES: usize = 1_000;

/// Which rows may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every row is new.
    Create,
    /// Every row must exist.
    Update,
    /// A row that exists is updated, another created.
    Upsert,
}

impl Mode {
    pub fn parse(mode: pb::ImportMode) -> Result<Self, Error> {
        match mode {
            pb::ImportMode::Create => Ok(Self::Create),
            pb::ImportMode::Update => Ok(Self::Update),
            pb::ImportMode::Upsert => Ok(Self::Upsert),
            pb::ImportMode::Unspecified => Err(Error::invalid("mode", "Choose whether rows create, update or both.")),
        }
    }
}

/// The field that finds an existing record. What each subject can be found by is [`subject::Subject::keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    ExternalId,
    Name,
    Email,
    Number,
}

impl Key {
    /// Path of the field, also as requests name the key.
    pub const fn field(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Name => "name",
            Self::Email => "email",
            Self::Number => "number",
        }
    }

    /// As a sentence names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ExternalId => "external key",
            Self::Name => "name",
            Self::Email => "e-mail address",
            Self::Number => "number",
        }
    }
}

/// Something wrong with a row, at one of its cells or with the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellProblem {
    /// Column from 0; none for the whole row.
    pub column: Option<usize>,
    pub problem: Problem,
}

impl CellProblem {
    pub fn at(column: Option<usize>, problem: Problem) -> Self {
        Self { column, problem }
    }

    pub fn into_pb(self) -> pb::ImportProblem {
        pb::ImportProblem {
            column: self.column.and_then(|column| i32::try_from(column).ok()).unwrap_or(-1),
            message: self.problem.message,
            suggestion: self.problem.suggestion.unwrap_or_default(),
        }
    }
}

/// What people decided about rows before anything is written. Kept as JSON with the import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fixes(BTreeMap<u32, RowFix>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct RowFix {
    #[serde(default)]
    dropped: bool,
    #[serde(default)]
    cells: BTreeMap<usize, String>,
}

impl Fixes {
    /// Takes over what a request says, all problems at once. `columns` and `rows` are the file's.
    pub fn change(&mut self, request: &pb::FixImportCellsRequest, columns: usize, rows: u32) -> Result<(), Error> {
        let mut violations = streamflow_kernel::error::Violations::new();
        let lists =
            [("fixes", request.fixes.len()), ("drop_rows", request.drop_rows.len()), ("keep_rows", request.keep_rows.len())];
        for (field, _) in lists.into_iter().filter(|(_, count)| *count > MAX_FIXES) {
            violations.add(field, format!("Send at most {MAX_FIXES} at once."));
        }
        if !violations.is_empty() {
            return violations.into_result();
        }
        let known = |row: i32| u32::try_from(row).ok().filter(|row| (1..=rows).contains(row));
        for (at, fix) in request.fixes.iter().enumerate() {
            let column = usize::try_from(fix.column).ok().filter(|column| *column < columns);
            match (known(fix.row), column) {
                (Some(_), Some(_)) if fix.value.chars().count() > MAX_FIX => {
                    violations.add(format!("fixes[{at}].value"), "This value is too long for a cell.");
                }
                (Some(row), Some(column)) => {
                    self.0.entry(row).or_default().cells.insert(column, fix.value.clone());
                }
                (None, _) => violations.add(format!("fixes[{at}].row"), "The file has no such row."),
                (_, None) => violations.add(format!("fixes[{at}].column"), "The file has no such column."),
            }
        }
        let marks = [("drop_rows", &request.drop_rows, true), ("keep_rows", &request.keep_rows, false)];
        for (field, numbers, dropped) in marks {
            for (at, number) in numbers.iter().enumerate() {
                match known(*number) {
                    Some(row) => self.0.entry(row).or_default().dropped = dropped,
                    None => violations.add(format!("{field}[{at}]"), "The file has no such row."),
                }
            }
        }
        self.0.retain(|_, fix| *fix != RowFix::default());
        if self.0.len() > MAX_FIXED_ROWS || self.bytes() > MAX_FIXES_BYTES {
            violations.add("fixes", "This is too much to correct by hand. Correct the file and import it again.");
        }
        violations.into_result()
    }

    fn bytes(&self) -> usize {
        self.0.values().flat_map(|fix| fix.cells.values()).map(|value| value.len() + CELL_COST).sum()
    }

    pub fn is_dropped(&self, row: u32) -> bool {
        self.0.get(&row).is_some_and(|fix| fix.dropped)
    }

    /// Puts the corrected cells into the row. Problems at those cells go, and with any correction those of the row's shape: a person has seen it.
    pub fn apply(&self, row: &mut Row) {
        let Some(fix) = self.0.get(&row.number).filter(|fix| !fix.cells.is_empty()) else {
            return;
        };
        for (column, value) in &fix.cells {
            if let Some(cell) = row.cells.get_mut(*column) {
                cell.clone_from(value);
            }
        }
        row.problems.retain(|problem| problem.column.is_some_and(|column| !fix.cells.contains_key(&column)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(row: i32, column: i32, value: &str) -> pb::CellFix {
        pb::CellFix { row, column, value: value.to_owned() }
    }

    #[test]
    fn a_fix_cures_its_cell_and_a_drop_can_be_taken_back() {
        let mut fixes = Fixes::default();
        let mut request = pb::FixImportCellsRequest { fixes: vec![fix(1, 1, "new")], drop_rows: vec![2], ..Default::default() };
        fixes.change(&request, 2, 2).unwrap();
        let ragged = CellProblem::at(None, Problem::new("ragged"));
        let other = CellProblem::at(Some(0), Problem::new("other"));
        let cured = CellProblem::at(Some(1), Problem::new("cured"));
        let cells = vec!["a".to_owned(), "b".to_owned()];
        let mut row = Row { number: 1, cells, problems: vec![ragged, other.clone(), cured] };
        fixes.apply(&mut row);
        assert_eq!((row.cells[1].as_str(), row.problems), ("new", vec![other]));

        let kept = serde_json::to_string(&fixes).unwrap();
        assert_eq!(serde_json::from_str::<Fixes>(&kept).unwrap(), fixes);
        assert!(fixes.is_dropped(2) && !fixes.is_dropped(1));
        request = pb::FixImportCellsRequest { keep_rows: vec![2], ..Default::default() };
        fixes.change(&request, 2, 2).unwrap();
        assert!(!fixes.is_dropped(2));
    }

    #[test]
    fn fixes_outside_the_file_are_told_at_once() {
        let fixes = vec![fix(0, 0, ""), fix(3, 0, ""), fix(1, 2, ""), fix(1, 0, &"x".repeat(MAX_FIX + 1))];
        let request = pb::FixImportCellsRequest { fixes, drop_rows: vec![-1], ..Default::default() };
        let Err(Error::Invalid(violations)) = Fixes::default().change(&request, 2, 2) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["fixes[0].row", "fixes[1].row", "fixes[2].column", "fixes[3].value", "drop_rows[0]"]);
    }

    #[test]
    fn corrections_stay_small_as_a_whole() {
        let mut kept = Fixes::default();
        let cell = "ü".repeat(MAX_FIX);
        let full = MAX_FIXES_BYTES / (cell.len() + CELL_COST);
        for row in 1..=full + 1 {
            let request =
                pb::FixImportCellsRequest { fixes: vec![fix(i32::try_from(row).unwrap(), 0, &cell)], ..Default::default() };
            assert_eq!(kept.change(&request, 1, 1_000).is_ok(), row <= full, "row {row}");
        }
    }
}
