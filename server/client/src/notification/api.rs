//! `streamflow.client.v1.NotificationService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::Error,
    feed::Op,
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::{
    client::v1::{self as pb, notification_service_server::NotificationService},
    common::v1::PageInfo,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    news::{About, change},
    store::{self, Model},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl NotificationService for Api {
    async fn list_notifications(
        &self,
        request: Request<pb::ListNotificationsRequest>,
    ) -> Result<Response<pb::ListNotificationsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = ListRequest { page_size: req.page_size, page_token: &req.page_token, ..ListRequest::default() };
        let list = store::spec(req.unread_only).read(asked).map_err(Error::from)?;
        let me = ctx.principal()?.user_id;
        let (rows, next_page_token) = store::notifications(&ctx.read().await?, me, &list, req.unread_only).await?;
        let page = Some(PageInfo { next_page_token, ..PageInfo::default() });
        Ok(Response::new(pb::ListNotificationsResponse { notifications: rows.into_iter().map(into_pb).collect(), page }))
    }

    async fn count_unread(&self, request: Request<pb::CountUnreadRequest>) -> Result<Response<pb::CountUnreadResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let unread = store::unread(&ctx.read().await?, ctx.principal()?.user_id).await?;
        Ok(Response::new(pb::CountUnreadResponse { unread }))
    }

    async fn mark_read(&self, request: Request<pb::MarkReadRequest>) -> Result<Response<pb::MarkReadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let missing = || Error::not_found("notification");
        let id = ids::parse(prefix::NOTIFICATION, &req.notification_id).ok_or_else(missing)?;
        let me = ctx.principal()?.user_id;
        let tx = ctx.write().await?;
        let (row, changed) = store::set_read(&tx, me, id, req.read.then(|| ctx.now())).await?.ok_or_else(missing)?;
        if changed {
            tx.record(change(id, me, Op::Updated));
        }
        Ok(tx.commit(pb::MarkReadResponse { notification: Some(into_pb(row)) }).await?)
    }

    async fn mark_all_read(&self, request: Request<pb::MarkAllReadRequest>) -> Result<Response<pb::MarkAllReadResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let me = ctx.principal()?.user_id;
        let tx = ctx.write().await?;
        let marked = store::set_all_read(&tx, me, ctx.now()).await?;
        if marked > 0 {
            // One piece of news for all of them: pages read their inbox again.
            tx.record(change(Uuid::nil(), me, Op::Updated));
        }
        let marked = i32::try_from(marked).unwrap_or(i32::MAX);
        Ok(tx.commit(pb::MarkAllReadResponse { marked }).await?)
    }
}

fn into_pb(row: Model) -> pb::Notification {
    let about = About::ALL.into_iter().find(|about| about.as_str() == row.kind);
    let kind = match about {
        Some(About::Invitation) => pb::NotificationKind::Invitation,
        Some(About::Import) => pb::NotificationKind::Import,
        Some(About::Assigned) => pb::NotificationKind::Assigned,
        Some(About::Anomaly) => pb::NotificationKind::Anomaly,
        Some(About::Support) => pb::NotificationKind::Support,
        Some(About::Export) => pb::NotificationKind::Export,
        None => pb::NotificationKind::Unspecified,
    };
    pb::Notification {
        id: ids::format(prefix::NOTIFICATION, row.id),
        kind: kind.into(),
        title: row.title,
        body: row.body,
        link: row.link,
        created_at: timestamp(row.created_at),
        read_at: row.read_at.and_then(timestamp),
    }
}
