//! `streamflow.client.v1.MergeService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result, Violations},
    ids::{self, prefix},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, merge_service_server::MergeService},
};
use tonic::{Request, Response, Status};

use super::{domain, find, preview::preview, store, undo::undo, unite::merge, unites::Unites};
use crate::{
    contact::store::Entity as Contact,
    customer::store::Entity as Customer,
    record::{kind::Kind, writer::Writer},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl MergeService for Api {
    async fn find_duplicates(
        &self,
        request: Request<pb::FindDuplicatesRequest>,
    ) -> Result<Response<pb::FindDuplicatesResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut violations = Violations::new();
        let kind = domain::kind(req.kind, &mut violations);
        violations.into_result()?;
        let record = if req.record_id.is_empty() { None } else { Some(kind.parse_id(&req.record_id)?) };
        let tx = ctx.read().await?;
        let (groups, truncated) = match (kind, record) {
            (Kind::Contact, Some(id)) => find::of_record::<Contact>(&tx, id).await?,
            (Kind::Contact, None) => find::among_all::<Contact>(&tx).await?,
            (_, Some(id)) => find::of_record::<Customer>(&tx, id).await?,
            (_, None) => find::among_all::<Customer>(&tx).await?,
        };
        Ok(Response::new(pb::FindDuplicatesResponse { groups, truncated }))
    }

    async fn preview_merge(
        &self,
        request: Request<pb::PreviewMergeRequest>,
    ) -> Result<Response<pb::PreviewMergeResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut violations = Violations::new();
        let kind = domain::kind(req.kind, &mut violations);
        let ids = domain::chosen(kind, &req.survivor_id, &req.other_ids, &mut violations)?;
        let tx = ctx.read().await?;
        let reply = match kind {
            Kind::Contact => preview::<Contact>(&tx, tx.scope(), &ids).await?,
            _ => preview::<Customer>(&tx, tx.scope(), &ids).await?,
        };
        Ok(Response::new(reply))
    }

    async fn merge_records(
        &self,
        request: Request<pb::MergeRecordsRequest>,
    ) -> Result<Response<pb::MergeRecordsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut violations = Violations::new();
        let kind = domain::kind(req.kind, &mut violations);
        let fields = if kind == Kind::Contact { Contact::FIELDS } else { Customer::FIELDS };
        let groups = domain::groups(kind, fields, req.groups, &mut violations);
        violations.into_result()?;
        let (scope, writer) = (ctx.scope()?, Writer::of(&ctx));
        let tx = ctx.write_whole_org().await?;
        let merges = match kind {
            Kind::Contact => merge::<Contact>(&tx, &writer, &scope, &groups).await?,
            _ => merge::<Customer>(&tx, &writer, &scope, &groups).await?,
        };
        let merge_ids = merges.into_iter().map(|id| ids::format(prefix::MERGE, id)).collect();
        Ok(tx.commit(pb::MergeRecordsResponse { merge_ids }).await?)
    }

    async fn undo_merge(&self, request: Request<pb::UndoMergeRequest>) -> Result<Response<pb::UndoMergeResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::MERGE, &req.merge_id).ok_or(Error::not_found("merge"))?;
        let (scope, writer) = (ctx.scope()?, Writer::of(&ctx));
        let tx = ctx.write_whole_org().await?;
        let found = store::merge(&tx, id).await?.ok_or(Error::not_found("merge"))?;
        if found.undone_at.is_some() {
            return Err(Error::refused(reason::MERGE_UNDONE, "This merge was taken back already.").into());
        }
        let reply = if found.record_kind == Kind::Contact.as_str() {
            undo::<Contact>(&tx, &writer, &scope, (id, found)).await?
        } else {
            undo::<Customer>(&tx, &writer, &scope, (id, found)).await?
        };
        Ok(tx.commit(reply).await?)
    }
}
