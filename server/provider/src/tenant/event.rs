//! `streamflow.federation.v1.TenantEventService`.

use streamflow_kernel::ctx::Ctx;
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
        let mut stored = 0;
        for event in events {
            if store::insert_event(&db, &event, ctx.now()).await? {
                store::keep_newest(&db, &event.facts, ctx.new_id(), event.at, ctx.now()).await?;
                stored += 1;
            }
        }
        Ok(db.commit(pb::ReportTenantEventsResponse { stored }).await?)
    }
}
