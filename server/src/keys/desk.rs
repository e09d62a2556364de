//! The systems and master keys that a command works on, and what hangs on each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use streamflow_kernel::{
    crypto::{KeyFile, MasterKeys, after_all},
    error::Error,
    kernel::Kernel,
    master_keys::{self, Rewrapped, holders::Holder},
};
use streamflow_migrations::System;

use crate::{cli::Place, config::Config, databases, mirror, serve::Shared};

/// How often processes are asked about while one waits for them.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Data keys that were wrapped under the old key while others were rewrapped are few, and their transactions short.
const PASSES: usize = 3;
/// Clocks of machines may differ by as much.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// A master key and what hangs on it.
#[derive(Debug, Serialize)]
pub struct Hook {
    pub id: String,
    pub current: bool,
    /// False for one that data keys name and nobody has here.
    pub present: bool,
    pub made_at: Option<DateTime<Utc>>,
    /// By system, those that have any.
    pub data_keys: BTreeMap<&'static str, u64>,
    pub settings_mirror: bool,
}

/// A running process.
#[derive(Debug, Serialize)]
pub struct Process {
    pub system: &'static str,
    pub place: String,
    /// Names of its keys, the current one first.
    pub keys: Vec<String>,
}

/// The systems and keys that a command works on.
pub struct Desk {
    pub config: Config,
    pub shared: Shared,
    pub kernels: Vec<(System, Arc<Kernel>)>,
}

impl Desk {
    pub async fn open(place: &Place, systems: Option<Vec<System>>) -> anyhow::Result<Self> {
        let config = Config::load(place, None)?;
        let file = config.master_key_file();
        anyhow::ensure!(
            config.master_keys.is_some() || file.exists(),
            "there is no {}: give the --data of the servers",
            file.display()
        );
        let systems =
            systems.unwrap_or_else(|| System::ALL.into_iter().filter(|system| databases::exists(&config, *system)).collect());
        anyhow::ensure!(!systems.is_empty(), "there is no database in {}", config.data.display());
        let shared = Shared::new(&config)?;
        let mut kernels = Vec::new();
        for system in systems {
            databases::must_exist(&config, system)?;
            kernels.push((system, shared.kernel(&config, system).await?));
        }
        Ok(Self { config, shared, kernels })
    }

    /// All systems that may use the keys: who takes one away takes it from all of them. Fails when one can't be looked at, unless it is
    /// among those that have other keys.
    pub async fn open_all(place: &Place, others: &[System]) -> anyhow::Result<Self> {
        let config = Config::load(place, None)?;
        if let Some(found) = databases::of_other_kind(&config) {
            let other = if config.postgres.is_some() { "SQLite" } else { "PostgreSQL" };
            anyhow::bail!(
                "{} tells of {other}, where data keys may hang on the same master key: give the --postgres of the servers, or move the \
                 file away if nobody needs those data any more",
                found.display()
            );
        }
        let (mut here, mut unknown) = (Vec::new(), Vec::new());
        for system in System::ALL {
            if databases::is_within_reach(&config, system)? {
                here.push(system);
            } else if !others.contains(&system) {
                unknown.push(system.name());
            }
        }
        anyhow::ensure!(
            unknown.is_empty(),
            "what hangs on the key in {} is not known, because there is no database here that we may look into: say --own-keys {} if no \
             process of theirs has these master keys",
            unknown.join(", "),
            unknown.join(",")
        );
        Self::open(place, Some(here)).await
    }

    pub fn masters(&self) -> Arc<MasterKeys> {
        self.shared.master_keys.now()
    }

    pub fn has(&self, system: System) -> bool {
        self.kernels.iter().any(|(one, _)| *one == system)
    }

    pub async fn close(self) {
        for (_, kernel) in self.kernels {
            kernel.database.close().await;
        }
    }

    /// Brings a new key into the file and makes it the current one, or ends a rotation that was broken off.
    pub async fn change_file(&self, file: &mut KeyFile, wait: Duration) -> anyhow::Result<()> {
        let id = match file.waiting().map(str::to_owned) {
            Some(id) => {
                println!("Going on with the rotation to {id}.");
                id
            }
            None if self.is_left().await? => {
                println!("Ending the rotation to {}.", file.keys().current_id());
                file.keys().current_id().to_owned()
            }
            None => {
                let id = file.add(self.time_of_name().await?)?;
                println!("{id} is in {}.", self.config.master_key_file().display());
                id
            }
        };
        self.wait_for(&id, wait).await?;
        if file.keys().current_id() != id {
            file.promote(&id)?;
        }
        self.shared.master_keys.look()?;
        Ok(())
    }

    /// Now, or later than every key that was ever seen here: one that was taken out may come back with a backup, and is not to be taken for
    /// a newer one.
    async fn time_of_name(&self) -> anyhow::Result<DateTime<Utc>> {
        let mut at = self.shared.clock.now();
        for (_, kernel) in &self.kernels {
            let known = kernel.keys.known().await.map_err(internal)?;
            at = after_all(known.iter().map(|known| known.id.as_str()), at);
        }
        Ok(at)
    }

    /// Whether anything hangs on a key that we have and that is not the current one.
    pub async fn is_left(&self) -> anyhow::Result<bool> {
        Ok(self.hooks().await?.iter().any(|hook| hook.present && !hook.current && hook.is_used()))
    }

