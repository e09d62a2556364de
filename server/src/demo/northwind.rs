//! Northwind Traders as a second company: the customers of Microsoft's public sample database, through the import RPCs.
//!
//! `northwind-customers.csv` holds the 91 customers of Northwind, the sample database that Microsoft published with its database
//! products; names and addresses are invented. UTF-8 with line feeds, commas, and the literal `NULL` for empty cells, as a database
//! export writes it.

use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use streamflow_proto::client::v1::{self as pb, import_service_client::ImportServiceClient};

use super::{Account, caller::Stage};
use crate::{config::Config, serve::Shared};

const CUSTOMERS: &[u8] = include_bytes!("northwind-customers.csv");

pub async fn make(config: &Config, shared: &Shared) -> anyhow::Result<Vec<Account>> {
    // The server itself runs the import, at its own time: what the stage does must lie before that, signing in included.
    let stage = Stage::open(config, shared, shared.clock.now() - TimeDelta::minutes(3)).await?;
    let owner = stage
        .found(("Northwind Traders", "northwind", "manufacturing"), ("Nancy Davolio", "nancy.davolio@example.com"), "USD")
        .await?;
    let mut imports = ImportServiceClient::new(stage.channel.clone());
    let file_size = i64::try_from(CUSTOMERS.len())?;
    let create = pb::CreateImportRequest {
        file_name: "customers.csv".to_owned(),
        file_size,
        subject: pb::ImportSubject::Customers.into(),
    };
    let import = imports.create_import(stage.request(&owner, create)).await?.into_inner().import.context("an import")?;
    let chunk = pb::UploadImportChunkRequest { import_id: import.id.clone(), offset: 0, data: CUSTOMERS.to_vec() };
    imports.upload_import_chunk(stage.request(&owner, chunk)).await?;
    let preview = pb::PreviewImportRequest {
        import_id: import.id.clone(),
        mapping: Vec::new(),
        mode: pb::ImportMode::Upsert.into(),
        key: "external_id".to_owned(),
    };
    imports.preview_import(stage.request(&owner, preview)).await?;
    let run = pb::RunImportRequest { import_id: import.id.clone(), skip_problem_rows: false };
    imports.run_import(stage.request(&owner, run)).await?;
    for _ in 0..400 {
        let get = stage.request(&owner, pb::GetImportRequest { import_id: import.id.clone() });
        let now = imports.get_import(get).await?.into_inner().import.context("the import")?;
        match now.state() {
            pb::ImportState::Done => return Ok(vec![owner.account]),
            pb::ImportState::Failed => anyhow::bail!("the import failed: {}", now.failure),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    anyhow::bail!("the import did not finish")
}
