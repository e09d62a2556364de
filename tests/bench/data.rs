//! The data set: companies of which one is a whale, their people with sessions, their customers with search entries. Rows are made
//! from numbers alone, so every id, token and owner is known without a look-up, and both databases hold the same.

mod customer;
pub mod postgres;
pub mod sqlite;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
    password::{Params, PasswordHasher},
    session::Token,
};
use uuid::Uuid;

pub use customer::search_terms;

/// Of everybody who signs in with one.
pub const PASSWORD: &str = "correct-horse-Battery-9-staple";

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub orgs: u32,
    pub customers: u32,
    /// Customers of the first company; the others share the rest evenly.
    pub whale: u32,
}

impl Size {
    /// The company of a customer.
    pub const fn org_of(self, customer: u32) -> u32 {
        if customer <= self.whale { 1 } else { 2 + (customer - self.whale - 1) % (self.orgs - 1) }
    }

    /// The same for pgbench, over its variable `cust`.
    pub fn org_of_cust(self) -> String {
        let Self { orgs, whale, .. } = self;
        format!("CASE WHEN :cust <= {whale} THEN 1 ELSE 2 + mod(:cust - {whale} - 1, {orgs} - 1) END")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    Org = 1,
    Owner = 2,
    Customer = 3,
    Staff = 4,
    Session = 5,
    StaffSession = 6,
}

const BASE: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0000;

pub fn id(noun: Noun, number: u32) -> Uuid {
    Uuid::from_u128(BASE | (noun as u128) << 48 | u128::from(number))
}

/// Noun and number of an id made here.
pub fn number(id: Uuid) -> Option<(Noun, u32)> {
    let nouns = [Noun::Org, Noun::Owner, Noun::Customer, Noun::Staff, Noun::Session, Noun::StaffSession];
    let number = u32::try_from(id.as_u128() & 0xffff_ffff).ok()?;
    nouns.into_iter().find(|noun| self::id(*noun, number) == id).map(|noun| (noun, number))
}

/// Token of a company's owner, or of its staff.
pub fn token(noun: Noun, org: u32) -> Token {
    let mut bytes = [noun as u8; 32];
    bytes[..4].copy_from_slice(&org.to_be_bytes());
    Token::new(bytes)
}

pub fn staff_email(org: u32) -> String {
    format!("staff-{org}@example.com")
}

#[derive(Clone, Debug)]
pub enum Cell {
    Text(String),
    Uuid(Uuid),
    Int(i64),
    Bool(bool),
    Bytes(Vec<u8>),
    Time(DateTime<Utc>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

pub type Row = Vec<Cell>;

/// A table to fill.
pub struct Rows {
    pub table: &'static str,
    pub columns: &'static str,
    pub rows: Box<dyn Iterator<Item = Row> + Send>,
}

/// Everything, parents first.
pub async fn all(size: Size) -> Result<Vec<Rows>> {
    let now = Utc::now();
    let hash = PasswordHasher::new(Params::FLOOR).hash(PASSWORD).await?;
    let people = move |noun: Noun, email: String, name: &str, org: u32| {
        vec![Cell::Uuid(id(noun, org)), Cell::Text(email), name.into(), Cell::Text(hash.clone()), Cell::Time(now)]
    };
    let staff = people.clone();
    let member = move |noun: Noun, org: u32| {
        let role = if noun == Noun::Owner { "OWNER" } else { "STAFF" };
        vec![Cell::Uuid(id(Noun::Org, org)), Cell::Uuid(id(noun, org)), role.into(), Cell::Time(now)]
    };
    let both = move |org: u32| [(Noun::Owner, org), (Noun::Staff, org)];
    Ok(vec![
        Rows {
            table: "orgs",
            columns: "id, tenant_id, name, time_zone, currency_code, created_at",
            rows: Box::new((1..=size.orgs).map(move |org| company(org, now))),
        },
        Rows {
            table: "users",
            // Owners don't get in without a second factor.
            columns: "id, email, display_name, password_hash, created_at, totp_confirmed_at",
            rows: Box::new((1..=size.orgs).map(move |org| {
                let mut owner = people(Noun::Owner, format!("owner-{org}@example.com"), "Olive Owner", org);
                owner.push(Cell::Time(now));
                owner
            })),
        },
        Rows {
            table: "users",
            columns: "id, email, display_name, password_hash, created_at",
            rows: Box::new((1..=size.orgs).map(move |org| staff(Noun::Staff, staff_email(org), "Stan Staff", org))),
        },
        Rows {
            table: "memberships",
            columns: "org_id, user_id, role, created_at",
            rows: Box::new((1..=size.orgs).flat_map(both).map(move |(noun, org)| member(noun, org))),
        },
        Rows {
            table: "sessions",
            columns: "id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent",
            rows: Box::new((1..=size.orgs).flat_map(both).map(move |(noun, org)| session(noun, org, now))),
        },
        Rows {
            table: "counters",
            columns: "org_id, name, value",
            // Of all companies alike, so that nobody's next number is one of the data set's.
            rows: Box::new((1..=size.orgs).map(move |org| {
                vec![Cell::Uuid(id(Noun::Org, org)), "customer".into(), Cell::Int(customer::number(size.customers))]
            })),
        },
        Rows {
            table: "customers",
            columns: customer::COLUMNS,
            rows: Box::new((1..=size.customers).map(move |number| customer::row(size, number, now))),
        },
        Rows {
            table: "search_entries",
            columns: customer::ENTRY_COLUMNS,
            rows: Box::new((1..=size.customers).map(move |number| customer::entry_row(size, number))),
        },
    ])
}

fn company(org: u32, now: DateTime<Utc>) -> Row {
    vec![
        Cell::Uuid(id(Noun::Org, org)),
        Cell::Text(format!("company-{org}")),
        Cell::Text(format!("Company {org}")),
        "Europe/London".into(),
        "GBP".into(),
        Cell::Time(now),
    ]
}

fn session(noun: Noun, org: u32, now: DateTime<Utc>) -> Row {
    let session = if noun == Noun::Owner { Noun::Session } else { Noun::StaffSession };
    vec![
        Cell::Uuid(id(session, org)),
        Cell::Bytes(token(noun, org).hash()),
        Cell::Uuid(id(noun, org)),
        Cell::Uuid(id(Noun::Org, org)),
        "full".into(),
        Cell::Time(now),
        Cell::Time(now),
        Cell::Time(now + TimeDelta::hours(8)),
        "127.0.0.1".into(),
        "bench".into(),
    ]
}
