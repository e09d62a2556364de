//! `audit verify`, `audit export` and `audit public-key`: whether the audit is still what was written.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Serialize;
use streamflow_kernel::{
    audit::{
        checkpoint::{self, Checkpoints},
        trail,
        verify::{Line, Verdict, Verifier},
    },
    crypto::PublicKey,
    db::{Database, NO_ORG},
    error::Error,
    ids,
};
use streamflow_migrations::System;
use uuid::Uuid;

use crate::{cli::Place, config::Config, databases, public_keys};

#[derive(Args, Debug)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// One system only: client, provider, dev or accountant.
    #[arg(long, value_name = "NAME")]
    system: Option<System>,
    /// One company only, as org_… or UUID; `none` for what concerns no company.
    #[arg(long, value_name = "ID", value_parser = org)]
    org: Option<Uuid>,
    /// An export to verify instead of the database, which stays closed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["system", "org", "postgres"])]
    file: Option<PathBuf>,
    /// Files of checkpoints. [default: those of the systems in the configured folder; none with --file]
    #[arg(long, value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Keys the checkpoints must be signed with, as `audit public-key` prints them. [default: those of the master keys, retired ones too]
    #[arg(long, value_name = "ID:BASE64", value_parser = public_key)]
    public_key: Vec<PublicKey>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct ExportArgs {
    #[command(flatten)]
    place: Place,
    #[arg(long, value_name = "NAME", default_value = "client")]
    system: System,
    /// Company, as org_… or UUID; `none` for what concerns no company.
    #[arg(long, value_name = "ID", value_parser = org)]
    org: Uuid,
}

#[derive(Args, Debug)]
pub struct KeyArgs {
    #[command(flatten)]
    place: Place,
}

/// What verifying came to.
#[derive(Serialize)]
struct Report {
    intact: bool,
    chains: Vec<Verdict>,
    /// Lines of the checkpoint files that could not be read; one may be left by a process that was killed.
    unreadable_checkpoints: usize,
}

/// Fails when a chain is not intact.
pub async fn verify(args: VerifyArgs) -> anyhow::Result<()> {
    let report = match &args.file {
        Some(file) => verify_file(&args, file)?,
        None => verify_databases(&args).await?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.chains.iter().for_each(tell);
        if report.unreadable_checkpoints > 0 {
            println!("{} lines of the checkpoint files can't be read", report.unreadable_checkpoints);
        }
    }
    let broken = report.chains.iter().filter(|chain| !chain.intact).count();
    anyhow::ensure!(broken == 0, "{broken} of {} chains of the audit are not intact", report.chains.len());
    Ok(())
}

fn verify_file(args: &VerifyArgs, file: &Path) -> anyhow::Result<Report> {
    anyhow::ensure!(
        args.checkpoints.is_empty() || !args.public_key.is_empty(),
        "checkpoints of an export are checked with --public-key (streamflow audit public-key)"
    );
    let checkpoints = read_checkpoints(&args.checkpoints)?;
    let open = std::fs::File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
    let mut verifier: Option<Verifier> = None;
    for (number, line) in BufReader::new(open).lines().enumerate() {
        let line: Line = serde_json::from_str(&line?)
            .with_context(|| format!("line {} of {} is not from an export", number + 1, file.display()))?;
        verifier.get_or_insert_with(|| Verifier::new(&line.system, line.org, &checkpoints, &args.public_key)).take(&line);
    }
    let verdict = verifier.with_context(|| format!("{} is empty", file.display()))?.finish();
    Ok(Report { intact: verdict.intact, chains: vec![verdict], unreadable_checkpoints: checkpoints.unreadable })
}

