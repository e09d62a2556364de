//! `streamflow.client.v1.CustomerService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, customer_service_server::CustomerService};
use tonic::{Request, Response, Status};

use super::{
    domain::{Change, CustomerPatch, CustomerPrivate, NewCustomer},
    private,
    store::{Entity, Model, write},
};
use crate::{
    custom_field::{filter, read::Asked},
    record::{
        edit::{self, Plan},
        kind::Kind,
        list::{self, Sort},
        people::{self, People},
        row,
        writer::Writer,
    },
    support_session::mask::{self, Masked as _},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl CustomerService for Api {
    async fn list_customers(
        &self,
        request: Request<pb::ListCustomersRequest>,
    ) -> Result<Response<pb::ListCustomersResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let request = ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: req.count_total,
        };
        let reader = ctx.principal()?;
        mask::check_filter(reader, &req.filter, &req.order_by)?;
        let tx = ctx.read().await?;
        let asked = filter::read::<Entity>(&tx, request).await?;
        let of = |row: Model| pb::ListCustomersResponse { customers: vec![row.into_pb().for_reader(reader)], page: None };
        let end = |info| pb::ListCustomersResponse { customers: Vec::new(), page: Some(info) };
        Ok(list::pieces::<Entity, _>(&tx, &asked, &Sort::of(asked.order)?, of, end).await?.into_response())
    }

    async fn get_customer(&self, request: Request<pb::GetCustomerRequest>) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Customer.parse_id(&req.customer_id)?;
        let tx = ctx.read().await?;
        let customer = row::seen::<Entity>(&tx, tx.scope(), id).await?;
        let customer = customer.into_pb().for_reader(ctx.principal()?);
        Ok(Response::new(pb::GetCustomerResponse { customer: Some(customer) }))
    }

    async fn create_customer(
        &self,
        request: Request<pb::CreateCustomerRequest>,
    ) -> Result<Response<pb::CreateCustomerResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked =
            Asked::of_new(Kind::Customer, &req.customer.as_ref().map(|customer| customer.custom.clone()).unwrap_or_default());
        let new = match NewCustomer::parse(req.customer) {
            Ok(new) => new,
            Err(error) => return Err(asked.explain(&ctx, error).await.into()),
        };
        let given = People { owner: new.owner_id, assignee: new.assignee_id, team: new.team_id };
        people::check_right(ctx.principal()?, "customer", &given.given())?;
        let people = given.claimed_by(ctx.principal()?);
        let tx = people::write(&ctx, people.are_seen_by(&ctx.scope()?)).await?;
        people::check_exist(&tx, "customer", &people.places()).await?;
        let custom = asked.values(&tx).await?;
        let new = NewCustomer { owner_id: people.owner, assignee_id: people.assignee, team_id: people.team, custom, ..new };
        let customer = write::insert_customer(&tx, &Writer::of(&ctx), new).await?;
        Ok(tx.commit(pb::CreateCustomerResponse { customer: Some(customer.into_pb()) }).await?)
    }

    async fn update_customer(
        &self,
        request: Request<pb::UpdateCustomerRequest>,
    ) -> Result<Response<pb::UpdateCustomerResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = edited(req.customer.as_ref(), req.update_mask.as_ref());
        let mut patch = match CustomerPatch::parse(req.customer, req.update_mask) {
            Ok(patch) => patch,
            Err(error) => return Err(asked.explain(&ctx, error).await.into()),
        };
        let tx = people::write(&ctx, edit::keeps_people::<Entity>(&patch)).await?;
        patch.changes.extend(asked.sets(&tx).await?.into_iter().map(Change::Custom));
        let plan = edit::plan::<Entity>(&tx, &ctx.scope()?, &patch).await?;
        if plan.is_refused() {
            return Err(conflict(plan).into());
        }
        people::check_right(ctx.principal()?, "customer", &plan.places())?;
        people::check_exist(&tx, "customer", &plan.places()).await?;
        let customer = write::update_customer(&tx, &Writer::of(&ctx), plan.row, &plan.merge.apply).await?;
        let merged_fields = plan.merge.merged;
        Ok(tx.commit(pb::UpdateCustomerResponse { customer: Some(customer.into_pb()), merged_fields }).await?)
    }

    async fn get_customer_private(
        &self,
        request: Request<pb::GetCustomerPrivateRequest>,
    ) -> Result<Response<pb::GetCustomerPrivateResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Customer.parse_id(&req.customer_id)?;
        let private = private::customer_private(&ctx, id).await?;
        Ok(Response::new(pb::GetCustomerPrivateResponse { private: Some(private.into_pb()) }))
    }

    async fn update_customer_private(
        &self,
        request: Request<pb::UpdateCustomerPrivateRequest>,
    ) -> Result<Response<pb::UpdateCustomerPrivateResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = CustomerPrivate::parse(req.private)?;
        let before = private::customer_private(&ctx, new.customer_id).await?;
        if before.version != new.version {
            return Err(Error::conflict(&before.into_pb()).into());
        }
        let (tx, private) = private::replace(&ctx, &before, new).await?;
        Ok(tx.commit(pb::UpdateCustomerPrivateResponse { private: Some(private.into_pb()) }).await?)
    }
}

/// The custom fields of an edit.
fn edited(customer: Option<&pb::Customer>, mask: Option<&prost_types::FieldMask>) -> Asked {
    let custom = customer.map(|customer| customer.custom.clone()).unwrap_or_default();
    Asked::of_edit(Kind::Customer, mask.map_or(&[], |mask| &mask.paths), &custom)
}

fn conflict(plan: Plan<Entity>) -> Error {
    Error::conflict(&pb::CustomerConflict {
        fields: plan.conflicting_fields(),
        changed_by: plan.merge.changed_by(),
        current: Some(plan.row.into_pb()),
    })
}
