//! Customers with names, towns and numbers as varied as real ones, and what they are found by.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_client::search::domain::{entry, normalise};
use streamflow_proto::client::v1 as pb;

use super::{Cell, Noun, Row, Size, id};

const FAMILIES: [&str; 40] = [
    "Harrow",
    "Pike",
    "Okonkwo",
    "Müller",
    "Berglund",
    "Åkesson",
    "Núñez",
    "Whitfield",
    "Castellan",
    "Drummond",
    "Eastwood",
    "Fairbairn",
    "Garrick",
    "Holloway",
    "Ingram",
    "Jardine",
    "Kowalski",
    "Lindqvist",
    "Marchetti",
    "Nakamura",
    "Ostrowski",
    "Pemberton",
    "Quigley",
    "Rasmussen",
    "Sutherland",
    "Thackeray",
    "Underwood",
    "Vasquez",
    "Wainwright",
    "Xenakis",
    "Yarwood",
    "Zimmermann",
    "Ashdown",
    "Blackwood",
    "Carmichael",
    "Delacroix",
    "Ellsworth",
    "Fitzgerald",
    "Greenhalgh",
    "Hathaway",
];
const TRADES: [&str; 16] = [
    "Plumbing",
    "Heating",
    "Electrical",
    "Roofing",
    "Joinery",
    "Glazing",
    "Landscapes",
    "Catering",
    "Logistics",
    "Printing",
    "Brewery",
    "Dental Practice",
    "Primary School",
    "Care Home",
    "Motors",
    "Bakery",
];
const FORMS: [&str; 4] = ["Ltd", "& Sons", "Group", "Partners"];
const CITIES: [&str; 20] = [
    "Leeds",
    "York",
    "Hull",
    "Bradford",
    "Sheffield",
    "Harrogate",
    "Ripon",
    "Whitby",
    "Doncaster",
    "Halifax",
    "Wakefield",
    "Selby",
    "Skipton",
    "Luleå",
    "Malmö",
    "Köln",
    "Zürich",
    "São Paulo",
    "Durham",
    "Newcastle upon Tyne",
];
const STREETS: [&str; 10] = [
    "Station Road",
    "Mill Lane",
    "High Street",
    "Church Walk",
    "Victoria Terrace",
    "Park Avenue",
    "Canal Wharf",
    "King Street",
    "Abbey Close",
    "Foundry Yard",
];

pub const COLUMNS: &str = "org_id, id, number, name, sort_name, kind, email, phone, website, street, postal_code, city, country, owner_id, \
                           tags, external_id, source, main_contact_name, created_at, updated_at";
pub const ENTRY_COLUMNS: &str = "org_id, kind, id, title, subtitle, text, digits, keys, owner_id, archived";

/// A number that has nothing to do with its neighbours', so that order by name is not order by id.
const fn scattered(number: u32) -> u32 {
    number.wrapping_mul(2_654_435_761).rotate_left(13)
}

