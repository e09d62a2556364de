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
    preference::{self, Preference},
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

    async fn list_notification_preferences(
        &self,
        request: Request<pb::ListNotificationPreferencesRequest>,
    ) -> Result<Response<pb::ListNotificationPreferencesResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let me = ctx.principal()?;
        let found = preference::preferences(&ctx.read().await?, me.user_id, &me.role).await?;
        let preferences = found.into_iter().map(preference_into_pb).collect();
        Ok(Response::new(pb::ListNotificationPreferencesResponse { preferences }))
    }

    async fn set_notification_preference(
        &self,
        request: Request<pb::SetNotificationPreferenceRequest>,
    ) -> Result<Response<pb::SetNotificationPreferenceResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let me = ctx.principal()?;
        let chosen = read_preference(req.preference.unwrap_or_default(), &me.role)?;
        let tx = ctx.write().await?;
        preference::set_preference(&tx, me.user_id, chosen, ctx.now()).await?;
        Ok(tx.commit(pb::SetNotificationPreferenceResponse { preference: Some(preference_into_pb(chosen)) }).await?)
    }
}

fn read_preference(asked: pb::NotificationPreference, role: &str) -> Result<Preference, Error> {
    let about = About::ALL.into_iter().find(|about| kind_of(*about) == asked.kind());
    let about = about.filter(|about| about.concerns(role));
    let about = about.ok_or_else(|| Error::invalid("preference.kind", "Choose a kind of notification that you get."))?;
    if about.stays_in_inbox() && !asked.inbox {
        return Err(Error::invalid("preference.inbox", "This kind always stays in the inbox."));
    }
    Ok(Preference { about, inbox: asked.inbox, email: asked.email })
}

fn preference_into_pb(preference: Preference) -> pb::NotificationPreference {
    let Preference { about, inbox, email } = preference;
    pb::NotificationPreference { kind: kind_of(about).into(), inbox, email, inbox_only_on: about.stays_in_inbox() }
}

const fn kind_of(about: About) -> pb::NotificationKind {
    match about {
        About::Invitation => pb::NotificationKind::Invitation,
        About::Import => pb::NotificationKind::Import,
        About::Assigned => pb::NotificationKind::Assigned,
        About::Anomaly => pb::NotificationKind::Anomaly,
        About::Support => pb::NotificationKind::Support,
        About::Export => pb::NotificationKind::Export,
    }
}

fn into_pb(row: Model) -> pb::Notification {
    let kind = About::parse(&row.kind).map_or(pb::NotificationKind::Unspecified, kind_of);
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
