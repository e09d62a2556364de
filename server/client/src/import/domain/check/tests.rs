//! Rows of real and broken files, with what is found in them.

use super::super::Mode;
use super::super::mapping::guess;
use super::super::read::{Reader, Refusal};
use super::super::sniff::Sniffer;
use super::*;
use crate::record::merge::Change;

/// Reads a file with the mapping that is guessed for it.
fn import(bytes: &[u8], key: Option<Key>) -> Result<Vec<ImportedRow>, Refusal> {
    let mut sniffer = Sniffer::default();
    sniffer.push(bytes);
    let mut reader = Reader::new(sniffer.finish()?);
    let mut rows = Vec::new();
    reader.push(bytes, &mut rows)?;
    reader.finish(&mut rows)?;
    let header = reader.header().unwrap_or_default();
    let fields: Vec<String> = guess(Subject::Customers, header).into_iter().map(str::to_owned).collect();
    let mapping = Mapping::parse(Subject::Customers, &fields, header.len(), (Mode::Create, key), &[]).unwrap();
    let mut checker = Checker::new(Subject::Customers, &mapping, key, &[]);
    Ok(rows.iter().map(|row| checker.check(row)).collect())
}

fn problems(text: &str) -> Vec<(u32, Option<usize>, String, Option<String>)> {
    let rows = import(text.as_bytes(), None).unwrap();
    let each = |row: ImportedRow| {
        row.problems.into_iter().map(move |found| (row.number, found.column, found.problem.message, found.problem.suggestion))
    };
    rows.into_iter().flat_map(each).collect()
}

fn text_of(changes: &[customer::domain::Change], field: &str) -> String {
    changes.iter().find(|change| change.field() == field).map(Change::text).unwrap_or_default()
}

#[test]
fn the_northwind_customers_pass_as_they_are() {
    let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../src/demo/northwind-customers.csv"));
    let rows = import(file, Some(Key::ExternalId)).unwrap();
    assert_eq!(rows.len(), 91);
    for row in &rows {
        assert_eq!(row.problems, [], "row {}", row.number);
        assert!(row.key.is_some() && row.contact.len() == 2, "row {}", row.number);
    }
    let berglund = rows.iter().find(|row| row.key.as_deref() == Some("BERGS")).unwrap();
    assert_eq!(text_of(&berglund.customer, "name"), "Berglunds snabbköp");
    assert_eq!(text_of(&berglund.customer, "address.region"), "");
    assert_eq!(berglund.contact[0], contact::domain::Change::Name("Christina Berglund".to_owned()));
}

#[test]
fn a_broken_cell_is_named_with_a_likely_value() {
    let found = problems("name,email,phone,website\nA,name@gmail,com,555 1234,\n");
    assert!(found[0].1.is_none(), "an unquoted comma makes the row too long: {found:?}");
    let found = problems("name;email;phone;website\nA;name@gmail,com;O113 496 0142;www,a,com\n");
    let suggestions: Vec<_> = found.iter().map(|(row, column, _, meant)| (*row, *column, meant.as_deref())).collect();
    assert_eq!(
        suggestions,
        [(1, Some(1), Some("name@gmail.com")), (1, Some(2), Some("0113 496 0142")), (1, Some(3), Some("www.a.com")),]
    );
}

#[test]
fn a_key_that_comes_twice_names_the_first_row() {
    let found = problems("id,name\nA1,a\nA2,b\nA1,c\n");
    assert_eq!(found, [(3, Some(0), "Row 1 has the same external key.".to_owned(), None)]);
    let rows = import("name,city\nSnabbköp,a\nsnabbkop,b\n".as_bytes(), Some(Key::Name)).unwrap();
    assert_eq!(rows[1].problems[0].problem.message, "Row 1 has the same name.");
}

#[test]
fn columns_left_out_bring_no_problems() {
    assert_eq!(problems("name,fax\nA,b\u{0}c\n"), []);
    assert_eq!(problems("name,city\nA,b\u{0}c\n").len(), 1);
}

#[test]
fn a_contact_is_read_from_parts_and_needs_a_name() {
    let rows = import(b"company,first name,last name,job title\nA,Ana,Silva,Owner\nB,,,Owner\nC,,,\n", None).unwrap();
    assert_eq!(rows[0].contact[0], contact::domain::Change::Name("Ana Silva".to_owned()));
    assert_eq!((rows[1].problems.len(), rows[1].problems[0].column), (1, Some(1)));
    assert!(rows[2].contact.is_empty() && rows[2].problems.is_empty());
}

#[test]
fn tags_and_kinds_are_read_from_words() {
    let rows = import("name;tags;type\nA;VIP, north;Privat\nB;;robot\n".as_bytes(), None).unwrap();
    assert_eq!(
        (text_of(&rows[0].customer, "tags"), text_of(&rows[0].customer, "kind")),
        ("VIP, north".to_owned(), "person".to_owned())
    );
    assert_eq!(rows[1].problems[0].problem.message, "Write business or person.");
}