async fn verify_databases(args: &VerifyArgs) -> anyhow::Result<Report> {
    let config = Config::load(&args.place, None)?;
    let keys = if args.public_key.is_empty() { public_keys::all(&config)? } else { args.public_key.clone() };
    let systems = match args.system {
        Some(system) => vec![system],
        None => System::ALL.into_iter().filter(|system| databases::exists(&config, *system)).collect(),
    };
    anyhow::ensure!(!systems.is_empty(), "there is no database in {}", config.data.display());
    let mut report = Report { intact: true, chains: Vec::new(), unreadable_checkpoints: 0 };
    for (system, name) in systems.into_iter().map(|system| (system, system.name())) {
        // Before the chains: a checkpoint made meanwhile would be ahead of what was read.
        let checkpoints = if args.checkpoints.is_empty() {
            read_checkpoints(&[checkpoint::file_of(&config.audit_checkpoints(), name)])?
        } else {
            read_checkpoints(&args.checkpoints)?
        };
        report.unreadable_checkpoints += checkpoints.unreadable;
        let database = open(&config, system).await?;
        for org in chains(&database, name, &checkpoints, args.org).await? {
            let mut verifier = Verifier::new(name, org, &checkpoints, &keys);
            let walked = trail::walk(&database, name, org, |line| {
                verifier.take(&line);
                Ok(())
            });
            walked.await.map_err(internal)?;
            report.chains.push(verifier.finish());
        }
        database.close().await;
    }
    report.intact = report.chains.iter().all(|chain| chain.intact);
    Ok(report)
}

/// Those the database has, and those only checkpoints still know.
async fn chains(database: &Database, system: &str, checkpoints: &Checkpoints, only: Option<Uuid>) -> anyhow::Result<Vec<Uuid>> {
    if let Some(org) = only {
        return Ok(vec![org]);
    }
    let mut orgs = trail::orgs(database).await.map_err(internal)?;
    orgs.extend(checkpoints.all.iter().filter(|checkpoint| checkpoint.system == system).map(|checkpoint| checkpoint.org));
    orgs.sort_unstable();
    orgs.dedup();
    Ok(orgs)
}

/// Writes a chain with its records to standard output, a JSON object a line.
pub async fn export(args: ExportArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    let database = open(&config, args.system).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let walked = trail::walk(&database, args.system.name(), args.org, |line| {
        serde_json::to_writer(&mut out, &line).map_err(Error::internal)?;
        out.write_all(b"\n").map_err(Error::internal)
    });
    walked.await.map_err(internal)?;
    out.flush()?;
    database.close().await;
    Ok(())
}

/// Prints the keys checkpoints are verified with: the current one, older ones, retired ones.
pub fn print_public_keys(args: &KeyArgs) -> anyhow::Result<()> {
    for key in public_keys::all(&Config::load(&args.place, None)?)? {
        println!("{key}");
    }
    Ok(())
}

fn read_checkpoints(files: &[PathBuf]) -> anyhow::Result<Checkpoints> {
    let mut checkpoints = Checkpoints::default();
    for file in files {
        checkpoints.read(file).with_context(|| format!("{} can't be read", file.display()))?;
    }
    Ok(checkpoints)
}

async fn open(config: &Config, system: System) -> anyhow::Result<Database> {
    databases::must_exist(config, system)?;
    databases::open(config, system).await
}

fn org(text: &str) -> Result<Uuid, String> {
    if text == "none" {
        return Ok(NO_ORG);
    }
    let id = ids::parse(ids::prefix::ORG, text).or_else(|| text.parse().ok());
    id.ok_or_else(|| "a company's id is org_… or a UUID".to_owned())
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| "a public key is written id:base64, with 32 bytes".to_owned())
}

/// A few lines for a person.
fn tell(chain: &Verdict) {
    let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let org = if chain.org == NO_ORG { "no company".to_owned() } else { ids::format(ids::prefix::ORG, chain.org) };
    let seen = match &chain.checkpointed {
        Some((position, at)) => format!("checkpoint of {} at position {position}", time(at)),
        None => "no checkpoint".to_owned(),
    };
    let word = if chain.intact { "intact" } else { "NOT INTACT" };
    println!("{} / {org}: {word}, {} records, {seen}", chain.system, chain.sealed);
    if let Some(oldest) = &chain.oldest_unsealed {
        println!("  not yet sealed: {}, the oldest of {}", chain.unsealed, time(oldest));
    }
    for problem in &chain.problems {
        println!("  {problem}");
    }
    let more = chain.problem_count - chain.problems.len() as u64;
    if more > 0 {
        println!("  and {more} more problems");
    }
}

fn internal(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
