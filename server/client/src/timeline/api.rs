//! `streamflow.client.v1.TimelineService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    feed::{Change, Op},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, timeline_service_server::TimelineService};
use tonic::{Request, Response, Status};

use super::store::{self, EventKind, NewEvent};
use crate::{
    record::{
        find,
        input::{self, limit},
        kind::Kind,
        writer::Writer,
    },
    support_session::mask::Masked as _,
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TimelineService for Api {
    async fn list_timeline(
        &self,
        request: Request<pb::ListTimelineRequest>,
    ) -> Result<Response<pb::ListTimelineResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let kind = Kind::required(req.kind)?;
        kind.check_on(&ctx.principal()?.org)?;
        let list =
            store::LIST.read(ListRequest { page_size: req.page_size, page_token: &req.page_token, ..ListRequest::default() });
        let list = list.map_err(Error::from)?;
        let id = kind.parse_id(&req.record_id)?;
        let tx = ctx.read().await?;
        find::people_of(&tx, kind, id).await?;
        let page = store::events(&tx, (kind, id), &list).await?;
        let reader = ctx.principal()?;
        let events = page.rows.into_iter().map(|row| row.into_pb().for_reader(reader)).collect();
        Ok(Response::new(pb::ListTimelineResponse { events, page: Some(page.info) }))
    }

    async fn add_note(&self, request: Request<pb::AddNoteRequest>) -> Result<Response<pb::AddNoteResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let kind = Kind::required(req.kind)?;
        kind.check_on(&ctx.principal()?.org)?;
        let text = note(&req.text)?;
        let id = kind.parse_id(&req.record_id)?;
        let tx = ctx.write().await?;
        let people = find::people_of(&tx, kind, id).await?;
        let note = NewEvent { text, ..NewEvent::new(kind, id, EventKind::Note) };
        let event = store::insert_note(&tx, &Writer::of(&ctx), note).await?;
        tx.record(Change {
            entity: "timeline",
            id: event.id,
            version: 1,
            op: Op::Created,
            // A watcher knows the record it shows, not the event: so the news names the record.
            fields: vec![kind.format(id)],
            audience: people.audience(),
        });
        Ok(tx.commit(pb::AddNoteResponse { event: Some(event.into_pb()) }).await?)
    }
}

fn note(text: &str) -> Result<String> {
    let text = input::lines(text, limit::NOTE).map_err(|problem| Error::invalid("text", problem.sentence()))?;
    if text.is_empty() {
        return Err(Error::invalid("text", "Write the note first."));
    }
    Ok(text)
}
