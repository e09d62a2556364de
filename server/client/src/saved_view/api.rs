//! `streamflow.client.v1.SavedViewService`.

use streamflow_kernel::{
    ctx::{Ctx, Principal},
    db::TenantDb,
    error::{Error, Result, Violations},
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, saved_view_service_server::SavedViewService};
use tonic::{Request, Response, Status};

use super::{
    domain::{NewSavedView, SavedViewEdit},
    list::List,
    store,
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SavedViewService for Api {
    async fn list_saved_views(
        &self,
        request: Request<pb::ListSavedViewsRequest>,
    ) -> Result<Response<pb::ListSavedViewsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let me = ctx.principal()?;
        let asked = List::from_pb(req.kind);
        let lists: Vec<List> = List::readable(me).filter(|list| asked.is_none_or(|asked| asked == *list)).collect();
        let tx = ctx.read().await?;
        let views = store::saved_views(&tx, me.user_id, &lists).await?;
        let views = views.into_iter().map(store::Model::into_pb).collect();
        Ok(Response::new(pb::ListSavedViewsResponse { views }))
    }

    async fn create_saved_view(
        &self,
        request: Request<pb::CreateSavedViewRequest>,
    ) -> Result<Response<pb::CreateSavedViewResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewSavedView::parse(req.view)?;
        let tx = ctx.write().await?;
        check(&tx, ctx.principal()?, &new).await?;
        let view = store::insert_view(&tx, ctx.new_id(), ctx.principal()?.user_id, new).await?;
        Ok(tx.commit(pb::CreateSavedViewResponse { view: Some(view.into_pb()) }).await?)
    }

    async fn update_saved_view(
        &self,
        request: Request<pb::UpdateSavedViewRequest>,
    ) -> Result<Response<pb::UpdateSavedViewResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let edit = SavedViewEdit::parse(req.view)?;
        let tx = ctx.write().await?;
        check(&tx, ctx.principal()?, &edit.view).await?;
        let before = store::own_view(&tx, ctx.principal()?.user_id, edit.id).await?;
        if before.version != edit.version {
            return Err(Error::conflict(&before.into_pb()).into());
        }
        let view = store::update_view(&tx, before, edit.view).await?;
        Ok(tx.commit(pb::UpdateSavedViewResponse { view: Some(view.into_pb()) }).await?)
    }

    async fn delete_saved_view(
        &self,
        request: Request<pb::DeleteSavedViewRequest>,
    ) -> Result<Response<pb::DeleteSavedViewResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::VIEW, &req.view_id).ok_or(Error::not_found("view"))?;
        let tx = ctx.write().await?;
        let view = store::own_view(&tx, ctx.principal()?.user_id, id).await?;
        store::delete_view(&tx, view).await?;
        Ok(tx.commit(pb::DeleteSavedViewResponse {}).await?)
    }
}

/// A view is kept only if its list can show it: the filter and the order are read as the list would read them.
async fn check(tx: &TenantDb, principal: &Principal, view: &NewSavedView) -> Result<()> {
    if !view.list.is_readable_by(principal) {
        return Err(Error::invalid("view.kind", "Your role does not include this list."));
    }
    let request = ListRequest { filter: &view.filter, order_by: &view.order_by, ..ListRequest::default() };
    let problems = match view.list.check(tx, request, &view.switches).await {
        Ok(()) => return Ok(()),
        Err(Error::Invalid(problems)) => problems,
        Err(error) => return Err(error),
    };
    let mut violations = Violations::new();
    for (field, message) in problems.iter() {
        violations.add(format!("view.{field}"), message);
    }
    Err(violations.into())
}
