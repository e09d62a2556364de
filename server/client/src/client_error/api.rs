//! `streamflow.client.v1.ClientErrorService`.

use streamflow_kernel::{
    client_errors::{self, Report},
    ctx::Ctx,
};
use streamflow_proto::client::v1::{self as pb, client_error_service_server::ClientErrorService};
use tonic::{Request, Response, Status};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl ClientErrorService for Api {
    async fn log_client_error(
        &self,
        request: Request<pb::LogClientErrorRequest>,
    ) -> Result<Response<pb::LogClientErrorResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let report =
            Report { message: req.message, page: req.page, correlation_id: req.correlation_id, build: req.build };
        client_errors::log(&ctx, report).await?;
        Ok(Response::new(pb::LogClientErrorResponse {}))
    }
}
