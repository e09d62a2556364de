//! The types of a company: one value in its row, for there are few and no row refers to them.

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
    feed::{Audience, Change, Op},
};
use uuid::Uuid;

use super::domain::{Look, WorkOrderType};
use crate::org;

/// The types of a company, held until the transaction ends.
pub struct Held {
    org: Uuid,
    /// In order.
    pub types: Vec<WorkOrderType>,
}

/// All types, in order.
pub async fn types(tx: &TenantDb) -> Result<Vec<WorkOrderType>> {
    #[derive(FromQueryResult)]
    struct Row {
        work_orders: String,
    }
    let rows: Vec<Row> = tx.query("SELECT work_orders FROM orgs WHERE id = {org}", Vec::new()).await?;
    let row = rows.first().ok_or(Error::not_found("company"))?;
    serde_json::from_str(&row.work_orders).map_err(Error::internal)
}

pub async fn locked(tx: &TenantDb) -> Result<Held> {
    let org = org::store::hold(tx).await?;
    Ok(Held { org, types: types(tx).await? })
}

impl Held {
    pub fn position(&self, key: &str) -> Result<usize> {
        self.types.iter().position(|one| one.key == key).ok_or(Error::not_found("work-order type"))
    }

    pub async fn insert_type(&mut self, tx: &TenantDb, key: String, look: Look) -> Result<WorkOrderType> {
        let new = WorkOrderType { key, version: 1, look };
        self.types.push(new.clone());
        self.write(tx, Op::Created, new.version, "name").await?;
        Ok(new)
    }

    /// As it is already, nothing is written.
    pub async fn update_type(&mut self, tx: &TenantDb, at: usize, look: Look) -> Result<WorkOrderType> {
        let before = self.types[at].clone();
        if before.look == look {
            return Ok(before);
        }
        let field = if before.look.name == look.name { "checklist" } else { "name" };
        let after = WorkOrderType { version: before.version + 1, look, ..before };
        self.types[at] = after.clone();
        self.write(tx, Op::Updated, after.version, field).await?;
        Ok(after)
    }

    /// Gives all of them another order. An edit of one of them that is open elsewhere is none the worse for that.
    pub async fn place_types(&mut self, tx: &TenantDb, types: Vec<WorkOrderType>) -> Result<()> {
        if self.types == types {
            return Ok(());
        }
        self.types = types;
        self.write(tx, Op::Updated, 0, "order").await
    }

    pub async fn delete_type(&mut self, tx: &TenantDb, at: usize) -> Result<()> {
        let gone = self.types.remove(at);
        self.write(tx, Op::Deleted, gone.version, "name").await
    }

    /// Pages hear of the company's types as a whole, so the change is about the company's id.
    async fn write(&self, tx: &TenantDb, op: Op, version: i64, field: &str) -> Result<()> {
        let written = serde_json::to_string(&self.types).map_err(Error::internal)?;
        tx.execute("UPDATE orgs SET work_orders = ? WHERE id = {org}", vec![written.into()]).await?;
        let (id, fields) = (self.org, vec![field.to_owned()]);
        tx.record(Change { entity: "work_order_type", id, version, op, fields, audience: Audience::EVERYONE });
        Ok(())
    }
}
