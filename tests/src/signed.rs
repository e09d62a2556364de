//! Requests as programs sign them, made from the specification of Standard Webhooks and from nothing of ours.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use prost::Message as _;
use sha2::Sha256;
use streamflow_proto::client::v1::{RegisterTenantRequest, RegisterTenantResponse};
use tonic::{Status, transport::Channel};

use crate::raw;

/// Id, time and signature, as headers.
pub type Headers = [(&'static str, String); 3];

/// Signs a body with a secret as its program got it.
pub fn sign(secret: &str, id: &str, at: i64, body: &[u8]) -> Headers {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(&[format!("{id}.{at}.").as_bytes(), body].concat());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    [("webhook-id", id.to_owned()), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)]
}

/// An id that nobody used before.
pub fn id() -> String {
    format!("msg_{}", uuid::Uuid::new_v4().simple())
}

/// Registers a company by gRPC, signed over the message in its frame.
pub async fn register(
    channel: &Channel,
    secret: &str,
    at: i64,
    wanted: &RegisterTenantRequest,
) -> Result<RegisterTenantResponse, Status> {
    let message = wanted.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let framed = [&[0][..], &length, &message].concat();
    send(channel, &sign(secret, &id(), at, &framed), message).await
}

/// Sends a message with whatever headers.
pub async fn send(channel: &Channel, headers: &Headers, message: Vec<u8>) -> Result<RegisterTenantResponse, Status> {
    let mut request = raw::request("client", None, message);
    for (name, value) in headers {
        request.metadata_mut().insert(*name, value.parse().expect("a header"));
    }
    let answer = raw::ask(channel, request, "/streamflow.client.v1.RegistrationService/RegisterTenant").await?;
    Ok(RegisterTenantResponse::decode(answer.as_slice()).expect("an answer"))
}
