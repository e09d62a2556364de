//! `streamflow.client.v1.OrgDataService`.

use futures::stream::BoxStream;
use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
    jobs::NewJob,
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, org_data_service_server::OrgDataService},
};
use tonic::{Request, Response, Status};

use super::{
    archive,
    domain::{FOLDER, MOST_KEPT, place},
    job,
    store::{self, OrgExport},
};
use crate::{download, record::export::Right};

#[derive(Debug)]
pub struct Api;

type Pieces = BoxStream<'static, Result<pb::DownloadExportResponse, Status>>;

#[tonic::async_trait]
impl OrgDataService for Api {
    type DownloadExportStream = Pieces;

    async fn start_export(&self, request: Request<pb::StartExportRequest>) -> Result<Response<pb::StartExportResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let (id, me) = (ctx.new_id(), ctx.principal()?);
        let files = i32::try_from(archive::files()).map_err(Error::internal)?;
        let tx = ctx.write().await?;
        if !store::insert_export(&tx, id, me.user_id, files, ctx.now()).await? {
            return Err(
                Error::refused(reason::EXPORT_RUNNING, "An export is being written already. Wait until it is done.").into()
            );
        }
        if store::kept(&tx).await? >= MOST_KEPT {
            let text = "There are five exports already. Download one of them, or wait until the oldest is deleted.";
            return Err(Error::refused(reason::TOO_MANY_EXPORTS, text).into());
        }
        ctx.jobs().put_for_org(&tx, NewJob::new(job::KIND).key(job::key(id))).await?;
        let state = pb::OrgExportState::Running.into();
        let asked_by = me.display_name.clone();
        let created_at = streamflow_kernel::clock::timestamp(ctx.now());
        let id = ids::format(prefix::EXPORT, id);
        let export = pb::OrgExport { id, state, asked_by, created_at, tables: files, ..Default::default() };
        let response = tx.commit(pb::StartExportResponse { export: Some(export) }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn list_exports(&self, request: Request<pb::ListExportsRequest>) -> Result<Response<pb::ListExportsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let exports = store::exports(&ctx.system_read().await?, ctx.principal()?.org_id).await?;
        let exports = exports.into_iter().map(OrgExport::into_pb).collect();
        Ok(Response::new(pb::ListExportsResponse { exports }))
    }

    async fn download_export(
        &self,
        request: Request<pb::DownloadExportRequest>,
    ) -> Result<Response<Self::DownloadExportStream>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let org = ctx.principal()?.org_id;
        let id = ids::parse(prefix::EXPORT, &req.export_id).ok_or(Error::not_found("export"))?;
        let found = store::export(&ctx.system_read().await?, org, id).await?.ok_or(Error::not_found("export"))?;
        if !found.is_there(ctx.now()) {
            return Err(Error::refused(reason::EXPORT_NOT_THERE, "This export has no file. Start another one.").into());
        }
        let right = Right::begin(&ctx, &ctx.read().await?).await?;
        let Some(file) = ctx.vault().open(&place(org, id)).await? else { return Err(not_here(&ctx, &found).await?.into()) };
        Ok(Response::new(download::pieces(ctx, right, file, |data| pb::DownloadExportResponse { data })))
    }
}

/// Why this process has no file: it is gone, or on another machine's storage.
async fn not_here(ctx: &Ctx, export: &OrgExport) -> Result<Error> {
    let own = ctx.vault().storage(FOLDER, ctx.new_id()).await?;
    if export.storage.is_empty() || export.storage == own {
        return Ok(Error::refused(reason::EXPORT_NOT_THERE, "The file of this export is gone. Start another one."));
    }
    tracing::error!("an archive is on another storage than this process has: mount one `exports` folder for all of them");
    let text = "The file of this export is on another server, which was not asked. Try again; if that does not help, ask whoever \
                runs StreamFlow for you.";
    Ok(Error::refused(reason::EXPORT_ELSEWHERE, text))
}
