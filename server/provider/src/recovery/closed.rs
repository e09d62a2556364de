//! `streamflow.provider.v1.RecoveryService` while the database is there: it says so, and does nothing else.

use std::sync::Arc;

use streamflow_kernel::{ctx::Ctx, error::Error, recovery::Recovery};
use streamflow_proto::{
    provider::v1::{self as pb, recovery_service_server::RecoveryService},
    reason::Reason,
};
use tonic::{Request, Response, Status};

use super::api::status;

#[derive(Debug)]
pub struct Api {
    pub recovery: Arc<Recovery>,
}

/// Taken by the RPC, so that its refusal is its own.
fn closed<T, R>(request: Request<T>) -> Result<Response<R>, Status> {
    Ctx::enter(request)?;
    Err(Error::refused(Reason::NOT_IN_RECOVERY, "The portal is not in Recovery Mode. Sign in as usual.").into())
}

#[tonic::async_trait]
impl RecoveryService for Api {
    async fn get_recovery_status(
        &self,
        request: Request<pb::GetRecoveryStatusRequest>,
    ) -> Result<Response<pb::GetRecoveryStatusResponse>, Status> {
        Ctx::enter(request)?;
        Ok(Response::new(status(&self.recovery)))
    }

    async fn enter_recovery(
        &self,
        request: Request<pb::EnterRecoveryRequest>,
    ) -> Result<Response<pb::EnterRecoveryResponse>, Status> {
        closed(request)
    }

    async fn leave_recovery(
        &self,
        request: Request<pb::LeaveRecoveryRequest>,
    ) -> Result<Response<pb::LeaveRecoveryResponse>, Status> {
        closed(request)
    }

    async fn get_recovery_view(
        &self,
        request: Request<pb::GetRecoveryViewRequest>,
    ) -> Result<Response<pb::GetRecoveryViewResponse>, Status> {
        closed(request)
    }

    async fn probe_database(
        &self,
        request: Request<pb::ProbeDatabaseRequest>,
    ) -> Result<Response<pb::ProbeDatabaseResponse>, Status> {
        closed(request)
    }

    async fn reconnect_database(
        &self,
        request: Request<pb::ReconnectDatabaseRequest>,
    ) -> Result<Response<pb::ReconnectDatabaseResponse>, Status> {
        closed(request)
    }

    async fn restart_jobs(&self, request: Request<pb::RestartJobsRequest>) -> Result<Response<pb::RestartJobsResponse>, Status> {
        closed(request)
    }

    async fn restart_mail(&self, request: Request<pb::RestartMailRequest>) -> Result<Response<pb::RestartMailResponse>, Status> {
        closed(request)
    }
}
