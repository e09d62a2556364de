//! P16: from the start of the program to its first good answer, and what it holds when nothing happens.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::{Bench, CONNECTIONS};
use crate::{
    load::call,
    machine,
    report::{Figure, Goal, Report},
};

pub async fn measure(bench: &Bench<'_>, report: &mut Report) -> Result<()> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.repeats + 2 {
        let mut server = bench.place.serve(CONNECTIONS)?;
        let channel = server.channels(1).await?.remove(0);
        let call = call::list().of_owner(2)?;
        let until = Instant::now() + Duration::from_secs(10);
        while let Err(error) = call.send(&channel).await {
            ensure!(Instant::now() < until, "no good answer: {error:#}");
            sleep(Duration::from_millis(1)).await;
        }
        starts.push(server.started.elapsed().as_secs_f64() * 1_000.0);
        sleep(Duration::from_secs(1)).await;
        memory.push(machine::resident_mb(server.pid()));
    }
    let figure = |what: &str, samples, unit, goal| Figure { id: "P16", on: bench.on, what: what.to_owned(), samples, unit, goal };
    report.add(figure("start to first good RPC, client system", starts, "ms", Goal::AtMost { floor: 250.0, goal: 100.0 }));
    report.add(figure("idle memory after it", memory, "MB", Goal::AtMost { floor: 60.0, goal: 30.0 }));
    Ok(())
}
