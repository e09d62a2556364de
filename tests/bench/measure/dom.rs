//! P6, second half: from a commit to the page of somebody else who has the record open. The commit lies between the request and its
//! answer, so the time from the request is an upper bound, and that is what is judged.

use std::{
    env,
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use prost::Message as _;
use serde::Deserialize;
use streamflow_proto::client::v1 as pb;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

use super::{Bench, Running};
use crate::{
    data::{self, Noun},
    figures,
    load::call,
    report::{Figure, Goal, Report},
};

/// The company whose owner looks at a page; not the whale, as most aren't.
const ORG: u32 = 2;
/// Between two writes, so that each is seen by itself.
const PAUSE: Duration = Duration::from_millis(100);

pub async fn measure(bench: &Bench<'_>, running: &Running, report: &mut Report) -> Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/web/client");
    if !web.exists() {
        report.note("P6: commit → DOM left out: target/dist/web is not built; `cargo xtask bench` builds it");
        return Ok(());
    }
    let size = bench.size;
    let customer = (1..=size.customers).find(|number| size.org_of(*number) == ORG).context("a customer")?;
    let answer = call::get(customer).of_owner(ORG)?.send(&running.channel(0)).await?;
    let mut version = pb::GetCustomerResponse::decode(answer)?.customer.context("no customer")?.version;
    let mut page = Page::open(&running.server.address(), customer).await?;
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.repeats {
        let (mut from_request, mut from_answer) = (Vec::new(), Vec::new());
        for _ in 0..bench.options.turn().as_millis() / PAUSE.as_millis() {
            let note = format!("Watched at version {version}");
            let call = call::update(customer, version, note.clone()).of_owner(ORG)?;
            let sent = now();
            version = call::version(call.send(&running.channel(0)).await?)?;
            let answered = now();
            let seen = page.next().await?;
            ensure!(seen.note == note, "the page shows {:?} instead of {note:?}", seen.note);
            from_request.push(seen.at - sent);
            from_answer.push((seen.at - answered).max(0.0));
            sleep(PAUSE).await;
        }
        upper.push(figures::percentile(&from_request, 0.99));
        lower.push(figures::percentile(&from_answer, 0.99));
    }
    page.close().await?;
    let what = "request of a write → DOM of another open page, P99".to_owned();
    report.add(Figure {
        id: "P6",
        on: bench.on,
        what,
        samples: upper,
        unit: "ms",
        goal: Goal::AtMost { floor: 250.0, goal: 100.0 },
    });
    report.tell("P6", bench.on, "  answer of the write → DOM, P99", lower, "ms");
    Ok(())
}

/// Milliseconds since 1970, as the browser counts them.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}

/// A browser with a customer's page, which tells what comes onto it.
struct Page {
    browser: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

#[derive(Deserialize)]
struct Seen {
    note: String,
    at: f64,
}

impl Page {
    async fn open(url: &str, customer: u32) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/measure/dom.mjs");
        let address = format!("/tenant/company-{ORG}/client/customers/{}", call::customer_id(customer));
        let token = data::token(Noun::Owner, ORG);
        let mut command = Command::new(env::var_os("NODE").unwrap_or_else(|| "node".into()));
        command.arg(script).args([url, token.reveal(), &address]);
        let mut browser = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = browser.stdout.take().context("the browser's output")?;
        let mut page = Self { browser, lines: BufReader::new(out).lines() };
        let first = timeout(Duration::from_secs(40), page.line()).await.context("the page does not open")??;
        ensure!(first == "\"ready\"", "the page says {first:?}");
        Ok(page)
    }

    async fn line(&mut self) -> Result<String> {
        self.lines.next_line().await?.context("the browser has ended")
    }

    async fn next(&mut self) -> Result<Seen> {
        let line = timeout(Duration::from_secs(5), self.line()).await.context("a change never came onto the page")??;
        Ok(serde_json::from_str(&line)?)
    }

    async fn close(mut self) -> Result<()> {
        drop(self.browser.stdin.take());
        timeout(Duration::from_secs(10), self.browser.wait()).await.context("the browser does not end")??;
        Ok(())
    }
}
