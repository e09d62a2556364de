//! P2: an edit with its timeline event, audit record and change, in one commit.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};

use super::{Bench, Running, WORKERS, list::arms, sqlite, trips::Scripts};
use crate::{
    load::{Tally, call, closed, scatter},
    report::{Goal, Report},
};

/// Versions as this run left them; the customers of odd numbers are ours, the even ones pgbench's.
type Versions = Arc<Mutex<std::collections::HashMap<u32, i64>>>;

async fn turn(bench: &Bench<'_>, running: &Running, versions: &Versions) -> Result<Tally> {
    let size = bench.size;
    let channels = running.channels.clone();
    let versions = Arc::clone(versions);
    let once = move |worker: usize, turn: u64| {
        let (versions, channel) = (Arc::clone(&versions), channels[worker % channels.len()].clone());
        async move {
            // Each worker has customers of its own: two edits of one row at once would measure the merge.
            let slot = scatter(turn << 8 | worker as u64) % u64::from(size.customers / 2 / WORKERS as u32);
            let customer = 2 * (u32::try_from(slot)? * WORKERS as u32 + u32::try_from(worker)?) + 1;
            let known = |versions: &Versions| {
                versions.lock().unwrap_or_else(PoisonError::into_inner).get(&customer).copied().unwrap_or(1)
            };
            let version = known(&versions);
            let call = call::update(customer, version, format!("Rang after version {version}, will call back"))
                .of_owner(size.org_of(customer))?;
            let after = call::version(call.send(&channel).await?)?;
            ensure!(after == version + 1, "version {version} became {after}");
            versions.lock().unwrap_or_else(PoisonError::into_inner).insert(customer, after);
            Ok(())
        }
    };
    closed(WORKERS, bench.options.warm_up() / 2, bench.options.turn(), &running.meter(bench), once).await
}

pub async fn measure(bench: &Bench<'_>, running: &Running, scripts: Option<&Scripts>, report: &mut Report) -> Result<()> {
    let versions: Versions = Arc::new(Mutex::new(bench.versions.borrow().clone()));
    let before = bench.audited(call::UPDATE).await?;
    let written = |versions: &Versions| {
        versions.lock().unwrap_or_else(PoisonError::into_inner).values().map(|version| version - 1).sum::<i64>()
    };
    let written_before = written(&versions);
    turn(bench, running, &versions).await?;
    // pgbench's transactions write audit records of the same path, so the check comes before they start.
    let on_record = bench.audited(call::UPDATE).await? - before;
    let edits = written(&versions) - written_before;
    ensure!(on_record == edits, "{edits} edits, {on_record} audit records");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.repeats {
        ours.push(turn(bench, running, &versions).await?);
        theirs.push(match (&bench.postgres, scripts) {
            (Some(postgres), Some(scripts)) => {
                postgres.pgbench.throughput("update", &scripts.update, bench.options.turn(), &running.meter(bench)).await?
            }
            _ => sqlite::updates(bench).await?,
        });
    }
    bench
        .versions
        .borrow_mut()
        .extend(versions.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(customer, version)| (*customer, *version)));
    let goal = Goal::AtLeast { floor: 0.6, goal: 1.0 };
    arms(bench, "P2", "UpdateCustomer", goal, &ours, &theirs, report);
    Ok(())
}
