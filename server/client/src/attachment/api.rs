//! `streamflow.client.v1.AttachmentService`.

use chrono::DateTime;
use futures::stream::BoxStream;
use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, WriteDb},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
    list::ListRequest,
    upload::{GOOD_FOR, Ticket},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, attachment_service_server::AttachmentService},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{KEPT, NewUpload},
    holder::Holder,
    store::{self, Model, NOT_FOUND, READY},
};
use crate::{
    download,
    record::{export::Right, writer::Writer},
    timeline::store::{EventKind, NewEvent, insert_events},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl AttachmentService for Api {
    type DownloadAttachmentStream = BoxStream<'static, Result<pb::DownloadAttachmentResponse, Status>>;

    async fn start_upload(&self, request: Request<pb::StartUploadRequest>) -> Result<Response<pb::StartUploadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (me, bounds) = (ctx.principal()?, ctx.vault().bounds());
        let new = NewUpload::parse(&req, bounds)?;
        new.holder.check_editable(me)?;
        new.holder.audience(&ctx.read().await?).await?;
        // How much room is left depends on files that this person doesn't see, too.
        let tx = ctx.write_whole_org().await?;
        store::check_room(&tx, new.holder, new.bytes, bounds, ctx.now()).await?;
        store::check_begun(&tx, me.user_id, ctx.now()).await?;
        let bytes = new.bytes;
        let row = store::insert_upload(&tx, ctx.new_id(), me, new, ctx.now()).await?;
        let expires_at = DateTime::from_timestamp((ctx.now() + GOOD_FOR).timestamp(), 0).unwrap_or_default();
        let upload_path = ctx.uploads().address(Ticket { org: tx.org(), id: row.id, bytes, expires_at });
        let attachment_id = ids::format(prefix::ATTACHMENT, row.id);
        Ok(tx.commit(pb::StartUploadResponse { attachment_id, upload_path, expires_at: timestamp(expires_at) }).await?)
    }

    async fn complete_upload(
        &self,
        request: Request<pb::CompleteUploadRequest>,
    ) -> Result<Response<pb::CompleteUploadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (id, me) = (id(&req.attachment_id)?, ctx.principal()?);
        let tx = ctx.write().await?;
        let (row, holder, audience) = store::seen(&tx, id, true).await?;
        holder.check_editable(me)?;
        if row.added_by != me.user_id || row.deleted_at.is_some() {
            return Err(NOT_FOUND.into());
        }
        if row.is_shown() {
            return Ok(tx.commit(pb::CompleteUploadResponse { attachment: Some(row.into_pb()?) }).await?);
        }
        let from = row.in_vault().ok_or_else(not_there)?;
        row.check_content()?;
        // Before the commit: a row that is ready has its file. A commit that fails leaves it at the home that the row names: there the
        // next try finds it, and so does the work that gives the upload up.
        if !ctx.vault().rename(&from.path, &row.place).await? {
            return Err(not_there().into());
        }
        let row = store::release(&tx, row, ctx.now()).await?;
        trace(&ctx, &tx, &row, holder, audience, EventKind::FileAdded).await?;
        let quarantine = store::quarantine(row.org_id, row.id);
        let response = tx.commit(pb::CompleteUploadResponse { attachment: Some(row.into_pb()?) }).await?;
        if let Err(error) = ctx.vault().remove_folder(&quarantine).await {
            tracing::warn!(?error, "what an upload left behind could not be deleted");
        }
        Ok(response)
    }

    async fn list_attachments(
        &self,
        request: Request<pb::ListAttachmentsRequest>,
    ) -> Result<Response<pb::ListAttachmentsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = store::LIST.read(ListRequest::page(req.page_size, &req.page_token)).map_err(Error::from)?;
        let holder = Holder::parse(&req.record_id);
        let holder = holder.ok_or_else(|| Error::invalid("record_id", "Say which customer, contact, lead or task is meant."))?;
        holder.check_on(ctx.principal()?)?;
        let tx = ctx.read().await?;
        holder.audience(&tx).await?;
        let (rows, page) = store::attachments(&tx, holder, &list).await?;
        let attachments = rows.into_iter().map(Model::into_pb).collect::<Result<_>>()?;
        Ok(Response::new(pb::ListAttachmentsResponse { attachments, page: Some(page) }))
    }

    async fn download_attachment(
        &self,
        request: Request<pb::DownloadAttachmentRequest>,
    ) -> Result<Response<Self::DownloadAttachmentStream>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = id(&req.attachment_id)?;
        let tx = ctx.read().await?;
        let (row, holder, _) = store::seen(&tx, id, false).await?;
        holder.check_on(ctx.principal()?)?;
        let right = Right::begin(&ctx, &tx).await?;
        drop(tx);
        let place = row.in_vault().filter(|_| row.is_shown()).ok_or(NOT_FOUND)?;
        let file = ctx.vault().open(&place).await?.ok_or_else(not_here)?;
        Ok(Response::new(download::pieces(ctx, right, file, |data| pb::DownloadAttachmentResponse { data })))
    }

    async fn delete_attachment(
        &self,
        request: Request<pb::DeleteAttachmentRequest>,
    ) -> Result<Response<pb::DeleteAttachmentResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = id(&req.attachment_id)?;
        let tx = ctx.write().await?;
        let (row, holder, audience) = store::seen(&tx, id, true).await?;
        holder.check_editable(ctx.principal()?)?;
        if !row.is_shown() {
            return Err(NOT_FOUND.into());
        }
        if row.version != req.version {
            return Err(Error::conflict(&pb::AttachmentConflict { current: Some(row.into_pb()?) }).into());
        }
        let row = store::set_deleted(&tx, row, Some(ctx.now())).await?;
        trace(&ctx, &tx, &row, holder, audience, EventKind::FileRemoved).await?;
        Ok(tx.commit(pb::DeleteAttachmentResponse {}).await?)
    }

    async fn restore_attachment(
        &self,
        request: Request<pb::RestoreAttachmentRequest>,
    ) -> Result<Response<pb::RestoreAttachmentResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = id(&req.attachment_id)?;
        let me = ctx.principal()?;
        let (_, holder, audience) = store::seen(&ctx.read().await?, id, false).await?;
        holder.check_editable(me)?;
        let tx = ctx.write_whole_org().await?;
        // It is counted with the company's files still; on its record there may be others by now.
        store::check_room(&tx, holder, 0, ctx.vault().bounds(), ctx.now()).await?;
        let (row, ..) = store::seen(&tx, id, true).await?;
        if row.state != READY || row.holder()? != holder || row.deleted_at.is_some_and(|at| at <= ctx.now() - KEPT) {
            return Err(NOT_FOUND.into());
        }
        if row.deleted_at.is_none() {
            return Err(Error::refused(reason::NOT_DELETED, "This file is there.").into());
        }
        let row = store::set_deleted(&tx, row, None).await?;
        trace(&ctx, &tx, &row, holder, audience, EventKind::FileRestored).await?;
        Ok(tx.commit(pb::RestoreAttachmentResponse { attachment: Some(row.into_pb()?) }).await?)
    }
}

