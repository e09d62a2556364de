//! The demo companies: made once, through the same RPCs people use, over ninety days of a clock of their own.

mod caller;
mod company;
mod names;
mod northwind;

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use streamflow_client::org::provision;
use streamflow_kernel::kernel::Kernel;
use uuid::Uuid;

use crate::{config::Config, serve::Shared, tenant::plain};

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

/// What `demo.json` holds: the sign-ins of the database that is in use.
#[derive(Serialize, Deserialize)]
struct Demo {
    seeded: bool,
    accounts: Vec<Account>,
    /// Id of the first demo company, by which its database is known; none until it is made.
    #[serde(default)]
    org_id: Option<Uuid>,
}

/// Whether the database lacks the demo. From then on `demo.json` is about this database: a file about another one is put aside, and
/// one that was put aside earlier comes back.
pub async fn is_wanted(config: &Config, kernels: &[Arc<Kernel>]) -> anyhow::Result<bool> {
    let Some(kernel) = kernels.iter().find(|kernel| kernel.portal.space == "client") else { return Ok(false) };
    let made = provision::org_by_tenant_id(kernel, company::TENANT_ID).await.map_err(plain)?;
    let file = file_of(config);
    let kept = read(&file)?;
    if let Some(other) = kept.as_ref().and_then(|demo| demo.org_id).filter(|org_id| Some(*org_id) != made) {
        std::fs::rename(&file, aside(config, other))?;
    }
    let Some(org_id) = made else { return Ok(true) };
    if aside(config, org_id).exists() {
        std::fs::rename(aside(config, org_id), &file)?;
    }
    let is_ours = |demo: Demo| demo.seeded && demo.org_id == Some(org_id);
    anyhow::ensure!(
        read(&file)?.is_some_and(is_ours),
        "this database has demo companies, and {} has no sign-ins of theirs: \
         start over with an empty database (cargo xtask run --fresh), or without the demo",
        file.display()
    );
    Ok(false)
}

/// Makes the demo. Needs the client system in this process.
pub async fn seed(config: &Config, shared: &Shared, kernels: &[Arc<Kernel>]) -> anyhow::Result<()> {
    let file = file_of(config);
    write(&file, &Demo { seeded: false, accounts: Vec::new(), org_id: None })?;
    tracing::info!(target: "streamflow", "making the demo companies");
    let mut accounts = company::make(config, shared).await.context("the demo company can't be made")?;
    accounts.extend(northwind::make(config, shared).await.context("the Northwind company can't be made")?);
    let kernel = kernels.iter().find(|kernel| kernel.portal.space == "client").context("the client system is not served")?;
    let org_id = provision::org_by_tenant_id(kernel, company::TENANT_ID).await.map_err(plain)?;
    write(&file, &Demo { seeded: true, accounts, org_id })?;
    tracing::info!(target: "streamflow", file = %file.display(), "the demo companies are ready");
    Ok(())
}

fn file_of(config: &Config) -> PathBuf {
    config.data.join("demo.json")
}

fn aside(config: &Config, org_id: Uuid) -> PathBuf {
    config.data.join(format!("demo-{org_id}.json"))
}

fn read(file: &Path) -> anyhow::Result<Option<Demo>> {
    if !file.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file)?;
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is damaged", file.display()))
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
