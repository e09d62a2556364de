//! The demo companies: made once, through the same RPCs people use, over ninety days of a clock of their own.

mod caller;
mod company;
mod names;
mod northwind;

use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, sync::Arc};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use streamflow_kernel::kernel::Kernel;

use crate::{config::Config, serve::Shared};

/// A sign-in of the demo, as kept in `demo.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub portal: String,
    pub url: String,
    pub company: String,
    pub name: String,
    pub role: String,
    pub email: String,
    pub password: String,
    /// Base32; absent where no second factor is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp_secret: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Demo {
    seeded: bool,
    accounts: Vec<Account>,
}

/// Makes the demo when this data folder has none. Needs the client system in this process.
pub async fn seed(config: &Config, shared: &Shared, kernels: &[Arc<Kernel>]) -> anyhow::Result<()> {
    let file = config.data.join("demo.json");
    if !kernels.iter().any(|kernel| kernel.portal.space == "client") || is_seeded(&file)? {
        return Ok(());
    }
    anyhow::ensure!(
        !file.exists(),
        "an earlier demo was cut off; start over with an empty data folder (cargo xtask run --fresh)"
    );
    write(&file, &Demo { seeded: false, accounts: Vec::new() })?;
    tracing::info!(target: "streamflow", "making the demo companies");
    let mut accounts = company::make(config, shared).await.context("the demo company can't be made")?;
    accounts.extend(northwind::make(config, shared).await.context("the Northwind company can't be made")?);
    write(&file, &Demo { seeded: true, accounts })?;
    tracing::info!(target: "streamflow", file = %file.display(), "the demo companies are ready");
    Ok(())
}

fn is_seeded(file: &Path) -> anyhow::Result<bool> {
    if !file.exists() {
        return Ok(false);
    }
    let demo: Demo =
        serde_json::from_str(&std::fs::read_to_string(file)?).with_context(|| format!("{} is damaged", file.display()))?;
    Ok(demo.seeded)
}

/// Written whole or not at all, readable by its owner only.
fn write(file: &Path, demo: &Demo) -> anyhow::Result<()> {
    let part = file.with_extension("json.part");
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    out.write_all(serde_json::to_string_pretty(demo)?.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(part, file)?;
    Ok(())
}
