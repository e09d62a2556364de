//! The main contact of a customer: at most one, live, and shown by name with the customer.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, IntoActiveModel as _, QueryOrder as _, QuerySelect as _};
use streamflow_kernel::{
    db::{Scoped, TenantDb},
    error::Result,
};
use uuid::Uuid;

use super::{Column, Entity, Model};
use crate::{customer, record::writer::Writer};

/// The contact shown with a customer now.
pub async fn main_contact(tx: &TenantDb, customer_id: Uuid) -> Result<Option<Model>> {
    tx.one(live(tx, customer_id).filter(Column::Main.eq(true))).await
}

/// Leaves a customer, held by the transaction, with one main contact: the wanted one, or the one there is, or the first added.
pub async fn settle(tx: &TenantDb, writer: &Writer, customer: customer::store::Model, wanted: Option<Uuid>) -> Result<()> {
    let flagged = tx.all(live(tx, customer.id).filter(Column::Main.eq(true))).await?;
    let chosen = match wanted.or_else(|| flagged.first().map(|contact| contact.id)) {
        Some(id) => tx.one(live(tx, customer.id).filter(Column::Id.eq(id))).await?,
        None => first(tx, customer.id).await?,
    };
    let chosen_id = chosen.as_ref().map(|contact| contact.id);
    for contact in flagged.into_iter().filter(|contact| Some(contact.id) != chosen_id) {
        set_main(tx, writer, &customer, contact, false).await?;
    }
    let name = chosen.as_ref().map_or_else(String::new, |contact| contact.name.clone());
    if let Some(contact) = chosen.filter(|contact| !contact.main) {
        set_main(tx, writer, &customer, contact, true).await?;
    }
    customer::store::write::set_main_contact_name(tx, writer, customer, &name).await?;
    Ok(())
}

fn live(tx: &TenantDb, customer_id: Uuid) -> Scoped<Entity> {
    tx.find::<Entity>().filter(Column::CustomerId.eq(customer_id)).filter(Column::ArchivedAt.is_null())
}

async fn first(tx: &TenantDb, customer_id: Uuid) -> Result<Option<Model>> {
    let in_order = |select: sea_orm::Select<Entity>| select.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(1);
    tx.one(live(tx, customer_id).map(in_order)).await
}

async fn set_main(tx: &TenantDb, writer: &Writer, customer: &customer::store::Model, before: Model, main: bool) -> Result<()> {
    let mut row = before.clone().into_active_model();
    row.main = Set(main);
    row.version = Set(before.version + 1);
    row.updated_at = Set(writer.now());
    let contact = tx.update(row).await?;
    contact.written(customer).announce_fields(tx, vec!["main".to_owned()], customer.people());
    Ok(())
}