/// A file that is ready is on the storage that it was sent to.
fn not_here() -> Error {
    tracing::error!("a file is not on the storage of this process: mount one `files` folder for all of them");
    let text =
        "This file is not on the server that was asked. Try again; if that does not help, ask whoever runs StreamFlow for you.";
    Error::refused(reason::FILE_ELSEWHERE, text)
}

fn id(text: &str) -> Result<Uuid> {
    ids::parse(prefix::ATTACHMENT, text).ok_or(NOT_FOUND)
}

fn not_there() -> Error {
    Error::refused(reason::NOT_UPLOADED, "The file has not arrived. Send it, then try again.")
}

/// What a write leaves behind: the news, and on records an event of their timeline. Tasks have none.
async fn trace(ctx: &Ctx, tx: &WriteDb, row: &Model, holder: Holder, audience: Audience, event: EventKind) -> Result<()> {
    let op = if event == EventKind::FileRemoved { Op::Deleted } else { Op::Created };
    // A watcher knows the record it shows: so the news names it.
    let fields = vec![holder.format()];
    tx.record(Change { entity: "attachment", id: row.id, version: row.version, op, fields: fields.clone(), audience });
    let Holder::Record(kind, id) = holder else { return Ok(()) };
    let event = NewEvent { text: row.name.clone(), ..NewEvent::new(kind, id, event) };
    for id in insert_events(tx, &Writer::of(ctx), &[event]).await? {
        tx.record(Change { entity: "timeline", id, version: 1, op: Op::Created, fields: fields.clone(), audience });
    }
    Ok(())
}
