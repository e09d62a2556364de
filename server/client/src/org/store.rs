//! Rows a new company begins with.

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::SystemDb,
    error::{Error, Result},
    ids::Ids,
};
use uuid::Uuid;

use super::domain::{DEFAULT_STAGES, MadeOrg, NewOrg};

/// Fails when the tenant id is taken.
pub async fn insert_org(db: &SystemDb, new: &NewOrg, made: MadeOrg) -> Result<()> {
    let sql = "INSERT INTO orgs (id, tenant_id, name, time_zone, currency_code, created_at) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT (tenant_id) DO NOTHING";
    let values = vec![
        made.org_id.into(),
        new.tenant_id.clone().into(),
        new.name.clone().into(),
        new.time_zone.clone().into(),
        new.currency_code.clone().into(),
        made.at.into(),
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
        let sql = "INSERT INTO lead_stages (org_id, id, name, position, kind) VALUES (?, ?, ?, ?, ?)";
        let values = vec![org.into(), ids.uuid().into(), stage.name.into(), position.into(), stage.kind.into()];
        db.execute(sql, values).await?;
    }
    Ok(())
}

/// The company behind a name in page addresses.
pub async fn org_by_tenant_id(db: &SystemDb, tenant_id: &str) -> Result<Option<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let rows: Vec<Row> = db.query("SELECT id FROM orgs WHERE tenant_id = ?", vec![tenant_id.into()]).await?;
    Ok(rows.first().map(|row| row.id))
}
