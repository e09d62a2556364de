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
pub async fn call(channel: &Channel, space: &str, token: Option<&str>, path: &'static str, message: Vec<u8>) -> (Code, Vec<u8>) {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", space.parse().expect("a header"));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("a ready channel");
    match grpc.server_streaming(request, http::uri::PathAndQuery::from_static(path), Bytes).await {
        Ok(response) => match response.into_inner().message().await {
            Ok(message) => (Code::Ok, message.unwrap_or_default()),
            Err(status) => (status.code(), Vec::new()),
        },
        Err(status) => (status.code(), status.message().as_bytes().to_vec()),
    }
}
