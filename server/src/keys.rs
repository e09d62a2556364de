//! `keys list`, `keys rotate` and `keys retire`: master keys, and what hangs on them.

mod desk;

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use desk::{Desk, Hook, internal};
use streamflow_kernel::{crypto::KeyFile, master_keys};
use streamflow_migrations::System;

use crate::{cli::Place, config::Config, mirror, public_keys};

#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    place: Place,
    /// Systems to look at, comma separated. [default: all that have a database here]
    #[arg(long, value_delimiter = ',')]
    systems: Option<Vec<System>>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct RotateArgs {
    #[command(flatten)]
    place: Place,
    /// Systems whose data keys are wrapped anew, comma separated. [default: all that have a database here]
    #[arg(long, value_delimiter = ',')]
    systems: Option<Vec<System>>,
    /// Longest that is waited until every running process has the new key.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

#[derive(Args, Debug)]
pub struct RetireArgs {
    #[command(flatten)]
    place: Place,
    /// The key's name, as `keys list` prints it.
    id: String,
    /// Systems that never use the key, because they have master keys of their own or don't exist, comma separated. Whichever has a database
    /// here is looked at all the same.
    #[arg(long, value_delimiter = ',', value_name = "SYSTEMS")]
    own_keys: Vec<System>,
    /// Doesn't wait until addresses for uploads and mailed codes that were made with it have ended; they end now.
    #[arg(long)]
    at_once: bool,
}

pub async fn list(args: ListArgs) -> anyhow::Result<()> {
    let desk = Desk::open(&args.place, args.systems).await?;
    let (hooks, processes) = (desk.hooks().await?, desk.processes().await?);
    desk.close().await;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "keys": hooks, "processes": processes }))?);
        return Ok(());
    }
    hooks.iter().for_each(tell);
    for process in &processes {
        println!("{}: process {} has {}", process.system, process.place, process.keys.join(", "));
    }
    Ok(())
}

pub async fn rotate(args: RotateArgs) -> anyhow::Result<()> {
    let mut file = open_file(&args.place)?;
    let desk = Desk::open(&args.place, args.systems).await?;
    match &mut file {
        Some(file) => desk.change_file(file, Duration::from_secs(args.wait)).await?,
        None => {
            anyhow::ensure!(desk.is_left().await?, HOW_TO_BEGIN);
            let current = desk.masters().current_id().to_owned();
            desk.wait_for(&current, Duration::from_secs(args.wait)).await?;
        }
    }
    let unreadable = desk.rewrap().await?;
    // Outside the databases there is one thing more.
    let mirror = if desk.has(System::Provider) { mirror::reseal(&desk.config, &desk.masters()).await } else { Ok(false) };
    if matches!(mirror, Ok(true)) {
        println!("The mirror of the provider's settings is sealed anew.");
    }
    for hook in desk.hooks().await? {
        tell(&hook);
    }
    desk.close().await;
    mirror.context("all data keys are wrapped anew, the mirror of the provider's settings is not: run this again")?;
    anyhow::ensure!(unreadable == 0, "{unreadable} data keys can't be read with any master key there is, and stay as they were");
    Ok(())
}

/// What to do where the keys come from the configuration.
const HOW_TO_BEGIN: &str = "the master keys come from STREAMFLOW_MASTER_KEYS (or `master_keys`), not from a file, and nothing hangs on another than the first.\n\
To rotate:\n  \
1. Make a key:  printf 'k%s:%s\\n' \"$(date -u +%Y%m%dT%H%M%SZ)\" \"$(head -c 32 /dev/urandom | base64)\"\n  \
2. Put it last in the setting of every process, and start each again.\n  \
3. Put it first in all of them, and start each again.\n  \
4. Run streamflow keys rotate with the new setting: it wraps every data key anew.\n  \
5. Run streamflow keys retire with the old key's name, then take the key out of the setting.";

pub async fn retire(args: RetireArgs) -> anyhow::Result<()> {
    let mut file = open_file(&args.place)?;
    let desk = Desk::open_all(&args.place, &args.own_keys).await?;
    let (id, masters) = (args.id.as_str(), desk.masters());
    desk.may_go(id, args.at_once).await?;
    // Before anything goes: what the key has signed is checked with it for good.
    let kept = public_keys::keep(&desk.config, &masters, id)?;
    for (system, kernel) in &desk.kernels {
        let hanging = master_keys::retire(kernel, id).await.map_err(internal)?;
        anyhow::ensure!(hanging == 0, "{hanging} data keys of {} hang on {id} by now: run streamflow keys rotate", system.name());
    }
    match &mut file {
        Some(file) => {
            file.remove(id)?;
            println!("{id} is retired, and no longer in {}.", desk.config.master_key_file().display());
        }
        None => println!("{id} is retired: take it out of STREAMFLOW_MASTER_KEYS of every process."),
    }
    if let Some(kept) = kept {
        println!("Checkpoints of the audit that it signed are verified with its public key, kept in {}.", kept.display());
    }
    println!("Backups made before the last rotation need it: keep a copy away from here as long as you keep those.");
    desk.close().await;
    Ok(())
}

/// Keeps other commands from the file until it is dropped. None where the keys come from the configuration.
fn open_file(place: &Place) -> anyhow::Result<Option<KeyFile>> {
    let config = Config::load(place, None)?;
    if config.master_keys.is_some() {
        return Ok(None);
    }
    let path = config.master_key_file();
    anyhow::ensure!(path.exists(), "there is no {}: give the --data of the servers", path.display());
    Ok(Some(KeyFile::open(&path)?))
}

/// A line for a person.
fn tell(hook: &Hook) {
    let mut hang: Vec<String> = hook.data_keys.iter().map(|(system, count)| format!("{count} data keys of {system}")).collect();
    hang.extend(hook.settings_mirror.then(|| "the mirror of the provider's settings".to_owned()));
    let hang = if hang.is_empty() { "nothing".to_owned() } else { hang.join(", ") };
    let more = match hook {
        Hook { present: false, .. } => "; the key is missing, so that they can't be read".to_owned(),
        Hook { current: true, .. } => "; new data keys are wrapped under it".to_owned(),
        hook if hook.is_used() => String::new(),
        Hook { id, .. } => format!("; take it out with streamflow keys retire {id}"),
    };
    println!("{} holds {hang}{more}", hook.id);
}
