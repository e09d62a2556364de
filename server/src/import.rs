//! `import customers`: the import page's work from the command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use streamflow_client::import::command;
use streamflow_migrations::System;

use crate::{cli::Place, config::Config, databases, serve::Shared, tenant::plain};

#[derive(Args, Debug)]
pub struct CustomersArgs {
    #[command(flatten)]
    place: Place,
    /// The company, by its name in page addresses.
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    file: PathBuf,
    /// create, update or upsert.
    #[arg(long, default_value = "upsert")]
    mode: String,
    /// Field that finds an existing customer: external_id, name or email.
    #[arg(long, default_value = "external_id")]
    key: String,
    /// Leaves out rows with problems instead of refusing the file.
    #[arg(long)]
    skip_problem_rows: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub async fn customers(args: CustomersArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Client).await?;
    let file = std::fs::read(&args.file).with_context(|| format!("{} can't be read", args.file.display()))?;
    let options = command::Options {
        tenant_id: args.tenant,
        file_name: args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        mode: args.mode,
        key: args.key,
        skip_problem_rows: args.skip_problem_rows,
    };
    let summary = command::import_customers(&kernel, &file, options).await.map_err(plain)?;
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!(
            "{} rows: {} created, {} updated, {} unchanged, {} left out, {} contacts created",
            summary.rows, summary.created, summary.updated, summary.unchanged, summary.skipped, summary.contacts_created
        );
    }
    Ok(())
}
