//! P6: from a commit to the message at everyone who watches. The commit lies between the request and its answer, so the time from the
//! request is an upper bound, and that is what is judged.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;
use streamflow_proto::client::v1::{self as pb, change_service_client::ChangeServiceClient};
use streamflow_tests::person;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tonic::transport::Channel;

use super::{Bench, Running};
use crate::{
    data::{self, Noun},
    figures,
    load::{call, open},
    machine,
    report::{Figure, Goal, Report},
};

/// Streams of one connection.
const STREAMS: usize = 50;

/// Who watches and how often something changes.
struct Case {
    name: String,
    /// Companies that are watched, evenly.
    orgs: std::ops::RangeInclusive<u32>,
    per_second: f64,
}

struct Heard {
    id: String,
    version: i64,
    at: Instant,
}

/// When each write was sent and answered.
type Written = Arc<Mutex<HashMap<(String, i64), (Instant, Instant)>>>;

pub async fn measure(bench: &Bench<'_>, running: &Running, report: &mut Report) -> Result<()> {
    let watchers = bench.options.watchers();
    let cases = [
        Case { name: format!("{watchers} watchers in 20 companies, 20 writes/s"), orgs: 2..=21, per_second: 20.0 },
        Case { name: format!("{watchers} watchers in one company, 2 writes/s"), orgs: 1..=1, per_second: 2.0 },
    ];
    for case in cases {
        let before = machine::resident_mb(running.server.pid());
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        let (heard, mut ears) = mpsc::unbounded_channel();
        let streams = watch(bench, running, &case, &heard).await?;
        // A watcher without a cursor may hear the last moments before it came.
        tokio::time::sleep(Duration::from_secs(2)).await;
        while ears.try_recv().is_ok() {}
        let grown = machine::resident_mb(running.server.pid()) - before;
        for _ in 0..bench.options.repeats {
            let (from_request, from_answer) = turn(bench, running, &case, &mut ears).await?;
            upper.push(figures::percentile(&from_request, 0.99));
            lower.push(figures::percentile(&from_answer, 0.99));
        }
        drop(streams);
        let goal = Goal::AtMost { floor: 100.0, goal: 20.0 };
        let what = format!("request of a write → message, P99: {}", case.name);
        report.add(Figure { id: "P6", on: bench.on, what, samples: upper, unit: "ms", goal });
        report.tell("P6", bench.on, "  answer of the write → message, P99", lower, "ms");
        report.tell("P6", bench.on, "  memory of the server for these watchers", vec![grown], "MB");
    }
    Ok(())
}

/// Opens the streams; they end when what is returned is dropped.
async fn watch(
    bench: &Bench<'_>,
    running: &Running,
    case: &Case,
    heard: &mpsc::UnboundedSender<Heard>,
) -> Result<JoinSet<Result<()>>> {
    let orgs: Vec<u32> = case.orgs.clone().collect();
    let mut streams = JoinSet::new();
    let mut channel: Option<Channel> = None;
    for number in 0..bench.options.watchers() {
        if number % STREAMS == 0 {
            channel = Some(running.server.connect().await?);
        }
        let org = orgs[number % orgs.len()];
        let token = data::token(Noun::Owner, org);
        let mut changes = ChangeServiceClient::new(channel.clone().context("a channel")?);
        let opened = changes.watch(person::request(pb::WatchRequest::default(), Some(token.reveal()))).await?;
        let mut stream = opened.into_inner();
        // The first message says from where on nothing is missed.
        stream.message().await?.context("no first message")?;
        let (heard, size) = (heard.clone(), bench.size);
        streams.spawn(async move {
            while let Some(message) = stream.message().await? {
                let Some(change) = message.change else { continue };
                let at = Instant::now();
                call::check_of(&change.id, size, org)?;
                heard.send(Heard { id: change.id, version: change.version, at })?;
            }
            anyhow::bail!("a stream ended early")
        });
    }
    Ok(streams)
}

/// Milliseconds to each message, from the request and from the answer.
async fn turn(
    bench: &Bench<'_>,
    running: &Running,
    case: &Case,
    ears: &mut mpsc::UnboundedReceiver<Heard>,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let length = bench.options.turn();
    let count = (case.per_second * length.as_secs_f64()) as u64;
    let targets = targets(bench, running, case, count).await?;
    let written = Written::default();
    let once = |number: u64| {
        let (customer, version) = targets[usize::try_from(number).unwrap_or_default()];
        let (written, channel, size) = (Arc::clone(&written), running.channel(number), bench.size);
        async move {
            let call =
                call::update(customer, version, format!("Watched at version {version}")).of_owner(size.org_of(customer))?;
            let sent = Instant::now();
            let after = call::version(call.send(&channel).await?)?;
            let times = (sent, Instant::now());
            written.lock().unwrap_or_else(PoisonError::into_inner).insert((call::customer_id(customer), after), times);
            Ok(())
        }
    };
    open(case.per_second, length, once).await?;
    let written = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let watchers = bench.options.watchers() / case.orgs.clone().count();
    let mut missing = written.len() * watchers;
    let (mut from_request, mut from_answer) = (Vec::with_capacity(missing), Vec::with_capacity(missing));
    while missing > 0 {
        let heard =
            timeout(Duration::from_secs(5), ears.recv()).await.with_context(|| format!("{missing} messages never came"))?;
        let heard = heard.context("no watcher is left")?;
        let (sent, answered) = written.get(&(heard.id, heard.version)).context("a message about what nobody wrote")?;
        from_request.push((heard.at - *sent).as_secs_f64() * 1_000.0);
        // A message may overtake the answer.
        from_answer.push(heard.at.saturating_duration_since(*answered).as_secs_f64() * 1_000.0);
        missing -= 1;
    }
    ensure!(ears.try_recv().is_err(), "a message came twice");
    Ok((from_request, from_answer))
}

/// Customers to write, each once, with the version they have.
async fn targets(bench: &Bench<'_>, running: &Running, case: &Case, count: u64) -> Result<Vec<(u32, i64)>> {
    let size = bench.size;
    let numbers = (1..=size.customers).filter(|number| case.orgs.contains(&size.org_of(*number)));
    let mut targets = Vec::new();
    for customer in numbers.take(usize::try_from(count)?) {
        let answer = call::get(customer).of_owner(size.org_of(customer))?.send(&running.channel(0)).await?;
        let found = pb::GetCustomerResponse::decode(answer)?.customer.context("no customer")?;
        targets.push((customer, found.version));
    }
    Ok(targets)
}
