//! `streamflow.client.v1.WorkOrderTypeService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, work_order_type_service_server::WorkOrderTypeService},
};
use tonic::{Request, Response, Status};

use super::{
    domain::{Look, TypeEdit, WorkOrderType, in_order},
    store,
};
use crate::template::read::MOST_WORK_ORDERS;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl WorkOrderTypeService for Api {
    async fn list_work_order_types(
        &self,
        request: Request<pb::ListWorkOrderTypesRequest>,
    ) -> Result<Response<pb::ListWorkOrderTypesResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let types = store::types(&ctx.read().await?).await?;
        let work_order_types = types.into_iter().map(WorkOrderType::into_pb).collect();
        Ok(Response::new(pb::ListWorkOrderTypesResponse { work_order_types }))
    }

    async fn create_work_order_type(
        &self,
        request: Request<pb::CreateWorkOrderTypeRequest>,
    ) -> Result<Response<pb::CreateWorkOrderTypeResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let look = Look::parse(req.work_order_type)?;
        let tx = ctx.write().await?;
        let mut held = store::locked(&tx).await?;
        if held.types.len() >= MOST_WORK_ORDERS {
            let text = format!("A company has at most {MOST_WORK_ORDERS} work-order types. Delete one first.");
            return Err(Error::refused(reason::TOO_MANY_WORK_ORDER_TYPES, text).into());
        }
        look.check_name(held.types.iter())?;
        // Not made of the name: an edit of a type that was deleted would find one made later under its name.
        let key = format!("t{}", ctx.new_id().simple());
        let made = held.insert_type(&tx, key, look).await?.into_pb();
        Ok(tx.commit(pb::CreateWorkOrderTypeResponse { work_order_type: Some(made) }).await?)
    }

    async fn update_work_order_type(
        &self,
        request: Request<pb::UpdateWorkOrderTypeRequest>,
    ) -> Result<Response<pb::UpdateWorkOrderTypeResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let edit = TypeEdit::parse(req.work_order_type)?;
        let tx = ctx.write().await?;
        let mut held = store::locked(&tx).await?;
        let at = held.position(&edit.key)?;
        if held.types[at].version != edit.version {
            return Err(Error::conflict(&held.types.swap_remove(at).into_pb()).into());
        }
        edit.look.check_name(held.types.iter().filter(|other| other.key != edit.key))?;
        let changed = held.update_type(&tx, at, edit.look).await?.into_pb();
        Ok(tx.commit(pb::UpdateWorkOrderTypeResponse { work_order_type: Some(changed) }).await?)
    }

    async fn reorder_work_order_types(
        &self,
        request: Request<pb::ReorderWorkOrderTypesRequest>,
    ) -> Result<Response<pb::ReorderWorkOrderTypesResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let mut held = store::locked(&tx).await?;
        let types = in_order(&req.keys, held.types.clone())?;
        held.place_types(&tx, types).await?;
        Ok(tx.commit(pb::ReorderWorkOrderTypesResponse {}).await?)
    }

    async fn delete_work_order_type(
        &self,
        request: Request<pb::DeleteWorkOrderTypeRequest>,
    ) -> Result<Response<pb::DeleteWorkOrderTypeResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let mut held = store::locked(&tx).await?;
        let at = held.position(&req.key)?;
        held.delete_type(&tx, at).await?;
        Ok(tx.commit(pb::DeleteWorkOrderTypeResponse {}).await?)
    }
}
