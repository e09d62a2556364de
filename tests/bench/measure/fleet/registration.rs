//! F2: companies registered a second. F3: from a registration until the provider system, in a process of its own, has the company.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use streamflow_proto::client::v1::RegistrationState;
use streamflow_tests::{
    fleet::{Fleet, register, until},
    postgres::Cluster,
};

use crate::{
    figures::{milliseconds, percentile},
    options::Options,
    report::{Figure, Goal, Report},
};

/// Under way at once.
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn measure(options: &Options, on: &'static str, cluster: Option<&Cluster>, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut fleet = Fleet::new(folder.path(), cluster, Some(&options.server)).await;
    fleet.clients.start();
    fleet.others.start();
    let (books, secret, channel) = (fleet.books().await, fleet.registration_key(), fleet.clients.channel());
    let (single, many) = if options.quick { (20, 60) } else { (100, 400) };

    let mut seen = Vec::new();
    for number in 1..=single {
        let begun = Instant::now();
        register(&channel, &secret, number).await?;
        until("companies seen", number, PATIENCE, async || books.others("tenants").await).await;
        seen.push(begun.elapsed());
    }
    let seen = milliseconds(&seen);
    if options.wants("F3") {
        let slow = percentile(&seen, 0.99);
        let what = format!("a registration → the provider system has it, {single} one by one: P99");
        report.add(Figure {
            id: "F3",
            on,
            what,
            samples: vec![slow],
            unit: "ms",
            goal: Goal::AtMost { floor: 5_000.0, goal: 1_000.0 },
        });
        report.tell("F3", on, "the same, median", seen, "ms");
    }
    if options.wants("F2") {
        let begun = Instant::now();
        let answers = stream::iter(single + 1..=single + many).map(|number| register(&channel, &secret, number));
        let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
        let took = begun.elapsed().as_secs_f64();
        let ready = answers.iter().filter(|answer| answer.state() == RegistrationState::Ready).count();
        report.tell("F2", on, format!("companies ready a second, {AT_ONCE} at once"), vec![ready as f64 / took], "/s");
        let all = until("companies seen", single + many, PATIENCE, async || books.others("tenants").await).await;
        report.tell("F2", on, format!("after the last of {many}: the provider system has all"), milliseconds(&[all]), "ms");
    }
    Ok(())
}
