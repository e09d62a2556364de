//! `cargo xtask otp`: the code a demo person would read off a phone.

use std::{io::IsTerminal as _, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{
    demo::{self, Account, DATA},
    operators,
};

#[derive(Args)]
pub struct Options {
    /// E-mail address of the demo account.
    email: String,
    /// Where `cargo xtask run` keeps its state.
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    data: PathBuf,
}

pub fn run(options: &Options) -> Result<()> {
    let account = find(options)?;
    let code = account.code()?.with_context(|| format!("{} has no second factor", account.email))?;
    println!("{code}");
    if std::io::stdout().is_terminal() {
        eprintln!("good for {} s", demo::seconds_left()?);
    }
    Ok(())
}

fn find(options: &Options) -> Result<Account> {
    let email = &options.email;
    let mut accounts = demo::load(&options.data)?.accounts;
    accounts.extend(operators::load(&options.data)?.accounts());
    if accounts.is_empty() {
        bail!("no demo accounts yet: start `cargo xtask run` first");
    }
    let known: Vec<_> = accounts.iter().map(|account| account.email.clone()).collect();
    accounts
        .into_iter()
        .find(|account| account.email.eq_ignore_ascii_case(email))
        .with_context(|| format!("no demo account {email}; there are: {}", known.join(", ")))
}
