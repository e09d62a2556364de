//! Any RPC by its path with any bytes, as an attacker would.

use bytes::Bytes;
use streamflow_proto::as_bytes::AsBytes;
use tonic::{Code, Request, Status, transport::Channel};

/// Calls `path` and returns its code and, when it succeeds, the first message's bytes.
pub async fn call(channel: &Channel, space: &str, token: Option<&str>, path: &str, message: Vec<u8>) -> (Code, Vec<u8>) {
    match ask(channel, request(space, token, message), path).await {
        Ok(bytes) => (Code::Ok, bytes),
        Err(status) => (status.code(), status.message().as_bytes().to_vec()),
    }
}

/// A request as a native client of the portal `space` sends it.
pub fn request(space: &str, token: Option<&str>, message: Vec<u8>) -> Request<Vec<u8>> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", space.parse().expect("a header"));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    request
}

/// The answer's first message, or nothing when a stream has none.
pub async fn ask(channel: &Channel, request: Request<impl Into<Bytes>>, path: &str) -> Result<Vec<u8>, Status> {
    let path = path.parse::<http::uri::PathAndQuery>().expect("a path");
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("a ready channel");
    let mut answer = grpc.server_streaming(request.map(Into::into), path, AsBytes).await?.into_inner();
    Ok(answer.message().await?.unwrap_or_default().into())
}
