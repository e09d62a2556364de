//! The demo companies: made once, through the same RPCs people use, over ninety days of a clock of their own.

mod caller;
mod company;
mod names;
mod northwind;
mod others;

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
    accounts.extend(others::make(config, shared).await.context("the smaller demo companies can't be made")?);
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

#[cfg(test)]
mod tests {
    use streamflow_client::org::provision::{NewOrg, NewOwner};
    use streamflow_kernel::password::{Params, PasswordHasher};
    use streamflow_migrations::System;

    use super::*;

    /// A client system on the folder's database.
    async fn kernels(config: &Config) -> Vec<Arc<Kernel>> {
        vec![Shared::new(config).unwrap().kernel(config, System::Client).await.unwrap()]
    }

    /// As seeding leaves it, but quick.
    async fn make(config: &Config, kernel: &Arc<Kernel>) -> Uuid {
        let password_hash = PasswordHasher::new(Params::FLOOR).hash("correct-horse-Battery-9-staple").await.unwrap();
        let owner = NewOwner { email: "helen@example.com".into(), display_name: "Helen".into(), password_hash };
        let (name, tenant_id) = ("Harrow & Pike".to_owned(), company::TENANT_ID.to_owned());
        let new = NewOrg {
            name,
            tenant_id,
            time_zone: "Europe/London".into(),
            currency_code: "GBP".into(),
            industry: None,
            plan: String::new(),
            owner,
        };
        let org_id = provision::create_org(kernel, new).await.unwrap().org_id;
        write(&file_of(config), &Demo { seeded: true, accounts: Vec::new(), org_id: Some(org_id) }).unwrap();
        org_id
    }

    #[test]
    fn each_industry_has_a_company() {
        let mut shown: Vec<_> = others::industries().chain(["field-service", "manufacturing"]).collect();
        shown.sort_unstable();
        let mut templates: Vec<_> = streamflow_client::template::templates().iter().map(|(name, _)| *name).collect();
        templates.sort_unstable();
        assert_eq!(shown, templates);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sign_ins_follow_their_database() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let first = kernels(&config).await;
        assert!(is_wanted(&config, &first).await.unwrap());
        let first_org = make(&config, &first[0]).await;
        assert!(!is_wanted(&config, &first).await.unwrap());

        let second_config = Config { data: folder.path().join("second"), ..Config::default() };
        let second = kernels(&second_config).await;
        assert!(is_wanted(&config, &second).await.unwrap());
        assert!(read(&file_of(&config)).unwrap().is_none(), "another database's sign-ins are put aside");
        let second_org = make(&config, &second[0]).await;

        for (kernels, org_id) in [(&first, first_org), (&second, second_org), (&second, second_org)] {
            assert!(!is_wanted(&config, kernels).await.unwrap());
            assert_eq!(read(&file_of(&config)).unwrap().unwrap().org_id, Some(org_id));
        }
        std::fs::remove_file(file_of(&config)).unwrap();
        assert!(is_wanted(&config, &second).await.unwrap_err().to_string().contains("no sign-ins of theirs"));
    }
}
