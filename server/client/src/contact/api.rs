//! `streamflow.client.v1.ContactService`.

use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, contact_service_server::ContactService};
use tonic::{Request, Response, Status};

use super::{
    domain::{ContactPatch, NewContact},
    store::{self, Entity, write},
};
use crate::{
    customer,
    record::{
        edit::{self, Plan},
        kind::Kind,
        row::{self, Record as _},
        writer::Writer,
    },
    support_session::mask::{self, Masked as _},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl ContactService for Api {
    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Result<Response<pb::ListContactsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let reader = ctx.principal()?;
        mask::check_filter(reader, &req.filter, &req.order_by)?;
        let list = Entity::LIST.read(ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: req.count_total,
        });
        let list = list.map_err(Error::from)?;
        let tx = ctx.read().await?;
        let page = store::contacts(&tx, &list).await?;
        let contacts = store::with_customers(&tx, page.rows).await?;
        let contacts = contacts.into_iter().map(|contact| contact.for_reader(reader)).collect();
        Ok(Response::new(pb::ListContactsResponse { contacts, page: Some(page.info) }))
    }

    async fn get_contact(&self, request: Request<pb::GetContactRequest>) -> Result<Response<pb::GetContactResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Contact.parse_id(&req.contact_id)?;
        let tx = ctx.read().await?;
        let contact = row::seen::<Entity>(&tx, tx.scope(), id).await?;
        let contact = store::with_customers(&tx, vec![contact]).await?.pop();
        let reader = ctx.principal()?;
        Ok(Response::new(pb::GetContactResponse { contact: contact.map(|contact| contact.for_reader(reader)) }))
    }

    async fn create_contact(
        &self,
        request: Request<pb::CreateContactRequest>,
    ) -> Result<Response<pb::CreateContactResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewContact::parse(req.contact)?;
        let tx = ctx.write().await?;
        let customer = row::locked::<customer::store::Entity>(&tx, tx.scope(), new.customer_id).await?;
        let name = customer.name.clone();
        let contact = write::insert_contact(&tx, &Writer::of(&ctx), customer, new.contact).await?;
        Ok(tx.commit(pb::CreateContactResponse { contact: Some(contact.into_pb(&name)) }).await?)
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<pb::UpdateContactResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = ContactPatch::parse(req.contact, req.update_mask)?;
        let tx = ctx.write().await?;
        let customer = customer_of(&tx, patch.id).await?;
        let name = customer.name.clone();
        let plan = edit::plan::<Entity>(&tx, tx.scope(), &patch).await?;
        if plan.is_refused() {
            return Err(conflict(plan, &name).into());
        }
        let merged_fields = plan.merge.merged;
        let contact = write::update_contact(&tx, &Writer::of(&ctx), customer, plan.row, &plan.merge.apply).await?;
        Ok(tx.commit(pb::UpdateContactResponse { contact: Some(contact.into_pb(&name)), merged_fields }).await?)
    }
}

/// The customer of a contact, held before the contact is: every writer takes them in this order, so none waits for another in a
/// circle.
async fn customer_of(tx: &TenantDb, contact_id: uuid::Uuid) -> Result<customer::store::Model> {
    let contact = row::seen::<Entity>(tx, tx.scope(), contact_id).await?;
    row::locked::<customer::store::Entity>(tx, tx.scope(), contact.customer_id).await
}

fn conflict(plan: Plan<Entity>, customer_name: &str) -> Error {
    Error::conflict(&pb::ContactConflict {
        fields: plan.conflicting_fields(),
        changed_by: plan.merge.changed_by(),
        current: Some(plan.row.into_pb(customer_name)),
    })
}
