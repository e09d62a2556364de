//! P4: database round trips of hot reads, read off the wire, one request after the other. What is written down here is what pgbench
//! sends for the other goals.

use std::{collections::BTreeMap, time::Duration, time::Instant};

use anyhow::{Context as _, Result};
use tokio::time::sleep;
use tonic::transport::Channel;

use super::Bench;
use crate::{
    data,
    load::{
        call::{self, Call},
        script::{self, Draw, Script},
        wire::{Trip, Wire},
    },
    report::{Figure, Goal, Report},
};

/// The server's statements as pgbench runs them.
pub struct Scripts {
    pub list: Script,
    pub update: Script,
    /// By the words sought.
    pub searches: Vec<Script>,
}

/// Requests over which round trips are counted.
const COUNTED: u32 = 40;
/// Between two requests, so that what a request leaves behind is done before the next.
const APART: Duration = Duration::from_millis(40);

pub async fn measure(bench: &Bench<'_>, report: &mut Report) -> Result<Scripts> {
    let postgres = bench.postgres.as_ref().context("PostgreSQL")?;
    let (wire, port) = Wire::start(postgres.port).await?;
    let mut place = bench.place.clone();
    place.postgres = Some(format!("postgres://postgres@127.0.0.1:{port}/bench"));
    // Few connections are all warm soon; one of them listens for changes.
    let mut server = place.serve(3)?;
    let channel = server.channels(1).await?.remove(0);
    let probe = Probe { channel, wire };
    let org = 2;
    let customer = bench.size.whale + 1;
    let list = call::list().of_owner(org)?;
    let get = call::get(customer).of_owner(org)?;
    let goal = Goal::AtMost { floor: 4.0, goal: 2.0 };
    let mut listed = Vec::new();
    for (name, call, keep) in [("ListCustomers", &list, true), ("GetCustomer", &get, false)] {
        let counted = probe.count(call).await?;
        let figure =
            |what: String, value: f64, goal| Figure { id: "P4", on: bench.on, what, samples: vec![value], unit: "", goal };
        report.add(figure(format!("round trips of {name}"), counted.all, goal));
        report.add(figure("of which before its answer".to_owned(), counted.awaited, Goal::None));
        report.add(figure("besides, sent and not waited for".to_owned(), counted.farewells, Goal::None));
        report.note(format!("P4 {name}, round trips per request: {}", counted.by_text()));
        if keep {
            listed = counted.trips;
        }
    }
    let list = script::script(&script::transaction(&listed, "FROM \"customers\"")?, Draw::Org, bench.size, "")?;
    let update = probe.update(customer, org, bench).await?;
    report.note(format!(
        "P2's transaction, statements: {}",
        update.iter().map(|trip| label(&trip.sql)).collect::<Vec<_>>().join("; ")
    ));
    let update = script::script(&update, Draw::Customer, bench.size, "")?;
    let mut searches = Vec::new();
    for (number, (_, words, _)) in data::search_terms(bench.size).into_iter().enumerate() {
        let found = probe.record(&call::search(&words).of_owner(1)?).await?;
        let trips = script::transaction(&found, "search_ids")?;
        searches.push(script::script(&trips, Draw::Whale, bench.size, &format!("s{number}"))?);
    }
    Ok(Scripts { list, update, searches })
}

struct Probe {
    channel: Channel,
    wire: Wire,
}

struct Counted {
    /// Those that somebody waits for.
    all: f64,
    awaited: f64,
    farewells: f64,
    by_statement: BTreeMap<String, f64>,
    trips: Vec<Trip>,
}

impl Probe {
    async fn count(&self, call: &Call) -> Result<Counted> {
        for _ in 0..30 {
            call.send(&self.channel).await?;
        }
        let idle = self.idle().await;
        let (mut trips, mut awaited) = (Vec::new(), 0_u32);
        let began = Instant::now();
        for _ in 0..COUNTED {
            call.send(&self.channel).await?;
            let answered = Instant::now();
            sleep(APART).await;
            let seen = self.wire.take();
            awaited += u32::try_from(seen.iter().filter(|trip| trip.at < answered && !trip.is_farewell()).count())?;
            trips.extend(seen);
        }
        // The server's own polling is no request's.
        let polled = idle * began.elapsed().as_secs_f64() / f64::from(COUNTED);
        let each = |count: usize| count as f64 / f64::from(COUNTED);
        let mut by_statement: BTreeMap<String, f64> = BTreeMap::new();
        for trip in &trips {
            *by_statement.entry(label(&trip.sql)).or_default() += 1.0 / f64::from(COUNTED);
        }
        let farewells = trips.iter().filter(|trip| trip.is_farewell()).count();
        let all = each(trips.len() - farewells) - polled;
        Ok(Counted { all, awaited: f64::from(awaited) / f64::from(COUNTED), farewells: each(farewells), by_statement, trips })
    }

    /// Round trips a second when nobody asks anything.
    async fn idle(&self) -> f64 {
        sleep(APART).await;
        self.wire.take();
        let seconds = 3.0;
        sleep(Duration::from_secs_f64(seconds)).await;
        self.wire.take().iter().filter(|trip| !trip.is_farewell()).count() as f64 / seconds
    }

    /// Round trips of one request once its statements are prepared.
    async fn record(&self, call: &Call) -> Result<Vec<Trip>> {
        for _ in 0..6 {
            self.wire.take();
            call.send(&self.channel).await?;
            sleep(APART).await;
        }
        Ok(self.wire.take())
    }

    async fn update(&self, customer: u32, org: u32, bench: &Bench<'_>) -> Result<Vec<Trip>> {
        let mut version = 1;
        for turn in 0..8 {
            self.wire.take();
            let call = call::update(customer, version, format!("Rang at {turn}, will call back")).of_owner(org)?;
            version = call::version(call.send(&self.channel).await?)?;
            sleep(APART).await;
        }
        bench.versions.borrow_mut().insert(customer, version);
        script::transaction(&self.wire.take(), "UPDATE \"customers\"")
    }
}

impl Counted {
    fn by_text(&self) -> String {
        let parts: Vec<String> = self.by_statement.iter().map(|(text, count)| format!("{count:.1} × {text}")).collect();
        parts.join(", ")
    }
}

/// Enough of a statement to know it by.
fn label(sql: &str) -> String {
    let words: String = sql.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let tables = words.split(" FROM ").nth(1).and_then(|rest| rest.split([' ', '(']).next());
    match tables {
        Some(table) if words.starts_with("SELECT") => format!("SELECT … FROM {table}"),
        _ => words.chars().take(40).collect(),
    }
}