fn pick<const N: usize>(from: [&'static str; N], by: u32) -> &'static str {
    from[by as usize % N]
}

/// As the server would show it.
fn customer(size: Size, number: u32) -> pb::Customer {
    let mixed = scattered(number);
    let (one, two) = (pick(FAMILIES, mixed), pick(FAMILIES, mixed >> 8));
    let trade = pick(TRADES, mixed >> 16);
    let owner = if number.is_multiple_of(2) { Noun::Staff } else { Noun::Owner };
    let slug = normalise(one).replace(' ', "-");
    pb::Customer {
        id: format!("cus_{}", id(Noun::Customer, number).simple()),
        version: 1,
        number: format!("C-{}", self::number(number)),
        name: format!("{one} {two} {trade} {}", pick(FORMS, mixed >> 20)),
        email: format!("office@{slug}-{number}.example"),
        phone: format!("+44 {} {:03} {:04}", 113 + mixed % 80, (number / 10_000) % 1_000, number % 10_000),
        website: format!("https://{slug}-{number}.example"),
        address: Some(pb::Address {
            street: format!("{} {}", 1 + mixed % 180, pick(STREETS, mixed >> 5)),
            postal_code: format!("LS{} {}AB", 1 + mixed % 28, 1 + mixed % 9),
            city: pick(CITIES, mixed >> 11).to_owned(),
            country: "United Kingdom".to_owned(),
            ..Default::default()
        }),
        owner_id: format!("usr_{}", id(owner, size.org_of(number)).simple()),
        tags: vec![["key account", "new", "contract", "warranty"][mixed as usize % 4].to_owned()],
        external_id: format!("K{number}"),
        source: "import".to_owned(),
        main_contact_name: format!("{} {two}", ["Ada", "Bea", "Carl", "Dora"][mixed as usize % 4]),
        ..Default::default()
    }
}

/// The number of a customer that people say aloud.
pub fn number(customer: u32) -> i64 {
    10_000 + i64::from(customer)
}

pub fn row(size: Size, number: u32, now: DateTime<Utc>) -> Row {
    let customer = customer(size, number);
    let address = customer.address.unwrap_or_default();
    let made = now - TimeDelta::minutes(i64::from(scattered(number) % 500_000));
    vec![
        Cell::Uuid(id(Noun::Org, size.org_of(number))),
        Cell::Uuid(id(Noun::Customer, number)),
        Cell::Int(self::number(number)),
        Cell::Text(customer.name.clone()),
        Cell::Text(normalise(&customer.name)),
        "business".into(),
        Cell::Text(customer.email),
        Cell::Text(customer.phone),
        Cell::Text(customer.website),
        Cell::Text(address.street),
        Cell::Text(address.postal_code),
        Cell::Text(address.city),
        Cell::Text(address.country),
        owner(size, number),
        Cell::Text(format!("[\"{}\"]", customer.tags.join("\",\""))),
        Cell::Text(customer.external_id),
        Cell::Text(customer.source),
        Cell::Text(customer.main_contact_name),
        Cell::Time(made),
        Cell::Time(made),
    ]
}

/// Exactly what the server would write for it.
pub fn entry_row(size: Size, number: u32) -> Row {
    let entry = entry::customer(&customer(size, number));
    vec![
        Cell::Uuid(id(Noun::Org, size.org_of(number))),
        "customer".into(),
        Cell::Uuid(id(Noun::Customer, number)),
        Cell::Text(entry.title),
        Cell::Text(entry.subtitle),
        Cell::Text(entry.text),
        Cell::Text(entry.digits),
        Cell::Text(entry.keys),
        owner(size, number),
        Cell::Bool(false),
    ]
}

fn owner(size: Size, number: u32) -> Cell {
    let noun = if number.is_multiple_of(2) { Noun::Staff } else { Noun::Owner };
    Cell::Uuid(id(noun, size.org_of(number)))
}

/// What people type, with the fewest hits a right answer has.
pub fn search_terms(size: Size) -> Vec<(&'static str, String, usize)> {
    // One of the whale's, in the middle of its rows.
    let sought = customer(size, size.whale / 2);
    let digits: String = sought.phone.chars().filter(char::is_ascii_digit).collect();
    let half = sought.name.split(' ').take(2).map(|word| word.chars().take(5).collect::<String>()).collect::<Vec<_>>().join(" ");
    vec![
        ("half a name", half, 1),
        ("whole name", sought.name.clone(), 1),
        ("phone digits", digits[digits.len() - 7..].to_owned(), 1),
        ("e-mail", sought.email, 1),
        ("number", sought.number, 1),
        ("misspelt", "harow plumbing".to_owned(), 1),
        ("without accents", "muller zurich".to_owned(), 1),
        ("two letters", "ha".to_owned(), 20),
        ("very common", "plumbing".to_owned(), 20),
        ("no hit", "zzqxv kkjw".to_owned(), 0),
    ]
}
