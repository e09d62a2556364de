//! `streamflow.client.v1.RecordService`.

use futures::stream::BoxStream;
use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result, Violations},
};
use streamflow_proto::{
    client::v1::{self as pb, record_service_server::RecordService},
    reason::Reason,
};
use tonic::{Request, Response, Status};

use super::{
    bulk::{self, Done},
    choice::{Chosen, places},
    export,
    kind::Kind,
    people,
    writer::Writer,
};
use crate::{customer, lead};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl RecordService for Api {
    type ExportRecordsStream = BoxStream<'static, Result<pb::ExportRecordsResponse, Status>>;

    async fn assign_records(
        &self,
        request: Request<pb::AssignRecordsRequest>,
    ) -> Result<Response<pb::AssignRecordsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut violations = Violations::new();
        let chosen = Chosen::read(req.kind, req.ids, &mut violations);
        let places = places([&req.owner_id, &req.assignee_id, &req.team_id], &mut violations);
        if chosen.kind == Kind::Contact {
            violations.add("kind", "A contact belongs to whoever its customer belongs to.");
        }
        violations.into_result()?;
        chosen.kind.check_on(&ctx.principal()?.org)?;
        let scope = ctx.scope()?;
        let tx = ctx.write_whole_org().await?;
        people::check_exist(&tx, "", &places).await?;
        let writer = Writer::of(&ctx);
        let done = if chosen.kind == Kind::Lead {
            bulk::assign::<lead::store::Entity>(&tx, &writer, &scope, &chosen.ids, &places).await?
        } else {
            bulk::assign::<customer::store::Entity>(&tx, &writer, &scope, &chosen.ids, &places).await?
        };
        let (changed, not_found_ids) = chosen.outcome(&done);
        Ok(tx.commit(pb::AssignRecordsResponse { changed, not_found_ids }).await?)
    }

    async fn archive_records(
        &self,
        request: Request<pb::ArchiveRecordsRequest>,
    ) -> Result<Response<pb::ArchiveRecordsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let chosen = chosen(&ctx, req.kind, req.ids)?;
        let tx = ctx.write().await?;
        let done = archive(&ctx, &tx, &chosen, true).await?;
        let (changed, not_found_ids) = chosen.outcome(&done);
        Ok(tx.commit(pb::ArchiveRecordsResponse { changed, not_found_ids }).await?)
    }

    async fn restore_records(
        &self,
        request: Request<pb::RestoreRecordsRequest>,
    ) -> Result<Response<pb::RestoreRecordsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let chosen = chosen(&ctx, req.kind, req.ids)?;
        let tx = ctx.write().await?;
        let done = archive(&ctx, &tx, &chosen, false).await?;
        let (changed, not_found_ids) = chosen.outcome(&done);
        Ok(tx.commit(pb::RestoreRecordsResponse { changed, not_found_ids }).await?)
    }

    async fn export_records(
        &self,
        request: Request<pb::ExportRecordsRequest>,
    ) -> Result<Response<Self::ExportRecordsStream>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let kind = Kind::required(req.kind)?;
        kind.check_on(&ctx.principal()?.org)?;
        if !kind.is_readable_by(ctx.principal()?) {
            return Err(Error::refused(Reason::ROLE, "Your role does not include these records.").into());
        }
        Ok(Response::new(export::stream(ctx, kind, req).await?))
    }
}

fn chosen(ctx: &Ctx, kind: i32, ids: Vec<String>) -> Result<Chosen> {
    let mut violations = Violations::new();
    let chosen = Chosen::read(kind, ids, &mut violations);
    violations.into_result()?;
    chosen.kind.check_on(&ctx.principal()?.org)?;
    Ok(chosen)
}

async fn archive(ctx: &Ctx, tx: &streamflow_kernel::db::TenantDb, chosen: &Chosen, away: bool) -> Result<Done> {
    let writer = Writer::of(ctx);
    match chosen.kind {
        Kind::Customer => bulk::archive::<customer::store::Entity>(tx, &writer, &chosen.ids, away).await,
        Kind::Contact => bulk::archive_contacts(tx, &writer, &chosen.ids, away).await,
        Kind::Lead => bulk::archive::<lead::store::Entity>(tx, &writer, &chosen.ids, away).await,
    }
}
