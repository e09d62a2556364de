//! Calls of RPCs by their bytes. tonic's machinery would be compiled once for every pair of messages, and is most of what an RPC adds to
//! a browser's program; here it carries bytes, and a message is encoded and decoded outside of it.

use std::{future::Future, pin::Pin};

use prost::{Message, bytes::Bytes};
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    client::{Grpc, GrpcService},
    codegen::{Body as HttpBody, StdError, http::uri::PathAndQuery},
};
use tonic_prost::ProstCodec;

use crate::as_bytes::AsBytes;

/// What requests travel by: the bounds of tonic's generated clients.
pub trait Transport: GrpcService<Body, Error: Into<StdError>, ResponseBody = Self::Answer> {
    type Answer: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static;
}

impl<T> Transport for T
where
    T: GrpcService<Body>,
    T::Error: Into<StdError>,
    T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    type Answer = T::ResponseBody;
}

/// One message there, one back.
///
/// # Errors
/// The server's status; `UNKNOWN` where the transport isn't ready, `INTERNAL` where the answer is not the message it should be.
pub async fn unary<T: Transport, Req: Message, Res: Message + Default>(
    grpc: &mut Grpc<T>,
    path: &'static str,
    request: Request<Req>,
) -> Result<Response<Res>, Status> {
    let (metadata, extensions, message) = request.into_parts();
    let request = Request::from_parts(metadata, extensions, message.encode_to_vec().into());
    let (metadata, bytes, extensions) = carry(grpc, path, request).await?.into_parts();
    let message = Res::decode(&*bytes).map_err(|error| Status::internal(error.to_string()))?;
    Ok(Response::from_parts(metadata, message, extensions))
}

/// One message there, many back.
///
/// # Errors
/// As [`unary`]; what fails later is told by the stream.
pub async fn stream<T: Transport, Req: Message + 'static, Res: Message + Default + 'static>(
    grpc: &mut Grpc<T>,
    path: &'static str,
    request: Request<Req>,
) -> Result<Response<Streaming<Res>>, Status> {
    ready(grpc).await?;
    grpc.server_streaming(request, PathAndQuery::from_static(path), ProstCodec::default()).await
}

/// Boxed, so that the state machine of each RPC holds a pointer only.
fn carry<'a, T: Transport>(
    grpc: &'a mut Grpc<T>,
    path: &'static str,
    request: Request<Bytes>,
) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + 'a>> {
    Box::pin(async move {
        ready(grpc).await?;
        grpc.unary(request, PathAndQuery::from_static(path), AsBytes).await
    })
}

async fn ready<T: Transport>(grpc: &mut Grpc<T>) -> Result<(), Status> {
    grpc.ready().await.map_err(|error| Status::unknown(error.into().to_string()))
}
