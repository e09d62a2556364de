//! P1 and P3: a page of customers, beside pgbench with the same statements, and with the row policies off.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use sea_orm::ConnectionTrait as _;

use super::{Bench, Postgres, Running, WORKERS, sqlite, trips::Scripts};
use crate::{
    figures,
    load::{
        Tally,
        call::{self, Call},
        closed,
        script::drawn_org,
    },
    report::{Figure, Goal, Report},
};

/// Requests made so far: each draws a company of its own, and each must be on record.
type Asked = Arc<AtomicU64>;

async fn turn(bench: &Bench<'_>, running: &Running, asked: &Asked) -> Result<Tally> {
    let size = bench.size;
    let calls: Arc<Vec<Call>> = Arc::new((1..=size.orgs).map(|org| call::list().of_owner(org)).collect::<Result<_>>()?);
    let channels = running.channels.clone();
    let asked = Arc::clone(asked);
    let once = move |worker: usize, _| {
        let (calls, asked, channel) = (Arc::clone(&calls), Arc::clone(&asked), channels[worker % channels.len()].clone());
        async move {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            let org = drawn_org(size, number);
            let answer = calls[org as usize - 1].send(&channel).await?;
            call::check_list(&answer, size, org, number.is_multiple_of(64))
        }
    };
    closed(WORKERS, bench.options.warm_up() / 2, bench.options.turn(), &running.meter(bench), once).await
}

/// Load for a profiler.
pub async fn profile(bench: &Bench<'_>, running: &Running) -> Result<()> {
    println!("server {} under list load", running.server.pid());
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(bench.options.profile) {
        let tally = turn(bench, running, &Asked::default()).await?;
        println!("{:.0} requests/s, CPU µs {:?}", tally.per_second, tally.cpu);
    }
    Ok(())
}

pub async fn measure(bench: &Bench<'_>, running: &Running, scripts: Option<&Scripts>, report: &mut Report) -> Result<()> {
    let asked = Asked::default();
    let before = bench.audited(call::LIST).await?;
    turn(bench, running, &asked).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.repeats {
        ours.push(turn(bench, running, &asked).await?);
        theirs.push(match (&bench.postgres, scripts) {
            (Some(postgres), Some(scripts)) => {
                postgres.pgbench.throughput("list", &scripts.list, bench.options.turn(), &running.meter(bench)).await?
            }
            _ => sqlite::lists(bench).await?,
        });
    }
    let on_record = bench.audited(call::LIST).await? - before;
    let asked = i64::try_from(asked.load(Ordering::Relaxed))?;
    ensure!(on_record == asked, "{asked} requests, {on_record} audit records");
    let goal = Goal::AtLeast { floor: 0.45, goal: 0.8 };
    arms(bench, "P1", "ListCustomers, 50 rows", goal, &ours, &theirs, report);
    Ok(())
}

/// The figures of two arms that ran by turns.
pub fn arms(bench: &Bench<'_>, id: &'static str, what: &str, goal: Goal, ours: &[Tally], theirs: &[Tally], report: &mut Report) {
    let per_second = |tallies: &[Tally]| -> Vec<f64> { tallies.iter().map(|tally| tally.per_second).collect() };
    let cpu =
        |tallies: &[Tally], at: usize| -> Vec<f64> { tallies.iter().filter_map(|tally| tally.cpu.get(at).copied()).collect() };
    let samples = figures::ratios(&per_second(ours), &per_second(theirs));
    // SQLite has no pgbench: the other arm is the same statements on bare connections in this process, for which no goal is set.
    let (beside, goal) = if bench.postgres.is_some() { ("pgbench", goal) } else { ("bare connections", Goal::None) };
    report.add(Figure { id, on: bench.on, what: format!("{what}: requests/s ÷ {beside}"), samples, unit: "×", goal });
    report.tell(id, bench.on, "  requests/s", per_second(ours), "/s");
    report.tell(id, bench.on, format!("  {beside}"), per_second(theirs), "/s");
    report.tell(id, bench.on, "  CPU of the server per request", cpu(ours, 0), "µs");
    if bench.postgres.is_some() {
        report.tell(id, bench.on, "  CPU of PostgreSQL per request", cpu(ours, 1), "µs");
        report.tell(id, bench.on, "  CPU of PostgreSQL per pgbench transaction", cpu(theirs, 1), "µs");
    }
    report.tell(
        id,
        bench.on,
        "  CPU of the load generator per request",
        ours.iter().map(|tally| tally.generator_cpu).collect(),
        "µs",
    );
}

pub async fn measure_policies(bench: &Bench<'_>, running: &Running, report: &mut Report) -> Result<()> {
    let Some(postgres) = &bench.postgres else { return Ok(()) };
    let asked = Asked::default();
    let (mut on, mut off, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.options.repeats {
        let with = turn(bench, running, &asked).await?;
        switch(postgres, "DISABLE").await?;
        let without = turn(bench, running, &asked).await;
        switch(postgres, "ENABLE").await?;
        let without = without?;
        on.push(with.per_second);
        off.push(without.per_second);
        cpu.extend(without.cpu.get(1).zip(with.cpu.get(1)).map(|(without, with)| without / with));
    }
    let goal = Goal::AtLeast { floor: 0.95, goal: 0.99 };
    let samples = figures::ratios(&on, &off);
    report.add(Figure {
        id: "P3",
        on: bench.on,
        what: "ListCustomers with row policies ÷ without".to_owned(),
        samples,
        unit: "×",
        goal,
    });
    report.tell("P3", bench.on, "  by PostgreSQL's CPU per request", cpu, "×");
    Ok(())
}

/// Row policies of every table. Cached plans notice.
async fn switch(postgres: &Postgres, to: &str) -> Result<()> {
    let sql = format!(
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT DISTINCT polrelid::regclass FROM pg_policy \
         JOIN pg_class c ON c.oid = polrelid WHERE c.relnamespace = 'client'::regnamespace LOOP \
         EXECUTE format('ALTER TABLE %s {to} ROW LEVEL SECURITY', t); END LOOP; END $$"
    );
    postgres.admin.execute_unprepared(&sql).await?;
    Ok(())
}
