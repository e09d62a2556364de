//! P5: search over the whale's customers, by every kind of words people type.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, ensure};

use super::{Bench, Running, trips::Scripts};
use crate::{
    data, figures,
    load::{
        call::{self, Call},
        open,
    },
    report::{Figure, Goal, Report},
};

/// Searches a second: what a company of three hundred people might type at once.
const RATE: f64 = 60.0;

struct Sought {
    class: &'static str,
    call: Call,
    least: usize,
}

pub async fn measure(bench: &Bench<'_>, running: &Running, scripts: Option<&Scripts>, report: &mut Report) -> Result<()> {
    let terms = data::search_terms(bench.size).into_iter();
    let all: Vec<Sought> = terms
        .map(|(class, words, least)| Ok(Sought { class, call: call::search(&words).of_owner(1)?, least }))
        .collect::<Result<_>>()?;
    for sought in all.iter().chain(&all) {
        let hits = call::count_field(&sought.call.send(&running.channel(0)).await?, 1)?;
        ensure!(hits >= sought.least, "{} has {hits} hits instead of {} or more", sought.class, sought.least);
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut by_class: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..bench.options.repeats {
        let latencies = turn(bench, running, &all).await?;
        for (at, latency) in latencies.iter().enumerate() {
            by_class.entry(all[at % all.len()].class).or_default().push(*latency);
        }
        ours.push(figures::percentile(&latencies, 0.95));
        if let (Some(postgres), Some(scripts)) = (&bench.postgres, scripts) {
            let raw = postgres.pgbench.latencies("search", &scripts.searches, RATE, bench.options.turn()).await?;
            theirs.push(figures::percentile(&raw, 0.95));
        }
    }
    let figure = |what: String, samples, unit, goal| Figure { id: "P5", on: bench.on, what, samples, unit, goal };
    let what = format!("Search, {} customers in the company, P95", bench.size.whale);
    report.add(figure(what, ours.clone(), "ms", Goal::AtMost { floor: 50.0, goal: 15.0 }));
    if theirs.is_empty() {
        report.note("P5 on SQLite: only the absolute goal; there is no pgbench to divide by");
    } else {
        let ratio = figures::ratios(&ours, &theirs);
        report.add(figure("  P95 ÷ the same SQL by pgbench".to_owned(), ratio, "×", Goal::AtMost { floor: 1.5, goal: 1.2 }));
        report.tell("P5", bench.on, "  P95 of pgbench", theirs, "ms");
    }
    for (class, latencies) in &by_class {
        report.tell("P5", bench.on, format!("  {class}: P95"), vec![figures::percentile(latencies, 0.95)], "ms");
    }
    Ok(())
}

/// Latencies in the order of the requests.
async fn turn(bench: &Bench<'_>, running: &Running, all: &[Sought]) -> Result<Vec<f64>> {
    let once = |number: u64| {
        let sought = &all[usize::try_from(number).unwrap_or_default() % all.len()];
        let (call, least, channel) = (sought.call.clone(), sought.least, running.channel(number));
        async move {
            let hits = call::count_field(&call.send(&channel).await?, 1)?;
            ensure!(hits >= least, "{hits} hits instead of {least} or more");
            Ok(())
        }
    };
    let length: Duration = bench.options.turn();
    open(RATE, length, once).await.map(|latencies| figures::milliseconds(&latencies))
}
