//! `tenant …`: companies by the operator's own hand.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::io::{IsTerminal as _, Read as _};

use anyhow::Context as _;
use chrono::TimeDelta;
use clap::Args;
use streamflow_client::{
    account::reset,
    org::{
        plan::set_plan,
        provision::{self, NewOrg, NewOwner},
    },
    registration,
};
use streamflow_kernel::{error::Error, kernel::Kernel, session::Token};
use streamflow_migrations::System;
use uuid::Uuid;

use crate::{cli::Place, config::Config, databases, serve::Shared};

/// Longer than a link that people ask for themselves: a new owner may be away for some days.
const LINK_DAYS: i64 = 7;

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
    /// Industry whose template the company begins with: modules, pipeline, fields. [default: none]
    #[arg(long)]
    industry: Option<String>,
    /// Plan the company is on.
    #[arg(long, default_value = "standard")]
    plan: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct SignUpTokenArgs {
    #[command(flatten)]
    place: Place,
    /// Days within which it must be used.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=90))]
    days: u16,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct RegistrationKeyArgs {
    #[command(flatten)]
    place: Place,
    /// Program that signs with it: a-z, 0-9 and hyphens.
    #[arg(long)]
    name: String,
    /// Ends all keys of the name at once, and makes none.
    #[arg(long)]
    end: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    place: Place,
    /// The company's name in page addresses.
    #[arg(long)]
    tenant: String,
    /// Name of the plan; `trial` begins a trial anew, any other ends it.
    #[arg(long)]
    plan: String,
}

pub async fn plan(args: PlanArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let kernel = Shared::new(&config)?.kernel(&config, System::Client).await?;
    set_plan(&kernel, &args.tenant, &args.plan).await.map_err(plain)?;
    println!("{} is on the plan {} now.", args.tenant, args.plan);
    Ok(())
}

pub async fn sign_up_token(args: SignUpTokenArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let kernel = Shared::new(&config)?.kernel(&config, System::Client).await?;
    let token = registration::token::create(&kernel, TimeDelta::days(args.days.into())).await.map_err(plain)?;
    if args.json {
        println!("{}", serde_json::json!({ "sign_up_token": token.reveal() }));
    } else {
        println!("{}", token.reveal());
    }
    Ok(())
}

pub async fn registration_key(args: RegistrationKeyArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let kernel = Shared::new(&config)?.kernel(&config, System::Client).await?;
    let name = args.name;
    if args.end {
        let ended = registration::key::end(&kernel, &name).await.map_err(plain)?;
        anyhow::ensure!(ended, "there is no key of the name `{name}`");
        if args.json {
            println!("{}", serde_json::json!({ "name": name, "ended": true }));
        } else {
            println!("The keys of {name} are not good any more.");
        }
        return Ok(());
    }
    let secret = registration::key::create(&kernel, &name).await.map_err(plain)?;
    if args.json {
        println!("{}", serde_json::json!({ "name": name, "secret": secret }));
    } else {
        println!("{secret}");
        // Not on standard output, which holds the secret alone.
        eprintln!("This is told once. The key of {name} before it stays good until the next one is made.");
    }
    Ok(())
}

pub async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    databases::must_exist(&config, System::Client)?;
    let password = first_password(&args)?;
    let shared = Shared::new(&config)?;
    let kernel = shared.kernel(&config, System::Client).await?;
    // Without a password of the owner's own the account has one that nobody knows.
    let secret = password.clone().unwrap_or_else(|| Token::new(kernel.ids.token()).reveal().to_owned());
    let password_hash = kernel.passwords.hash(&secret).await?;
    let tenant_id = args.tenant_id.unwrap_or_else(|| provision::slug(&args.name));
    let new = NewOrg {
        name: args.name,
        tenant_id: tenant_id.clone(),
        time_zone: args.time_zone,
        currency_code: args.currency,
        industry: args.industry,
        plan: args.plan,
        owner: NewOwner { email: args.owner_email, display_name: args.owner_name, password_hash },
    };
    let made = provision::create_org(&kernel, new).await.map_err(plain)?;
    let is_new = made.is_new_owner;
    let link = if is_new && password.is_none() { Some(link(&kernel, made.owner_id).await.map_err(plain)?) } else { None };
    let url = format!("{}/tenant/{tenant_id}/client/dashboard", config.public_url(System::Client));
    if args.json {
        println!("{}", serde_json::json!({ "tenant_id": tenant_id, "url": url, "password_url": link }));
        return Ok(());
    }
    println!("{tenant_id} is ready: {url}");
    match link {
        Some(link) => println!("Within {LINK_DAYS} days the owner chooses a password at {link}"),
        None if is_new => {}
        None => println!("The owner has an account already and signs in as before."),
    }
    if is_new {
        println!("At the first sign-in the owner sets up an authenticator.");
    }
    Ok(())
}

/// What is on standard input. A terminal is not read: what is typed there would show.
fn first_password(args: &CreateArgs) -> anyhow::Result<Option<String>> {
    let mut input = std::io::stdin();
    let mut text = String::new();
    if !input.is_terminal() {
        input.read_to_string(&mut text).context("standard input can't be read")?;
    }
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Ok(None);
    }
    streamflow_kernel::password::check_policy(password, true, &[&args.owner_email, &args.name])
        .map_err(|problem| anyhow::anyhow!(problem))?;
    Ok(Some(password.to_owned()))
}

async fn link(kernel: &Kernel, user_id: Uuid) -> Result<String, Error> {
    let db = kernel.database.system().await?;
    let link = reset::new_link(&db, kernel, user_id, TimeDelta::days(LINK_DAYS)).await?;
    db.commit().await?;
    Ok(link)
}

/// What went wrong, as the person at the terminal needs it: field problems in full.
pub fn plain(error: Error) -> anyhow::Error {
    match error {
        Error::Invalid(problems) => {
            let lines: Vec<String> = problems.iter().map(|(field, text)| format!("{field}: {text}")).collect();
            anyhow::anyhow!(lines.join("\n"))
        }
        other => anyhow::anyhow!(tonic::Status::from(other).message().to_owned()),
    }
}
