//! `streamflow.client.v1.ChangeService`.

use std::pin::Pin;

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Principal},
    db::Visibility,
    error::Result,
    feed::{Cursor, Event, Op, WatchItem},
    ids,
};
use streamflow_proto::client::v1::{self as pb, change_service_server::ChangeService};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    noun::NOUNS,
    permission::{is_open_to_support, may},
    portal::PORTAL,
    task,
};

#[derive(Debug)]
pub struct Api;

type Messages = Pin<Box<dyn Stream<Item = Result<pb::WatchResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ChangeService for Api {
    type WatchStream = Messages;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Messages>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let cursor = Cursor::read(&req.cursor)?;
        let listener = Listener::of(&ctx, principal).await?;
        let items = ReceiverStream::new(ctx.watch(entities(principal), cursor)?);
        // What took the right away after the request was let in, and before anybody listened here, is told to nobody.
        ctx.let_in_again().await?;
        Ok(Response::new(Box::pin(items.map(move |item| Ok(message(item, &listener))))))
    }
}

/// Whose own things a person hears of.
struct Listener {
    me: Uuid,
    visibility: Visibility,
    /// The people whose tasks this person sees, as their teams were when they began to listen.
    colleagues: Vec<Uuid>,
}

impl Listener {
    async fn of(ctx: &Ctx, principal: &Principal) -> Result<Self> {
        let colleagues = match principal.visibility {
            Visibility::Team => task::store::colleagues(&ctx.read().await?).await?,
            _ => Vec::new(),
        };
        Ok(Self { me: principal.user_id, visibility: principal.visibility, colleagues })
    }

    /// The rule of lists of tasks.
    fn sees_task_of(&self, assignee: Option<Uuid>) -> bool {
        assignee == Some(self.me)
            || match self.visibility {
                Visibility::Org => true,
                Visibility::Team => assignee.is_none_or(|person| self.colleagues.contains(&person)),
                _ => false,
            }
    }

    /// Files are seen with what they are on, which the news names. Bookkeeping sees no leads.
    fn sees_file_on(&self, holder: Option<&String>, assignee: Option<Uuid>) -> bool {
        let is_on = |prefix: &str| holder.is_some_and(|id| id.starts_with(prefix));
        if is_on(ids::prefix::TASK) {
            return self.sees_task_of(assignee);
        }
        !(is_on(ids::prefix::LEAD) && self.visibility == Visibility::Finance)
    }
}

fn entities(principal: &Principal) -> Vec<&'static str> {
    NOUNS
        .iter()
        .filter(|noun| !noun.permission.is_empty() && may(&principal.role, noun.permission))
        .filter(|noun| principal.support.is_none() || is_open_to_support(noun.permission))
        // Notes stand on leads too, and bookkeeping sees none of those.
        .filter(|noun| noun.entity != "timeline" || principal.visibility != Visibility::Finance)
        .map(|noun| noun.entity)
        .collect()
}

fn message(item: WatchItem, listener: &Listener) -> pb::WatchResponse {
    match item {
        // Whoever sees all records still has only the own views and news; the cursor moves on all the same.
        WatchItem::Change(event) if is_anothers_own(&event, listener) => heartbeat(event.cursor),
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
fn is_anothers_own(event: &Event, listener: &Listener) -> bool {
    let audience = event.audience;
    match event.entity.as_str() {
        _ if audience.everyone => false,
        "task" => !listener.sees_task_of(audience.assignee),
        "attachment" => !listener.sees_file_on(event.fields.first(), audience.assignee),
        "saved_view" | "notification" | "session" => ![audience.owner, audience.assignee].contains(&Some(listener.me)),
        _ => false,
    }
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
