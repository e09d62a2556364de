//! `streamflow.client.v1.ChangeService`.

use std::pin::Pin;

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Principal},
    db::Visibility,
    error::{Error, Result},
    feed::{Cursor, Event, Op, WatchItem},
    ids,
};
use streamflow_proto::client::v1::{self as pb, change_service_server::ChangeService};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{noun::NOUNS, permission::may, system::PORTAL};

#[derive(Debug)]
pub struct Api;

type Messages = Pin<Box<dyn Stream<Item = Result<pb::WatchResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ChangeService for Api {
    type WatchStream = Messages;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Messages>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let me = principal.user_id;
        let items = ReceiverStream::new(ctx.watch(entities(principal), cursor(&req.cursor)?)?);
        Ok(Response::new(Box::pin(items.map(move |item| Ok(message(item, me))))))
    }
}

/// Where to go on; none to begin now.
fn cursor(text: &str) -> Result<Option<Cursor>> {
    if text.is_empty() {
        return Ok(None);
    }
    Cursor::parse(text)
        .map(Some)
        .ok_or_else(|| Error::invalid("cursor", "This is no cursor of an earlier message. Leave it empty to begin now."))
}

fn entities(principal: &Principal) -> Vec<&'static str> {
    NOUNS
        .iter()
        .filter(|noun| !noun.permission.is_empty() && may(&principal.role, noun.permission))
        // Notes stand on leads too, and bookkeeping sees none of those.
        .filter(|noun| noun.entity != "timeline" || principal.visibility != Visibility::Finance)
        .map(|noun| noun.entity)
        .collect()
}

fn message(item: WatchItem, me: Uuid) -> pb::WatchResponse {
    match item {
        // Whoever sees all records still has only the own tasks and views; the cursor moves on all the same.
        WatchItem::Change(event) if is_anothers_own(&event, me) => heartbeat(event.cursor),
        WatchItem::Change(event) => {
            pb::WatchResponse { cursor: event.cursor.to_string(), change: Some(change(&event)), reset: false }
        }
        WatchItem::Heartbeat(cursor) => heartbeat(cursor),
        WatchItem::Reset(cursor) => pb::WatchResponse { reset: true, ..heartbeat(cursor) },
    }
}

fn heartbeat(cursor: Cursor) -> pb::WatchResponse {
    pb::WatchResponse { cursor: cursor.to_string(), change: None, reset: false }
}

/// True for what belongs to one person alone, who is somebody else.
fn is_anothers_own(event: &Event, me: Uuid) -> bool {
    let audience = event.audience;
    let personal = matches!(event.entity.as_str(), "task" | "saved_view" | "notification");
    personal && !audience.everyone && ![audience.owner, audience.assignee].contains(&Some(me))
}

fn change(event: &Event) -> pb::Change {
    pb::Change {
        entity: event.entity.clone(),
        id: PORTAL.wire_id(&event.entity, Some(event.id)),
        version: event.version,
        op: op(event.op).into(),
        actor_id: ids::format_option(ids::prefix::USER, event.actor_id),
        actor_name: event.actor_name.clone(),
        fields: event.fields.clone(),
        at: timestamp(event.at),
    }
}

const fn op(op: Op) -> pb::ChangeOp {
    match op {
        Op::Created => pb::ChangeOp::Created,
        Op::Updated => pb::ChangeOp::Updated,
        Op::Deleted => pb::ChangeOp::Deleted,
    }
}
