//! The server's own statements as a pgbench script: same texts, same types, same values but for company, customer and new ids, which
//! vary as they do under load.

use anyhow::{Context as _, Result, bail};
use bytes::Buf as _;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::wire::{Bound, Trip};
use crate::data::{self, Noun, Size};

/// A script with the values it names.
#[derive(Clone, Debug)]
pub struct Script {
    pub text: String,
    /// Name and value, for `pgbench --define`.
    pub values: Vec<(String, String)>,
}

/// Which companies and customers a script is about.
#[derive(Clone, Copy, Debug)]
pub enum Draw {
    /// Every third request the whale's, the others' evenly.
    Org,
    /// Any customer of an even number, with its company.
    Customer,
    /// The whale alone.
    Whale,
}

impl Draw {
    fn prologue(self, size: Size) -> String {
        let Size { orgs, customers, .. } = size;
        match self {
            Self::Org => format!("\\set die random(1, 10)\n\\set org CASE WHEN :die <= 3 THEN 1 ELSE random(2, {orgs}) END\n"),
            Self::Customer => format!("\\set cust 2 * random(1, {})\n\\set org {}\n", customers / 2, size.org_of_cust()),
            Self::Whale => "\\set org 1\n".to_owned(),
        }
    }
}

/// The company of the request number `seed`, drawn as [`Draw::Org`] does.
pub fn drawn_org(size: Size, seed: u64) -> u32 {
    let number = super::scatter(seed);
    if number % 10 < 3 { 1 } else { 2 + u32::try_from((number >> 8) % u64::from(size.orgs - 1)).unwrap_or_default() }
}

/// The transaction in which a statement with `mark` was last sent, from its begin to its end; outside one the statement alone.
pub fn transaction(trips: &[Trip], mark: &str) -> Result<Vec<Trip>> {
    let marked =
        trips.iter().rfind(|trip| trip.sql.contains(mark)).with_context(|| format!("no statement with {mark} was sent"))?;
    let connection: Vec<&Trip> = trips.iter().filter(|trip| trip.connection == marked.connection).collect();
    let at = connection.iter().rposition(|trip| trip.sql.contains(mark)).unwrap_or_default();
    let ends = |trip: &&Trip| trip.sql.starts_with("COMMIT") || trip.sql.starts_with("ROLLBACK");
    let begin = connection[..at].iter().rposition(|trip| trip.sql.starts_with("BEGIN"));
    let Some(begin) = begin.filter(|begin| !connection[*begin..at].iter().any(ends)) else { return Ok(vec![marked.clone()]) };
    let end = at + connection[at..].iter().position(ends).context("the transaction never ended")?;
    Ok(connection[begin..=end].iter().map(|trip| (*trip).clone()).collect())
}

/// `tag` keeps the values of several scripts in one pgbench apart.
pub fn script(trips: &[Trip], draw: Draw, size: Size, tag: &str) -> Result<Script> {
    let mut script = Script { text: draw.prologue(size), values: Vec::new() };
    for trip in trips {
        if trip.sql.starts_with("BEGIN") {
            script.begin(&trip.sql);
            continue;
        }
        let mut sql = trip.sql.trim_end_matches(';').to_owned();
        // From the last, so that $1 does not stand for the beginning of $10.
        for (at, value) in trip.values.iter().enumerate().rev() {
            let written = script.write(value, tag).with_context(|| trip.sql.clone())?;
            sql = sql.replace(&format!("${}", at + 1), &written);
        }
        script.text.push_str(&sql);
        script.text.push_str(";\n");
    }
    Ok(script)
}

impl Script {
    /// The server sends a transaction's settings with its BEGIN; the script sends them as one statement, the cheapest way it has.
    fn begin(&mut self, sql: &str) {
        let settings = sql.split(';').filter_map(|statement| {
            let (name, value) = statement.trim().strip_prefix("SET LOCAL ")?.split_once(" = ")?;
            let value = match value.trim_matches('\'').parse::<Uuid>() {
                Ok(known) => format!("({})::text", new_or_known(known)),
                Err(_) => value.to_owned(),
            };
            Some(format!("set_config('{name}', {value}, true)"))
        });
        let settings: Vec<String> = settings.collect();
        self.text.push_str("BEGIN;\n");
        if !settings.is_empty() {
            self.text.push_str(&format!("SELECT {};\n", settings.join(", ")));
        }
    }

    fn write(&mut self, value: &Bound, tag: &str) -> Result<String> {
        let Some(bytes) = &value.bytes else { return Ok("NULL".to_owned()) };
        if !value.binary {
            bail!("a value in text form");
        }
        let (kind, text) = match value.oid {
            2_950 => return Ok(new_or_known(Uuid::from_slice(bytes)?)),
            25 | 1_043 => {
                let text = String::from_utf8(bytes.to_vec())?;
                // An id may be given as a text.
                if let Ok(known) = text.parse::<Uuid>() {
                    return Ok(format!("({})::text", new_or_known(known)));
                }
                ("text", text)
            }
            20 => ("int8", bytes.clone().get_i64().to_string()),
            23 => ("int4", bytes.clone().get_i32().to_string()),
            701 => ("float8", bytes.clone().get_f64().to_string()),
            16 => ("bool", (bytes[0] != 0).to_string()),
            17 => ("bytea", format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())),
            1_184 => ("timestamptz", (epoch()? + TimeDelta::microseconds(bytes.clone().get_i64())).to_rfc3339()),
            other => bail!("a value of type {other}"),
        };
        // pgbench takes no empty variable.
        if text.is_empty() {
            return Ok(format!("''::{kind}"));
        }
        let name = format!("{tag}v{}", self.values.len());
        self.values.push((name.clone(), text));
        Ok(format!(":{name}::{kind}"))
    }
}

/// PostgreSQL's times count from here.
fn epoch() -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(946_684_800, 0).context("the year 2000")
}

/// An id of the data set varies with the drawn company or customer; any other is a new one, made in rising order as the server does.
fn new_or_known(id: Uuid) -> String {
    let variable = match data::number(id) {
        Some((Noun::Customer, _)) => ":cust::int8",
        Some(_) => ":org::int8",
        None => return format!("('01940000-0000-7000-8000-' || lpad(to_hex(nextval('{SEQUENCE}')), 12, '0'))::uuid"),
    };
    let text = id.to_string();
    let prefix = &text[..text.len() - 12];
    format!("('{prefix}' || lpad(to_hex({variable}), 12, '0'))::uuid")
}

/// Numbers of new ids; made by the benchmark in a schema of its own.
pub const SEQUENCE: &str = "bench.ids";
