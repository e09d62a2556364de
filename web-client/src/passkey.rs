//! Passkeys in the browser: `navigator.credentials` behind two calls. Bytes go to the server as they come, so none of the JSON forms is
//! needed, which older browsers don't write.

use js_sys::{Array, JsString, Object, Reflect, Uint8Array};
use leptos::prelude::window;
use streamflow_proto::client::v1 as pb;
use tonic::Code;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_kit::api::error::ApiError;

/// Old browsers have none, nor have pages that came unencrypted from another machine.
pub fn is_supported() -> bool {
    Reflect::has(&window(), &"PublicKeyCredential".into()).unwrap_or(false)
}

/// Has the person's device make one. The answer is for the server.
pub async fn make(
    options: pb::BeginPasskeyRegistrationResponse,
    name: String,
) -> Result<pb::FinishPasskeyRegistrationRequest, ApiError> {
    let credentials = window().navigator().credentials();
    let made = credentials.create_with_options(creation(&options).unchecked_ref()).map_err(told)?;
    let made = JsFuture::from(made).await.map_err(told)?;
    let response = field(&made, "response");
    Ok(pb::FinishPasskeyRegistrationRequest {
        name,
        client_data_json: bytes(&response, "clientDataJSON"),
        attestation_object: bytes(&response, "attestationObject"),
    })
}

/// Has the person choose one and sign with it. The answer is for the server.
pub async fn show(options: pb::BeginPasskeySignInResponse) -> Result<pb::FinishPasskeySignInRequest, ApiError> {
    let credentials = window().navigator().credentials();
    let shown = credentials.get_with_options(request(&options).unchecked_ref()).map_err(told)?;
    let shown = JsFuture::from(shown).await.map_err(told)?;
    let response = field(&shown, "response");
    Ok(pb::FinishPasskeySignInRequest {
        credential: bytes(&shown, "rawId"),
        client_data_json: bytes(&response, "clientDataJSON"),
        authenticator_data: bytes(&response, "authenticatorData"),
        signature: bytes(&response, "signature"),
        user_handle: bytes(&response, "userHandle"),
        return_token: false,
    })
}

/// `CredentialCreationOptions`.
fn creation(options: &pb::BeginPasskeyRegistrationResponse) -> Object {
    let kind = || JsValue::from("public-key");
    let party = object(&[("id", options.rp_id.as_str().into()), ("name", options.rp_name.as_str().into())]);
    let user = object(&[
        ("id", buffer(&options.user_handle)),
        ("name", options.user_name.as_str().into()),
        ("displayName", options.user_display_name.as_str().into()),
    ]);
    let algorithms = options.algorithms.iter().map(|alg| object(&[("type", kind()), ("alg", (*alg).into())]));
    let others = options.exclude_credentials.iter().map(|id| object(&[("type", kind()), ("id", buffer(id))]));
    let selection = object(&[
        ("residentKey", "required".into()),
        // What browsers before Level 2 know it by.
        ("requireResidentKey", true.into()),
        ("userVerification", "required".into()),
    ]);
    let public_key = object(&[
        ("challenge", buffer(&options.challenge)),
        ("rp", party.into()),
        ("user", user.into()),
        ("pubKeyCredParams", algorithms.collect::<Array>().into()),
        ("excludeCredentials", others.collect::<Array>().into()),
        ("authenticatorSelection", selection.into()),
        ("attestation", "none".into()),
        ("timeout", milliseconds(options.timeout_seconds)),
    ]);
    object(&[("publicKey", public_key.into())])
}

/// `CredentialRequestOptions`.
fn request(options: &pb::BeginPasskeySignInResponse) -> Object {
    let public_key = object(&[
        ("challenge", buffer(&options.challenge)),
        ("rpId", options.rp_id.as_str().into()),
        ("userVerification", "required".into()),
        ("timeout", milliseconds(options.timeout_seconds)),
    ]);
    object(&[("publicKey", public_key.into())])
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes every field.
        let _ = Reflect::set(&object, &JsString::from(*name), value);
    }
    object
}

fn buffer(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn milliseconds(seconds: i32) -> JsValue {
    (f64::from(seconds) * 1000.0).into()
}

fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsString::from(name)).unwrap_or_default()
}

/// Of an `ArrayBuffer`; none where there is nothing.
fn bytes(of: &JsValue, name: &str) -> Vec<u8> {
    let buffer = field(of, name);
    if buffer.is_object() { Uint8Array::new(&buffer).to_vec() } else { Vec::new() }
}

/// Why the browser gave no passkey, by the name of its error (Web Authentication, sections 5.1.3 and 5.1.4).
fn told(error: JsValue) -> ApiError {
    let name = field(&error, "name").as_string().unwrap_or_default();
    ApiError::new(Code::FailedPrecondition, sentence(&name))
}

fn sentence(name: &str) -> &'static str {
    match name {
        "NotAllowedError" | "AbortError" => {
            t!("No passkey was used: it was cancelled, or took too long. Try again, or use another way.")
        }
        "InvalidStateError" => t!("This device has a passkey for your account already."),
        "SecurityError" => t!("Passkeys don’t work at this address."),
        "NotSupportedError" | "ConstraintError" => {
            t!("This device can’t keep a passkey that asks for your fingerprint, face or PIN.")
        }
        _ => t!("The browser could not use a passkey."),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn each_refusal_has_its_own_words() {
        let names = ["NotAllowedError", "InvalidStateError", "SecurityError", "NotSupportedError", ""];
        let mut sentences: Vec<_> = names.into_iter().map(sentence).collect();
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), names.len());
    }
}
