//! `import customers` and `import leads`: the import page's work from the command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use streamflow_client::import::{
    command::{self, Summary},
    domain::subject::Subject,
};
use streamflow_migrations::System;

use crate::{cli::Place, config::Config, databases, serve::Shared, tenant::plain};

/// What every import needs.
#[derive(Args, Debug)]
struct FileArgs {
    #[command(flatten)]
    place: Place,
    /// The company, by its name in page addresses.
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    file: PathBuf,
    /// Leaves out rows with problems instead of refusing the file.
    #[arg(long)]
    skip_problem_rows: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct CustomersArgs {
    #[command(flatten)]
    file: FileArgs,
    /// create, update or upsert.
    #[arg(long, default_value = "upsert")]
    mode: String,
    /// Field that finds an existing customer: external_id, name or email.
    #[arg(long, default_value = "external_id")]
    key: String,
}

#[derive(Args, Debug)]
pub struct LeadsArgs {
    #[command(flatten)]
    file: FileArgs,
    /// create, update or upsert.
    #[arg(long, default_value = "create")]
    mode: String,
    /// Field that finds an existing lead: email, or number to update only. With neither, every row is a new lead.
    #[arg(long, default_value = "")]
    key: String,
}

pub async fn customers(args: CustomersArgs) -> anyhow::Result<()> {
    let json = args.file.json;
    let summary = bring(Subject::Customers, args.file, args.mode, args.key).await?;
    tell(&summary, json, &format!(", {} contacts created", summary.contacts_created))
}

pub async fn leads(args: LeadsArgs) -> anyhow::Result<()> {
    let json = args.file.json;
    tell(&bring(Subject::Leads, args.file, args.mode, args.key).await?, json, "")
}

async fn bring(subject: Subject, args: FileArgs, mode: String, key: String) -> anyhow::Result<Summary> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Client).await?;
    let file = std::fs::read(&args.file).with_context(|| format!("{} can't be read", args.file.display()))?;
    let options = command::Options {
        subject,
        tenant_id: args.tenant,
        file_name: args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        mode,
        key,
        skip_problem_rows: args.skip_problem_rows,
    };
    command::import_file(&kernel, &file, options).await.map_err(plain)
}

fn tell(summary: &Summary, json: bool, more: &str) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(summary)?);
        return Ok(());
    }
    let Summary { rows, created, updated, unchanged, skipped, .. } = summary;
    println!("{rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {skipped} left out{more}");
    Ok(())
}
