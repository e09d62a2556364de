//! What becomes of companies, as open pages hear of it.

use futures::StreamExt as _;
use streamflow_proto::provider::v1::{self as pb, change_service_client::ChangeServiceClient};
use tonic::{Request, Status};
use web_kit::{
    api::Api,
    live::{Events, Live, LiveChange, LiveEvent, Op, provide_live},
};

/// Begins when [`Live::start`] is called.
pub fn provide_changes(api: Api) -> Live {
    provide_live(api, move |cursor| Box::pin(open_changes(api, cursor)))
}

async fn open_changes(api: Api, cursor: String) -> Result<Events, Status> {
    // What pages read before the first stream began may be older than it.
    let mut is_first = cursor.is_empty();
    let stream = ChangeServiceClient::new(api.transport()).watch(Request::new(pb::WatchRequest { cursor })).await?.into_inner();
    Ok(stream.map(move |message| message.map(|message| event(message, std::mem::take(&mut is_first)))).boxed_local())
}

fn event(message: pb::WatchResponse, is_first: bool) -> LiveEvent {
    let of = |id: String| LiveChange { entity: "tenant".to_owned(), id, op: Op::Updated.into(), ..LiveChange::default() };
    let change = (!message.tenant_id.is_empty()).then(|| of(message.tenant_id));
    LiveEvent { cursor: message.cursor, reset: message.reset || (is_first && change.is_none()), change }
}