    /// Returns when every running process has a key, so that it can read what is wrapped under it.
    pub async fn wait_for(&self, id: &str, wait: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + wait;
        loop {
            let without: Vec<Process> = self.processes().await?.into_iter().filter(|process| !process.has(id)).collect();
            if without.is_empty() {
                return Ok(());
            }
            let names: BTreeSet<&str> = without.iter().map(|process| process.place.as_str()).collect();
            anyhow::ensure!(
                Instant::now() < until,
                "nothing is wrapped under {id} yet, because {} without it: give each running server the key file (or the setting), and run \
                 this again",
                plural(names.into_iter())
            );
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Wraps all data keys anew. Returns how many can't be read.
    pub async fn rewrap(&self) -> anyhow::Result<u64> {
        let mut unreadable = 0;
        for (system, kernel) in &self.kernels {
            master_keys::make_current(kernel).await.map_err(internal)?;
            let mut done = Rewrapped::default();
            for _ in 0..PASSES {
                let pass = master_keys::rewrap(kernel).await.map_err(internal)?;
                done = Rewrapped { count: done.count + pass.count, unreadable: pass.unreadable };
                if pass.count == 0 {
                    break;
                }
            }
            println!("{}: {} data keys are wrapped anew", system.name(), done.count);
            unreadable += done.unreadable;
        }
        Ok(unreadable)
    }

    /// Fails when something hangs on a key, or will in a moment.
    pub async fn may_go(&self, id: &str, at_once: bool) -> anyhow::Result<()> {
        let masters = self.masters();
        anyhow::ensure!(
            masters.current_id() != id,
            "{id} is the current master key: streamflow keys rotate makes another one first"
        );
        let hooks = self.hooks().await?;
        let hook = hooks.iter().find(|hook| hook.id == id);
        if let Some((system, count)) = hook.and_then(|hook| hook.data_keys.first_key_value()) {
            anyhow::bail!("{count} data keys of {system} hang on {id}: streamflow keys rotate wraps them anew");
        }
        let copies = mirror::sealed_by(&self.config).await?;
        anyhow::ensure!(
            copies.iter().all(|sealed_by| sealed_by != id),
            "the mirror of the provider's settings hangs on {id}: streamflow keys rotate seals it anew"
        );
        for process in self.processes().await? {
            let place = format!("process {} of {}", process.place, process.system);
            anyhow::ensure!(process.keys.first().is_none_or(|key| key != id), "{place} still works with {id}");
            anyhow::ensure!(process.has(masters.current_id()), "{place} doesn't have {} yet", masters.current_id());
        }
        let mut is_known = masters.ids().contains(&id);
        let now = self.shared.clock.now();
        for (system, kernel) in &self.kernels {
            let known = kernel.keys.known().await.map_err(internal)?;
            is_known |= known.iter().any(|known| known.id == id);
            let since =
                known.iter().find(|known| known.id == masters.current_id()).and_then(|known| known.current_at).unwrap_or(now);
            let until = since + master_keys::MARKS_GOOD_FOR + SKEW;
            anyhow::ensure!(
                at_once || until <= now,
                "addresses for uploads and mailed codes of {} that were made with {id} may be good until {}: run this then, or with --at-once to end them",
                system.name(),
                until.to_rfc3339_opts(SecondsFormat::Secs, true)
            );
        }
        anyhow::ensure!(is_known, "there is no master key {id}");
        Ok(())
    }

    /// Every key there is, and those that are missing, the current one first. Says so where the mirror can't be looked at.
    pub async fn hooks(&self) -> anyhow::Result<Vec<Hook>> {
        let masters = self.masters();
        let hook = |id: &str, present| Hook {
            id: id.to_owned(),
            current: masters.current_id() == id,
            present,
            made_at: masters.made_at(id),
            data_keys: BTreeMap::new(),
            settings_mirror: false,
        };
        let mut hooks: Vec<Hook> = masters.ids().into_iter().map(|id| hook(id, true)).collect();
        let place = |hooks: &mut Vec<Hook>, id: &str| {
            hooks.iter().position(|hook| hook.id == id).unwrap_or_else(|| {
                hooks.push(hook(id, false));
                hooks.len() - 1
            })
        };
        for (system, kernel) in &self.kernels {
            for (id, count) in kernel.keys.hanging().await.map_err(internal)? {
                let at = place(&mut hooks, &id);
                hooks[at].data_keys.insert(system.name(), count);
            }
        }
        let copies = if self.has(System::Provider) { mirror::sealed_by(&self.config).await } else { Ok(Vec::new()) };
        match copies {
            // A key that is missing here was none of a mirror that servers could read.
            Ok(copies) => {
                for id in copies {
                    if let Some(hook) = hooks.iter_mut().find(|hook| hook.id == id) {
                        hook.settings_mirror = true;
                    }
                }
            }
            Err(error) => eprintln!("What the mirror of the provider's settings hangs on is not known: {error:#}"),
        }
        Ok(hooks)
    }

    pub async fn processes(&self) -> anyhow::Result<Vec<Process>> {
        let mut processes = Vec::new();
        for (system, kernel) in &self.kernels {
            let holders = kernel.keys.holders().await.map_err(internal)?;
            let process = |holder: Holder| Process { system: system.name(), place: holder.place, keys: holder.key_ids };
            processes.extend(holders.into_iter().map(process));
        }
        Ok(processes)
    }
}

impl Process {
    fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key == id)
    }
}

impl Hook {
    pub fn is_used(&self) -> bool {
        self.settings_mirror || !self.data_keys.is_empty()
    }
}

fn plural<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let (noun, verb) = if names.len() == 1 { ("process", "is") } else { ("processes", "are") };
    format!("{noun} {} {verb}", names.join(", "))
}

pub fn internal(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
