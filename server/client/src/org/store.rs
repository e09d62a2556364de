//! Rows of companies: what a new one begins with, and what its owners change.

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{Backend, SystemDb, TenantDb},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, Ids, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::domain::{DEFAULT_STAGES, MadeOrg, NewOrg, OrgPatch, trial_ends_at};
use crate::template::{
    self,
    read::{MODULES, Stage, StageKind},
};

/// Fails when the tenant id is taken.
pub async fn insert_org(db: &SystemDb, new: &NewOrg, made: MadeOrg) -> Result<()> {
    let orders = new.industry.as_deref().and_then(template::template).map(|template| &template.work_orders);
    let sql = "INSERT INTO orgs (id, tenant_id, name, time_zone, currency_code, plan, industry, work_orders, created_at, \
               trial_ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id) DO NOTHING";
    let values = vec![
        made.org_id.into(),
        new.tenant_id.clone().into(),
        new.name.clone().into(),
        new.time_zone.clone().into(),
        new.currency_code.clone().into(),
        new.plan.clone().into(),
        new.industry.clone().unwrap_or_default().into(),
        orders.map_or_else(|| Ok("[]".to_owned()), serde_json::to_string).map_err(Error::internal)?.into(),
        made.at.into(),
        trial_ends_at(&new.plan, made.at).into(),
    ];
    if db.execute(sql, values).await? == 1 {
        return Ok(());
    }
    Err(Error::invalid("tenant_id", "This name in page addresses is taken by another company."))
}

pub async fn insert_first_owner(db: &SystemDb, made: MadeOrg) -> Result<()> {
    let sql = "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, 'OWNER', ?)";
    db.execute(sql, vec![made.org_id.into(), made.owner_id.into(), made.at.into()]).await?;
    Ok(())
}

pub async fn insert_default_stages(db: &SystemDb, ids: &dyn Ids, org: Uuid) -> Result<()> {
    for (position, stage) in (1_i32..).zip(DEFAULT_STAGES) {
        insert_stage(db, ids, org, (position, stage.name, stage.kind)).await?;
    }
    Ok(())
}

/// The pipeline of a template.
pub async fn insert_stages(db: &SystemDb, ids: &dyn Ids, org: Uuid, stages: &[Stage]) -> Result<()> {
    for (position, stage) in (1_i32..).zip(stages) {
        let kind = match stage.kind {
            StageKind::Open => "open",
            StageKind::Won => "won",
            StageKind::Lost => "lost",
        };
        insert_stage(db, ids, org, (position, &stage.name, kind)).await?;
    }
    Ok(())
}

async fn insert_stage(db: &SystemDb, ids: &dyn Ids, org: Uuid, (position, name, kind): (i32, &str, &str)) -> Result<()> {
    let sql = "INSERT INTO lead_stages (org_id, id, name, position, kind) VALUES (?, ?, ?, ?, ?)";
    db.execute(sql, vec![org.into(), ids.uuid().into(), name.into(), position.into(), kind.into()]).await?;
    Ok(())
}

/// Every module there is, those named switched on.
pub async fn insert_modules(db: &SystemDb, made: MadeOrg, on: &[String]) -> Result<()> {
    for module in MODULES {
        let enabled = on.iter().any(|name| name == module);
        let sql = "INSERT INTO org_modules (org_id, module, enabled, updated_at) VALUES (?, ?, ?, ?)";
        db.execute(sql, vec![made.org_id.into(), module.into(), enabled.into(), made.at.into()]).await?;
    }
    Ok(())
}

/// Puts a company on a plan. Returns its version after that.
pub async fn set_plan(db: &SystemDb, org: Uuid, plan: &str, now: DateTime<Utc>) -> Result<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        version: i64,
    }
    let sql = "UPDATE orgs SET plan = ?, trial_ends_at = ?, updated_at = ?, version = version + 1 WHERE id = ? RETURNING version";
    let rows: Vec<Row> = db.query(sql, vec![plan.into(), trial_ends_at(plan, now).into(), now.into(), org.into()]).await?;
    rows.first().map(|row| row.version).ok_or(Error::not_found("company"))
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

/// The company behind a name in page addresses.
pub async fn org_by_tenant_id(db: &SystemDb, tenant_id: &str) -> Result<Option<Uuid>> {
    let rows: Vec<Found> = db.query("SELECT id FROM orgs WHERE tenant_id = ?", vec![tenant_id.into()]).await?;
    Ok(rows.first().map(|row| row.id))
}

