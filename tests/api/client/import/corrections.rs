//! Corrections of single rows: what they come to is what reading the whole file anew would.

use streamflow_proto::client::v1::{self as pb, ImportMode, ImportSubject};
use streamflow_tests::{on_both, person::Person};

use super::{fix, get, preview, upload, upload_of};
use crate::client::{customer, lead};

/// Numbers that look random and are the same each time (Knuth, "MMIX").
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// A file whose columns have these values, some of them twice.
fn file(dice: &mut Dice, rows: usize, columns: &[(&str, &[&str])]) -> String {
    let mut text = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..rows {
        let cells = columns.iter().map(|(_, values)| match dice.of(values) {
            "#" => format!("K{row}"),
            value => value.to_owned(),
        });
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

/// Something a person might do to a few rows.
fn correction(dice: &mut Dice, rows: usize, columns: &[(&str, &[&str])]) -> pb::FixImportCellsRequest {
    let mut request = pb::FixImportCellsRequest::default();
    for _ in 0..=dice.below(3) {
        let row = i32::try_from(dice.below(rows) + 1).unwrap();
        match dice.below(6) {
            0 => request.drop_rows.push(row),
            1 => request.keep_rows.push(row),
            _ => {
                let column = dice.below(columns.len());
                let value = match dice.of(columns[column].1) {
                    "#" => format!("K{}", dice.below(rows)),
                    value => value.to_owned(),
                };
                request.fixes.push(pb::CellFix { row, column: i32::try_from(column).unwrap(), value });
            }
        }
    }
    request
}

/// Corrects a file again and again, and looks each time whether the whole file says the same.
async fn corrects_as_a_whole(person: &Person, import: &pb::Import, mode: ImportMode, key: &str, columns: &[(&str, &[&str])]) {
    let mut dice = Dice(7);
    preview(person, &import.id, mode, key).await.unwrap();
    for round in 0..40 {
        let request = correction(&mut dice, usize::try_from(import.total_rows).unwrap(), columns);
        let request = pb::FixImportCellsRequest { import_id: import.id.clone(), ..request };
        let fixed = fix(person, request.clone()).await.unwrap();
        let whole = get(person, &import.id).await.unwrap();
        let counts = (fixed.will_create, fixed.will_update, fixed.unchanged, fixed.import.as_ref().unwrap().problem_count);
        let read = preview_counts(&whole, import.total_rows);
        assert_eq!((counts.0, counts.1, counts.2), (read.0, read.1, read.2), "round {round}: {request:?}");
        assert_eq!(counts.3, read.3, "round {round}: {request:?}");
        assert_eq!(fixed.problem_rows, whole.problem_rows, "round {round}: {request:?}");
        assert_eq!(fixed.sample, whole.sample, "round {round}: {request:?}");
        assert_eq!(fixed.import.unwrap().columns, whole.import.unwrap().columns, "round {round}: {request:?}");
    }
}

/// What the whole file comes to: to create, to update, unchanged, and with problems, which are the rest but for dropped rows.
fn preview_counts(whole: &pb::GetImportResponse, rows: i32) -> (i32, i32, i32, i32) {
    let dropped = whole.problem_rows.iter().filter(|row| row.dropped).count();
    let sound = whole.will_create + whole.will_update + whole.unchanged;
    (whole.will_create, whole.will_update, whole.unchanged, rows - sound - i32::try_from(dropped).unwrap())
}

const CUSTOMERS: &[(&str, &[&str])] = &[
    ("external_id", &["#", "#", "#", "A", "B", "", "H1"]),
    ("name", &["Alpha", "Beta", "Gamma GmbH", "#", "", "Old"]),
    ("email", &["#@x.example", "ana@x.example", "ben@", "", "old@x.example"]),
    ("phone", &["0113 496 0142", "call me", ""]),
];
const LEADS: &[(&str, &[&str])] = &[
    ("name", &["Roof", "#", ""]),
    ("email", &["ana@x.example", "ben@x.example", "old@x.example", "wrong", ""]),
    ("stage", &["New", "Nowhere", ""]),
    ("value", &["100", "1,250", ""]),
];

on_both! {
    async fn corrected_rows_of_customers_come_to_what_the_whole_file_does(world) {
        let owner = world.company("Harrow & Pike").await;
        let old = pb::Customer { external_id: "H1".into(), email: "old@x.example".into(), ..customer::named("Old") };
        customer::create(&owner, old).await.unwrap();
        let text = file(&mut Dice(3), 60, CUSTOMERS);
        for (mode, key) in [(ImportMode::Upsert, "external_id"), (ImportMode::Create, "name"), (ImportMode::Upsert, "email")] {
            let import = upload(&owner, text.as_bytes()).await.unwrap();
            corrects_as_a_whole(&owner, &import, mode, key, CUSTOMERS).await;
        }
    }

    async fn corrected_rows_of_leads_come_to_what_the_whole_file_does(world) {
        let owner = world.company("Harrow & Pike").await;
        lead::create(&owner, pb::Lead { email: "old@x.example".into(), ..lead::named("Old") }).await.unwrap();
        let import = upload_of(&owner, ImportSubject::Leads, file(&mut Dice(5), 60, LEADS).as_bytes()).await.unwrap();
        corrects_as_a_whole(&owner, &import, ImportMode::Upsert, "email", LEADS).await;
    }

    async fn rows_with_problems_come_into_sight_as_others_are_settled(world) {
        let owner = world.company("Harrow & Pike").await;
        // Long enough for several places to read from, and more problems than are shown.
        let padding = "x".repeat(120);
        let rows: String = (1..=3_000).map(|n| format!("K{n},Customer {n} {padding},{}\n", if n % 10 == 0 { "call me" } else { "" })).collect();
        let import = upload(&owner, format!("external_id,name,phone\n{rows}").as_bytes()).await.unwrap();
        let plan = preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        let numbers = |rows: &[pb::ImportRow]| rows.iter().map(|row| row.row).collect::<Vec<_>>();
        assert_eq!(numbers(&plan.problem_rows), (1..=200).map(|n| n * 10).collect::<Vec<_>>());
        let cell = |row: i32, column, value: &str| pb::CellFix { row, column, value: value.into() };
        let request = |fixes| pb::FixImportCellsRequest { import_id: import.id.clone(), fixes, ..Default::default() };
        let fixed = fix(&owner, request(vec![cell(10, 2, ""), cell(1_990, 2, ""), cell(2_999, 0, "K1")])).await.unwrap();
        let shown = numbers(&fixed.problem_rows);
        assert_eq!((shown[0], shown[197], shown[198], shown[199]), (20, 2_000, 2_010, 2_020));
        assert_eq!((fixed.import.unwrap().problem_count, fixed.will_create), (299, 2_701));
        // A row before all others takes their key.
        let fixed = fix(&owner, request(vec![cell(1, 0, "K2")])).await.unwrap();
        let second = &fixed.problem_rows[0];
        assert_eq!((second.row, second.problems[0].message.as_str()), (2, "Row 1 has the same external key."));
        assert_eq!(fixed.problem_rows, get(&owner, &import.id).await.unwrap().problem_rows);
    }

    async fn a_correction_looks_at_its_own_row_alone(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = upload(&owner, b"external_id,name,phone\nK1,Alpha,\nK2,Beta,call me\nK3,Gamma,\n").await.unwrap();
        preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        // Somebody makes a customer that is in the file: the file's next whole check tells, the correction of another row does not.
        customer::create(&owner, pb::Customer { external_id: "K3".into(), ..customer::named("Gamma") }).await.unwrap();
        let fixes = vec![pb::CellFix { row: 2, column: 2, value: String::new() }];
        let request = pb::FixImportCellsRequest { import_id: import.id.clone(), fixes, ..Default::default() };
        let fixed = fix(&owner, request).await.unwrap();
        assert_eq!((fixed.will_create, fixed.problem_rows.len()), (3, 0));
        let whole = get(&owner, &import.id).await.unwrap();
        assert_eq!((whole.will_create, whole.problem_rows.len()), (2, 1));
        let plan = preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        assert_eq!((plan.import.unwrap().problem_count, plan.problem_rows[0].row), (1, 3));
    }
}
