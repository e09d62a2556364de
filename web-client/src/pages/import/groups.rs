//! What is wrong with the rows, by column: one line for all phones that can't be read.

use std::collections::BTreeMap;

use streamflow_proto::client::v1::{CellFix, ImportColumn, ImportProblem, ImportRow, ImportSubject};

use super::fields;

/// Different messages of one column that are told.
const TOLD: usize = 2;

/// Problems of one column, or of whole rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// −1 for whole rows.
    pub column: i32,
    pub title: String,
    pub count: usize,
    /// Problems with a likely right value.
    pub fixable: usize,
    /// The most frequent messages, [`TOLD`] at most.
    pub message: String,
}

fn open(rows: &[ImportRow]) -> impl Iterator<Item = (&ImportRow, &ImportProblem)> {
    rows.iter().filter(|row| !row.dropped).flat_map(|row| row.problems.iter().map(move |problem| (row, problem)))
}

/// The largest first.
pub fn groups(subject: ImportSubject, rows: &[ImportRow], columns: &[ImportColumn]) -> Vec<Group> {
    let mut by_column: BTreeMap<i32, Vec<&ImportProblem>> = BTreeMap::new();
    for (_, problem) in open(rows) {
        by_column.entry(problem.column).or_default().push(problem);
    }
    let group = |(column, problems): (i32, Vec<&ImportProblem>)| Group {
        column,
        title: title(subject, column, columns),
        count: problems.len(),
        fixable: problems.iter().filter(|problem| !problem.suggestion.is_empty()).count(),
        message: messages(&problems),
    };
    let mut groups: Vec<_> = by_column.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// One sentence of each kind, the most frequent kind first. What differs in its numbers only is of one kind: "Row 1 has the same name."
fn messages(problems: &[&ImportProblem]) -> String {
    let mut kinds: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for problem in problems {
        let kind = problem.message.replace(|c: char| c.is_ascii_digit(), "");
        kinds.entry(kind).or_insert((0, problem.message.as_str())).0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    kinds.into_iter().take(TOLD).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

/// What a column fills, or its own name when it fills nothing.
pub fn title(subject: ImportSubject, column: i32, columns: &[ImportColumn]) -> String {
    match columns.iter().find(|known| known.index == column) {
        Some(known) if known.field.is_empty() => known.header.clone(),
        Some(known) => fields::label(subject, &known.field),
        None => t!("Whole row").to_owned(),
    }
}

/// Every likely right value there is.
pub fn likely_fixes(rows: &[ImportRow]) -> Vec<CellFix> {
    open(rows)
        .filter(|(_, problem)| !problem.suggestion.is_empty() && problem.column >= 0)
        .map(|(row, problem)| CellFix { row: row.row, column: problem.column, value: problem.suggestion.clone() })
        .collect()
}

/// The cell with a problem after `now`, row by row; begins anew at the end.
pub fn next_problem(rows: &[ImportRow], now: Option<(i32, i32)>) -> Option<(i32, i32)> {
    let mut cells: Vec<_> = open(rows).map(|(row, problem)| (row.row, problem.column)).collect();
    cells.sort_unstable();
    let after = cells.iter().find(|cell| now.is_some_and(|now| **cell > now));
    after.or(cells.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i32, problems: &[(i32, &str, &str)]) -> ImportRow {
        let problem = |(column, message, suggestion): &(i32, &str, &str)| ImportProblem {
            column: *column,
            message: (*message).to_owned(),
            suggestion: (*suggestion).to_owned(),
        };
        ImportRow { row: number, problems: problems.iter().map(problem).collect(), ..ImportRow::default() }
    }

    fn rows() -> Vec<ImportRow> {
        let dropped = ImportRow { dropped: true, ..row(9, &[(0, "No name", "x")]) };
        vec![
            row(2, &[(1, "Too short.", "0113 496 0018"), (3, "Row 1 has it.", "")]),
            row(5, &[(1, "Too short.", ""), (-1, "Too few cells.", "")]),
            row(7, &[(1, "A letter.", "07700 900412"), (3, "Row 12 has it.", "")]),
            dropped,
        ]
    }

    #[test]
    fn problems_are_told_by_column_and_dropped_rows_have_none() {
        let columns = [
            ImportColumn { index: 1, field: "phone".into(), ..ImportColumn::default() },
            ImportColumn { index: 3, header: "Mail".into(), ..ImportColumn::default() },
        ];
        let groups = groups(ImportSubject::Leads, &rows(), &columns);
        let told: Vec<_> = groups.iter().map(|one| (one.title.as_str(), one.count, one.fixable, one.message.as_str())).collect();
        assert_eq!(
            told,
            [("Phone", 3, 2, "Too short. A letter."), ("Mail", 2, 0, "Row 1 has it."), ("Whole row", 1, 0, "Too few cells.")]
        );
        assert_eq!(likely_fixes(&rows()).len(), 2);
    }

    #[test]
    fn the_next_problem_goes_row_by_row_and_round() {
        let rows = rows();
        let mut at = None;
        let mut seen = Vec::new();
        for _ in 0..6 {
            at = next_problem(&rows, at);
            seen.extend(at);
        }
        assert_eq!(seen, [(2, 1), (2, 3), (5, -1), (5, 1), (7, 1), (7, 3)]);
        assert_eq!(next_problem(&[], None), None);
    }
}