/// Holds the company until the transaction ends. It stands for its pipeline, its fields and its work-order types too: holding those there
/// are would not keep out a new one.
pub async fn hold(tx: &TenantDb) -> Result<Uuid> {
    let lock = if tx.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let rows: Vec<Found> = tx.query(&format!("SELECT id FROM orgs WHERE id = {{org}}{lock}"), Vec::new()).await?;
    rows.first().map(|row| row.id).ok_or(Error::not_found("company"))
}

/// What holds for a company.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Org {
    id: Uuid,
    pub version: i64,
    name: String,
    tenant_id: String,
    time_zone: String,
    pub currency_code: String,
    plan: String,
    industry: String,
}

pub async fn org(tx: &TenantDb) -> Result<Org> {
    let sql = "SELECT id, version, name, tenant_id, time_zone, currency_code, plan, industry FROM orgs WHERE id = {org}";
    let rows: Vec<Org> = tx.query(sql, Vec::new()).await?;
    rows.into_iter().next().ok_or(Error::not_found("company"))
}

/// Modules by name, and whether each is on.
pub async fn modules(tx: &TenantDb) -> Result<Vec<(&'static str, bool)>> {
    #[derive(FromQueryResult)]
    struct Off {
        module: String,
    }
    let sql = "SELECT module FROM org_modules WHERE org_id = {org} AND NOT enabled";
    let off: Vec<Off> = tx.query(sql, Vec::new()).await?;
    Ok(MODULES.into_iter().map(|name| (name, !off.iter().any(|row| row.module == name))).collect())
}

/// Writes a change of the company that is held. Without one nothing is written.
pub async fn update_org(tx: &TenantDb, before: &Org, patch: OrgPatch, now: chrono::DateTime<chrono::Utc>) -> Result<()> {
    let fields = [
        ("name", &before.name, patch.name),
        ("time_zone", &before.time_zone, patch.time_zone),
        ("currency_code", &before.currency_code, patch.currency_code),
    ];
    let changed: Vec<(&str, String)> =
        fields.into_iter().filter_map(|(name, old, new)| new.filter(|new| new != old).map(|new| (name, new))).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let columns: Vec<String> = changed.iter().map(|(name, _)| format!("{name} = ?")).collect();
    let values: Vec<Value> = changed.iter().map(|(_, new)| new.clone().into()).chain([now.into()]).collect();
    let sql = format!("UPDATE orgs SET {}, updated_at = ?, version = version + 1 WHERE id = {{org}}", columns.join(", "));
    tx.execute(&sql, values).await?;
    announce(tx, before, changed.into_iter().map(|(name, _)| name.to_owned()).collect());
    Ok(())
}

/// Switches a module of the company that is held. As it is already, nothing is written.
pub async fn set_module(tx: &TenantDb, before: &Org, module: &str, enabled: bool, now: DateTime<Utc>) -> Result<()> {
    if modules(tx).await?.contains(&(module, enabled)) {
        return Ok(());
    }
    let sql = "INSERT INTO org_modules (org_id, module, enabled, updated_at) VALUES ({org}, ?, ?, ?) \
               ON CONFLICT (org_id, module) DO UPDATE SET enabled = excluded.enabled, updated_at = excluded.updated_at";
    tx.execute(sql, vec![module.into(), enabled.into(), now.into()]).await?;
    tx.execute("UPDATE orgs SET version = version + 1 WHERE id = {org}", Vec::new()).await?;
    announce(tx, before, vec!["modules".to_owned()]);
    Ok(())
}

fn announce(tx: &TenantDb, before: &Org, fields: Vec<String>) {
    let (id, version) = (before.id, before.version + 1);
    tx.record(Change { entity: "org", id, version, op: Op::Updated, fields, audience: Audience::EVERYONE });
}

impl Org {
    pub fn into_pb(self, modules: Vec<(&'static str, bool)>) -> pb::Org {
        pb::Org {
            id: ids::format(prefix::ORG, self.id),
            version: self.version,
            name: self.name,
            tenant_id: self.tenant_id,
            time_zone: self.time_zone,
            currency_code: self.currency_code,
            plan: self.plan,
            industry: self.industry,
            modules: modules.into_iter().map(|(name, enabled)| pb::Module { name: name.to_owned(), enabled }).collect(),
        }
    }
}
