//! Any RPC by its path with any bytes, as an attacker would.

use bytes::{Buf as _, BufMut as _};
use tonic::{
    Code, Request, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// Carries messages as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}

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
pub async fn ask(channel: &Channel, request: Request<Vec<u8>>, path: &str) -> Result<Vec<u8>, Status> {
    let path = path.parse::<http::uri::PathAndQuery>().expect("a path");
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("a ready channel");
    let mut answer = grpc.server_streaming(request, path, Bytes).await?.into_inner();
    Ok(answer.message().await?.unwrap_or_default())
}
