//! An RPC that breaks: the caller gets a number to quote, the server lives, the audit knows.

use std::{collections::HashSet, sync::Arc};

use http::{HeaderMap, Request};
use http_body_util::Full;
use streamflow_client::session::principal::ClientAuthenticator;
use streamflow_kernel::server::{PortalSite, assets::NoAssets};
use streamflow_proto::{
    access,
    client::{
        self,
        v1::{
            self as pb,
            client_error_service_server::{ClientErrorService, ClientErrorServiceServer},
        },
    },
};
use streamflow_tests::world::{ORIGIN, World};
use tonic::{Response, Status, codegen::Service as _, service::Routes};

const PATH: &str = "/streamflow.client.v1.ClientErrorService/LogClientError";

/// Serves the one RPC that anybody may call, badly.
struct Broken;

#[tonic::async_trait]
impl ClientErrorService for Broken {
    async fn log_client_error(
        &self,
        _: tonic::Request<pb::LogClientErrorRequest>,
    ) -> Result<Response<pb::LogClientErrorResponse>, Status> {
        panic!("on purpose")
    }
}

async fn call(world: &World) -> HeaderMap {
    let site = PortalSite {
        kernel: Arc::clone(&world.kernel),
        access: access::CLIENT,
        descriptors: client::DESCRIPTORS,
        authenticator: ClientAuthenticator::new(world.kernel.database.clone()),
        services: Routes::default().add_service(ClientErrorServiceServer::new(Broken)),
        origins: HashSet::from([ORIGIN.to_owned()]),
        assets: Arc::new(NoAssets),
        reflection: false,
        intake: None,
    };
    let request = Request::post(PATH)
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("x-streamflow-portal", "client")
        .body(Full::new(bytes::Bytes::from_static(&[0, 0, 0, 0, 0])))
        .unwrap();
    let mut router = site.into_router().unwrap();
    router.call(request).await.unwrap().headers().clone()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_answered_and_audited() {
    let world = World::sqlite().await;
    let headers = call(&world).await;
    assert_eq!(text(&headers, "grpc-status"), "13");
    let number = text(&headers, "x-request-id");
    let db = world.kernel.database.system_read().await.unwrap();
    let sql = "SELECT outcome FROM audit WHERE correlation_id = ? AND path = ?";
    let outcomes: Vec<Outcome> = db.query(sql, vec![number.into(), PATH.into()]).await.unwrap();
    assert_eq!(outcomes.len(), 1, "{number}");
    assert_eq!(outcomes[0].outcome, "INTERNAL");
}

#[derive(sea_orm::FromQueryResult)]
struct Outcome {
    outcome: String,
}
