//! Telling the system that hears of companies what happened to them.

use streamflow_kernel::kernel::Kernel;
use streamflow_proto::federation::v1::{self as pb, tenant_event_service_client::TenantEventServiceClient};
use tonic::Status;

/// Full name of the service that hears it.
const SERVICE: &str = "streamflow.federation.v1.TenantEventService";

/// Sends 1 to 100 events. May be repeated: an event is kept once, by its id. Returns how many were new.
pub async fn report(kernel: &Kernel, events: Vec<pb::TenantEvent>) -> Result<i32, Status> {
    let channel = kernel.federation.serving(SERVICE)?;
    let reply = TenantEventServiceClient::new(channel).report_tenant_events(pb::ReportTenantEventsRequest { events }).await?;
    Ok(reply.into_inner().stored)
}
