//! Rows that are leads, with what is found in them.

use uuid::Uuid;

use super::{
    names::{Names, Person},
    *,
};
use crate::{
    import::domain::{
        check::Checker,
        mapping::{Mapping, guess},
        read::Row,
        subject::Subject,
    },
    lead::domain::Worth,
};

fn names() -> Names {
    let id = Uuid::from_u128;
    let person = |n: u128, email: &str, name: &str| Person { id: id(n), email: email.to_owned(), display_name: name.to_owned() };
    Names {
        stages: vec![(id(1), "New".to_owned()), (id(2), "Site visit".to_owned()), (id(3), "Won".to_owned())],
        people: vec![person(4, "ana@x.example", "Ana Silva"), person(5, "b@x.example", "Bo"), person(6, "c@x.example", "Bo")],
        teams: vec![(id(7), "North".to_owned())],
        currency_code: "GBP".to_owned(),
    }
}

/// One row under the columns that are guessed from `header`, in mode and with key.
fn fate(header: &str, cells: &str, (mode, key): (Mode, Option<Key>), found: Found<'_, NewLead>, settled: bool) -> Fate<NewLead> {
    let header: Vec<String> = header.split(',').map(str::to_owned).collect();
    let fields: Vec<String> = guess(Subject::Leads, &header).into_iter().map(str::to_owned).collect();
    let mapping = Mapping::parse(Subject::Leads, &fields, fields.len(), (mode, key), &[]).unwrap();
    let cells = cells.split(';').map(str::to_owned).collect();
    let row = Checker::new(Subject::Leads, &mapping, key, &[]).check(&Row { number: 1, cells, problems: Vec::new() });
    let rules = Rules { subject: Subject::Leads, mode, key, mapping: &mapping, customs: &[] };
    rules.decide_lead(&row, names().resolve(&row.lead), found, settled)
}

fn created(header: &str, cells: &str) -> NewLead {
    match fate(header, cells, (Mode::Create, None), Found::Nothing, false) {
        Fate::Create(new) => *new,
        other => panic!("{other:?}"),
    }
}

fn problems(fate: Fate<NewLead>) -> Vec<(Option<usize>, String, Option<String>)> {
    let Fate::Blocked(problems) = fate else { panic!("{fate:?}") };
    problems.into_iter().map(|found| (found.column, found.problem.message, found.problem.suggestion)).collect()
}

fn told(header: &str, cells: &str) -> Vec<(Option<usize>, String, Option<String>)> {
    problems(fate(header, cells, (Mode::Create, None), Found::Nothing, false))
}

#[test]
fn a_row_names_stage_people_and_worth_as_people_do() {
    let header = "Subject,Company,First name,Last name,E-mail,Stage,Value,Currency,Follow-up,Owner,Assignee,Team,Tags";
    let new =
        created(header, "Roof;Harbour;Ana;Silva;A@B.example;site VISIT;1250.5;eur;2026-12-01;ANA@x.example;Ana Silva;north;a, b");
    assert_eq!((new.name.as_str(), new.company.as_str(), new.contact_name.as_str()), ("Roof", "Harbour", "Ana Silva"));
    assert_eq!(new.value, Worth { minor_units: 125_050, currency_code: "EUR".to_owned() });
    let id = |n| Some(Uuid::from_u128(n));
    assert_eq!((new.stage_id, new.owner_id, new.assignee_id, new.team_id), (id(2), id(4), id(4), id(7)));
    assert_eq!((new.email.as_str(), new.tags.len()), ("a@b.example", 2));
    assert_eq!(new.follow_up_on.map(|day| day.to_string()).as_deref(), Some("2026-12-01"));
}

#[test]
fn an_amount_is_read_in_its_currency() {
    for (text, minor_units, code) in [
        ("1250", 125_000, "GBP"),
        ("1250.5 EUR", 125_050, "EUR"),
        ("€ 7", 700, "EUR"),
        ("JPY 1250", 1250, "JPY"),
        ("0.005 kwd", 5, "KWD"),
    ] {
        assert_eq!(
            created("Subject,Value", &format!("a;{text}")).value,
            Worth { minor_units, currency_code: code.to_owned() },
            "{text}"
        );
    }
    for (text, likely) in [
        ("1,250.50", Some("1250.5")),
        ("1.250,50 EUR", Some("1250.5 EUR")),
        ("1,250", Some("1250")),
        ("12 bananas", None),
        ("-5", None),
        ("10000000001", None),
        ("1.250 EUR", Some("1250 EUR")),
        ("7.5051", None),
    ] {
        let found = told("Subject,Value", &format!("a;{text}"));
        assert_eq!((found[0].0, found[0].2.as_deref()), (Some(1), likely), "{text}: {found:?}");
    }
}

#[test]
fn every_problem_of_a_row_is_told_at_its_cell() {
    let found = told(
        "Subject,Company,Email,Stage,Owner,Assignee,Team,Value,Currency,Follow-up",
        "Roof;Harbour;ana@gmail,com;visit;nobody@y.example;Bo;South;much;pounds;soon",
    );
    let mut columns: Vec<_> = found.iter().filter_map(|(column, ..)| *column).collect();
    columns.sort_unstable();
    assert_eq!(columns, [2, 3, 4, 5, 6, 7, 8, 9]);
    let suggested = |column| found.iter().find(|(at, ..)| *at == Some(column)).and_then(|(.., likely)| likely.as_deref());
    assert_eq!((suggested(2), suggested(3)), (Some("ana@gmail.com"), Some("Site visit")));
    assert_eq!(
        told("Subject,Company", ";Harbour"),
        [(Some(0), "Enter what the lead is about.".to_owned(), Some("Harbour".to_owned()))]
    );
}

#[test]
fn a_lead_that_is_there_is_found_by_address_or_number() {
    let old = NewLead {
        name: "Roof".to_owned(),
        email: "a@b.example".to_owned(),
        stage_id: Some(Uuid::from_u128(1)),
        ..Default::default()
    };
    let by_email = |mode| (mode, Some(Key::Email));
    let (header, row) = ("Subject,Email,Stage", "Roof;a@b.example;Won");
    let won = vec![Change::Stage(Some(Uuid::from_u128(3)))];
    assert_eq!(fate(header, row, by_email(Mode::Upsert), Found::One(&old), false), Fate::Update(won));
    let settled = problems(fate(header, row, by_email(Mode::Upsert), Found::One(&old), true));
    assert_eq!((settled.len(), settled[0].0), (1, Some(2)));
    assert_eq!(fate("Subject,Email", "Roof;a@b.example", by_email(Mode::Update), Found::One(&old), true), Fate::Unchanged);
    let twice = problems(fate(header, row, by_email(Mode::Create), Found::One(&old), false));
    assert_eq!(twice[0].1, "A lead with this e-mail address exists already.");
    let by_number = (Mode::Update, Some(Key::Number));
    assert!(
        matches!(fate("Number,Subject", "L-2041;Roofs", by_number, Found::One(&old), false), Fate::Update(changes) if changes.len() == 1)
    );
    let wrong = problems(fate("Number,Subject", "first;Roofs", by_number, Found::Nothing, false));
    assert_eq!((wrong.len(), wrong[0].0), (1, Some(0)));
}
