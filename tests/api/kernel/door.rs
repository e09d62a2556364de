//! tonic checks neither content type nor origin. A page of another site must not reach an RPC.

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use streamflow_tests::world::{ORIGIN, World};

type Http = Client<hyper_util::client::legacy::connect::HttpConnector, Full<bytes::Bytes>>;

async fn post(http: &Http, world: &World, headers: &[(&str, &str)]) -> StatusCode {
    let address = world.address;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{address}/streamflow.client.v1.ClientErrorService/LogClientError"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(bytes::Bytes::from_static(&[0, 0, 0, 0, 0]));
    let response = http.request(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    // Repeated refusals too, of which the audit keeps no record.
    assert_eq!(response.headers().get("x-request-id").map(http::HeaderValue::len), Some(32), "{status}");
    let grpc_status = response.headers().get("grpc-status").map(|value| value.to_str().unwrap().to_owned());
    let trailers = response.into_body().collect().await.unwrap().trailers().cloned();
    if status != StatusCode::OK {
        assert!(grpc_status.is_none() && trailers.is_none_or(|trailers| !trailers.contains_key("grpc-status")), "an RPC ran");
    }
    status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cross_site_requests_are_refused_before_anything_runs() {
    let world = World::sqlite().await;
    for http in [
        Client::builder(TokioExecutor::new()).build_http(),
        Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Full<bytes::Bytes>>(),
    ] {
        let portal = ("x-streamflow-portal", "client");
        let grpc = ("content-type", "application/grpc-web+proto");
        assert_eq!(post(&http, &world, &[portal, grpc, ("origin", ORIGIN)]).await, StatusCode::OK);
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost:7002",
            "http://localhost:7001.evil.example",
            "http://provider.localhost:7001",
        ] {
            for content_type in ["application/grpc", "application/grpc-web+proto"] {
                let refused = post(&http, &world, &[portal, ("content-type", content_type), ("origin", origin)]).await;
                assert_eq!(refused, StatusCode::FORBIDDEN, "{origin} {content_type}");
            }
        }
        for content_type in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"]
        {
            assert_eq!(
                post(&http, &world, &[portal, ("content-type", content_type), ("origin", ORIGIN)]).await,
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            );
        }
        assert_eq!(post(&http, &world, &[portal, ("origin", ORIGIN)]).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(post(&http, &world, &[grpc, ("origin", ORIGIN)]).await, StatusCode::FORBIDDEN);
        assert_eq!(post(&http, &world, &[portal, grpc, ("cookie", "a=b")]).await, StatusCode::FORBIDDEN);
        assert_eq!(
            post(&http, &world, &[portal, grpc, ("origin", ORIGIN), ("sec-fetch-site", "cross-site")]).await,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_protective_headers() {
    let world = World::sqlite().await;
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    for path in ["/", "/sign-in", "/assets/missing.js", "/streamflow.client.v1.SessionService/Me", "/streamflow.nowhere.v1.X/Y"] {
        let request = Request::builder().uri(format!("http://{}{path}", world.address)).body(Full::default()).unwrap();
        let response = http.request(request).await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert!(header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(!header("content-security-policy").contains("unsafe-inline"));
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("strict-transport-security").contains("max-age=63072000"), "{path}");
        let permitted = header("permissions-policy");
        assert!(
            permitted.starts_with("camera=(), ") && permitted.contains("publickey-credentials-get=(self)"),
            "{path}: {permitted}"
        );
    }
}
