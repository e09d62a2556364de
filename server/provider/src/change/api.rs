//! `streamflow.provider.v1.ChangeService`.

use futures::{StreamExt as _, stream::BoxStream};
use streamflow_kernel::{
    ctx::Ctx,
    feed::{Cursor, WatchItem},
};
use streamflow_proto::provider::v1::{self as pb, change_service_server::ChangeService};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::tenant::store::ENTITY;

#[derive(Debug)]
pub struct Api;

type Messages = BoxStream<'static, Result<pb::WatchResponse, Status>>;

#[tonic::async_trait]
impl ChangeService for Api {
    type WatchStream = Messages;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Messages>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let cursor = Cursor::read(&req.cursor)?;
        let items = ReceiverStream::new(ctx.watch(vec![ENTITY], cursor)?);
        let messages = items.then(move |item| {
            let ctx = ctx.clone();
            async move {
                // The feed does not hear of the end of an operator's session or rights: both are looked at before anything goes out.
                ctx.let_in_again().await?;
                Ok(message(item))
            }
        });
        Ok(Response::new(messages.boxed()))
    }
}

fn message(item: WatchItem) -> pb::WatchResponse {
    match item {
        WatchItem::Change(event) => {
            let tenant_id = event.fields.first().cloned().unwrap_or_default();
            pb::WatchResponse { tenant_id, ..heartbeat(event.cursor) }
        }
        WatchItem::Heartbeat(cursor) => heartbeat(cursor),
        WatchItem::Reset(cursor) => pb::WatchResponse { reset: true, ..heartbeat(cursor) },
    }
}

fn heartbeat(cursor: Cursor) -> pb::WatchResponse {
    pb::WatchResponse { cursor: cursor.to_string(), ..pb::WatchResponse::default() }
}
