//! `streamflow.federation.v1.TenantEventService`.

use streamflow_kernel::{ctx::Ctx, db::NO_ORG, error::Error};
use streamflow_proto::federation::v1::{self as pb, tenant_event_service_server::TenantEventService};
use tonic::{Request, Response, Status};

use super::{domain, store};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TenantEventService for Api {
    async fn report_tenant_events(
        &self,
        request: Request<pb::ReportTenantEventsRequest>,
    ) -> Result<Response<pb::ReportTenantEventsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let events = domain::events(req.events)?;
        let db = ctx.system().await?;
        let mut changes = Vec::new();
        for event in events {
            if store::insert_event(&db, &event, ctx.now()).await? {
                let kept = store::keep_newest(&db, &event.facts, ctx.new_id(), event.at, ctx.now()).await?;
                // The event itself is new to whoever looks at the company.
                changes.push(kept.change());
            }
        }
        let stored = i32::try_from(changes.len()).map_err(Error::internal)?;
        db.append_changes(NO_ORG, &ctx.actor(), &changes).await?;
        Ok(db.commit(pb::ReportTenantEventsResponse { stored }).await?)
    }
}
