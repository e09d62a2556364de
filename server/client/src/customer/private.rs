//! The part of a customer that is kept encrypted with the company's data key: tax id, bank details, private note.

use sea_orm::{ActiveValue::Set, entity::prelude::*};
use streamflow_kernel::{
    crypto::{self, FieldRef},
    ctx::{Ctx, WriteDb},
    db::TenantEntity,
    error::{Error, Result},
    feed::{Change, Op},
    ids::{self, prefix},
};
use streamflow_proto::{client::v1 as pb, reason::Reason};

use super::{domain::CustomerPrivate, store};
use crate::{
    record::{kind::Kind, merge::BeforeAfter, row, writer::Writer},
    timeline::store::{EventKind, NewEvent, insert_events},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_privates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    pub version: i64,
    /// Ciphertexts; empty for nothing.
    pub tax_id: Vec<u8>,
    pub bank_details: Vec<u8>,
    pub private_note: Vec<u8>,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// What is kept about a customer this person sees, in the clear. Version 0 when nothing ever was.
pub async fn customer_private(ctx: &Ctx, customer_id: Uuid) -> Result<CustomerPrivate> {
    let tx = ctx.read().await?;
    row::seen::<store::Entity>(&tx, tx.scope(), customer_id).await?;
    let row = tx.one(tx.find::<Entity>().filter(Column::CustomerId.eq(customer_id))).await?;
    // Keys are read on a connection of their own; holding two at once could use the pool up.
    drop(tx);
    let Some(row) = row else {
        return Ok(CustomerPrivate::none(customer_id));
    };
    Ok(CustomerPrivate {
        customer_id,
        version: row.version,
        tax_id: decrypted(ctx, customer_id, "tax_id", &row.tax_id).await?,
        bank_details: decrypted(ctx, customer_id, "bank_details", &row.bank_details).await?,
        private_note: decrypted(ctx, customer_id, "private_note", &row.private_note).await?,
    })
}

/// Writes what is kept from now on, in a transaction that the caller commits. Fails when `before` is no longer what is kept.
pub async fn replace(ctx: &Ctx, before: &CustomerPrivate, new: CustomerPrivate) -> Result<(WriteDb, CustomerPrivate)> {
    let private = CustomerPrivate { version: before.version + 1, ..new };
    let mut row = encrypted(ctx, &private).await?;
    row.updated_at = Set(ctx.now());
    let tx = ctx.write().await?;
    // Held, so that of two writers the second sees the first one's version.
    let customer = row::locked::<store::Entity>(&tx, tx.scope(), private.customer_id).await?;
    let kept = tx.one(tx.find::<Entity>().filter(Column::CustomerId.eq(private.customer_id))).await?;
    if kept.as_ref().map_or(0, |kept| kept.version) != before.version {
        return Err(Error::refused(Reason::CHANGED_MEANWHILE, "Somebody else changed these details just now. Load them again."));
    }
    if kept.is_some() {
        tx.update(row).await?
    } else {
        tx.insert(row).await?
    };
    trace(&tx, ctx, &customer, before, &private).await?;
    Ok((tx, private))
}

/// The timeline says that something private changed, not what.
async fn trace(
    tx: &WriteDb,
    ctx: &Ctx,
    customer: &store::Model,
    before: &CustomerPrivate,
    after: &CustomerPrivate,
) -> Result<()> {
    let fields = [
        ("tax_id", before.tax_id != after.tax_id),
        ("bank_details", before.bank_details != after.bank_details),
        ("private_note", before.private_note != after.private_note),
    ];
    let fields: Vec<&'static str> = fields.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let hidden = |field: &str| BeforeAfter { field: field.to_owned(), before: String::new(), after: String::new() };
    let mut event = NewEvent::new(Kind::Customer, customer.id, EventKind::Edited);
    event.changes = fields.iter().copied().map(hidden).collect();
    insert_events(tx, &Writer::of(ctx), &[event]).await?;
    tx.record(Change {
        entity: "customer_private",
        id: customer.id,
        version: after.version,
        op: if before.version == 0 { Op::Created } else { Op::Updated },
        fields: fields.into_iter().map(str::to_owned).collect(),
        audience: customer.people().audience(),
    });
    Ok(())
}

impl CustomerPrivate {
    fn none(customer_id: Uuid) -> Self {
        Self { customer_id, version: 0, tax_id: String::new(), bank_details: String::new(), private_note: String::new() }
    }

    pub fn into_pb(self) -> pb::CustomerPrivate {
        pb::CustomerPrivate {
            customer_id: ids::format(prefix::CUSTOMER, self.customer_id),
            version: self.version,
            tax_id: self.tax_id,
            bank_details: self.bank_details,
            private_note: self.private_note,
        }
    }
}

async fn encrypted(ctx: &Ctx, private: &CustomerPrivate) -> Result<ActiveModel> {
    let org = ctx.principal()?.org_id;
    let key = ctx.keys().current(org).await?;
    let seal = |column, text: &str| {
        if text.is_empty() {
            return Set(Vec::new());
        }
        Set(crypto::encrypt(&key, place(org, column, private.customer_id), text.as_bytes()))
    };
    Ok(ActiveModel {
        org_id: Set(org),
        customer_id: Set(private.customer_id),
        version: Set(private.version),
        tax_id: seal("tax_id", &private.tax_id),
        bank_details: seal("bank_details", &private.bank_details),
        private_note: seal("private_note", &private.private_note),
        ..Default::default()
    })
}

async fn decrypted(ctx: &Ctx, customer_id: Uuid, column: &str, ciphertext: &[u8]) -> Result<String> {
    if ciphertext.is_empty() {
        return Ok(String::new());
    }
    let org = ctx.principal()?.org_id;
    let key = ctx.keys().of(org, ciphertext).await?;
    let text = crypto::decrypt(&key, place(org, column, customer_id), ciphertext).map_err(Error::internal)?;
    String::from_utf8(text.to_vec()).map_err(Error::internal)
}

const fn place(org: Uuid, column: &str, row: Uuid) -> FieldRef<'_> {
    FieldRef { org, table: "customer_privates", column, row }
}
