//! `tenant create`: a company by the operator's own hand.

use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use streamflow_client::org::provision::{self, NewOrg, NewOwner};
use streamflow_migrations::System;

use crate::{cli::Place, config::Config, serve::Shared};

#[derive(Args, Debug)]
pub struct CreateArgs {
    #[command(flatten)]
    place: Place,
    /// Name of the company.
    #[arg(long)]
    name: String,
    /// Name in page addresses: a-z, 0-9 and hyphens. [default: made from the name]
    #[arg(long)]
    tenant_id: Option<String>,
    #[arg(long)]
    owner_email: String,
    #[arg(long)]
    owner_name: String,
    /// IANA time zone.
    #[arg(long, default_value = "Europe/London")]
    time_zone: String,
    /// ISO 4217 currency.
    #[arg(long, default_value = "GBP")]
    currency: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Client).await?;
    streamflow_client::system::start(&kernel).await.map_err(plain)?;
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).context("standard input can't be read")?;
    let password = password.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "give the owner's first password on standard input");
    streamflow_kernel::password::check_policy(password, true, &[&args.owner_email, &args.name])
        .map_err(|problem| anyhow::anyhow!(problem))?;
    let password_hash = kernel.passwords.hash(password).await?;
    let tenant_id = args.tenant_id.unwrap_or_else(|| provision::slug(&args.name));
    let new = NewOrg {
        name: args.name,
        tenant_id: tenant_id.clone(),
        time_zone: args.time_zone,
        currency_code: args.currency,
        owner: NewOwner { email: args.owner_email, display_name: args.owner_name, password_hash },
    };
    provision::create_org(&kernel, new).await.map_err(plain)?;
    let url = format!("{}/tenant/{tenant_id}/client/dashboard", config.public_url(System::Client));
    if args.json {
        println!("{}", serde_json::json!({ "tenant_id": tenant_id, "url": url }));
    } else {
        println!("{tenant_id} is ready: {url}\nAt the first sign-in the owner sets up an authenticator.");
    }
    Ok(())
}

/// What went wrong, as the person at the terminal needs it: field problems in full.
pub fn plain(error: streamflow_kernel::error::Error) -> anyhow::Error {
    match error {
        streamflow_kernel::error::Error::Invalid(problems) => {
            let lines: Vec<String> = problems.iter().map(|(field, text)| format!("{field}: {text}")).collect();
            anyhow::anyhow!(lines.join("\n"))
        }
        other => anyhow::anyhow!(tonic::Status::from(other).message().to_owned()),
    }
}
