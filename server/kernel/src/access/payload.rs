//! The request message as bytes: bounded, unframed, and the few fields of it that an audit record may keep.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};
use sha2::{Digest as _, Sha256};
use streamflow_proto::access::Access;

use super::MAX_REQUEST;
use crate::error::{Error, Result};

const FRAME_HEADER: usize = 5;
/// Longest that a request's message may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Longest text kept of one field.
const MAX_KEPT: usize = 200;
/// Most list items kept of one field.
const MAX_ITEMS: usize = 20;
/// Bytes of all fields together. Records are for good, and read many at a time.
const MAX_PAYLOAD: usize = 4 * 1024;
/// Stands where a value was too long.
const LEFT_OUT: &str = "…";

/// A message in its frame. Not shown, as it may say anything.
#[derive(Clone, Default)]
pub struct Framed(pub Bytes);

impl std::fmt::Debug for Framed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Framed(…)")
    }
}

/// Reads the whole body. Every RPC takes exactly one message.
pub async fn collect(body: Body) -> Result<Bytes> {
    let limited = Limited::new(body, MAX_REQUEST + FRAME_HEADER);
    let collected = tokio::time::timeout(ARRIVAL, limited.collect()).await;
    let collected = collected.map_err(|_| Error::invalid("request", "The request took too long to arrive."))?;
    let collected = collected.map_err(|_| Error::invalid("request", "The request is too large or was cut off."))?;
    Ok(collected.to_bytes())
}

/// The message inside its gRPC frame.
pub fn message(body: &Bytes) -> Result<&[u8]> {
    let malformed = || Error::invalid("request", "The request is not one gRPC message.");
    let (header, message) = body.split_at_checked(FRAME_HEADER).ok_or_else(malformed)?;
    let [flag, length @ ..] = header else { return Err(malformed()) };
    let length: [u8; 4] = length.try_into().map_err(|_| malformed())?;
    if *flag != 0 {
        return Err(Error::invalid("request", "Compressed requests are not accepted."));
    }
    if u32::from_be_bytes(length) as usize != message.len() {
        return Err(malformed());
    }
    Ok(message)
}

/// JSON object of the fields that the RPC's access lets into the audit.
pub fn kept_fields(messages: &DescriptorPool, access: &Access, message: &[u8]) -> String {
    bounded(fields(messages, access, message, KEPT))
}

/// What tells two messages apart whose kept fields differ, if only in what was cut off.
pub fn fingerprint(messages: &DescriptorPool, access: &Access, message: &[u8]) -> [u8; 32] {
    Sha256::digest(serde_json::Value::Object(fields(messages, access, message, WHOLE)).to_string()).into()
}

/// How much of a field is kept: characters of a text, items of a list.
#[derive(Clone, Copy)]
struct Limits {
    text: usize,
    items: usize,
}

const KEPT: Limits = Limits { text: MAX_KEPT, items: MAX_ITEMS };
const WHOLE: Limits = Limits { text: usize::MAX, items: usize::MAX };

fn fields(
    messages: &DescriptorPool,
    access: &Access,
    message: &[u8],
    limits: Limits,
) -> serde_json::Map<String, serde_json::Value> {
    if access.audit_fields.is_empty() {
        return serde_json::Map::new();
    }
    let decoded =
        messages.get_message_by_name(access.input).and_then(|descriptor| DynamicMessage::decode(descriptor, message).ok());
    let Some(decoded) = decoded else { return serde_json::Map::new() };
    access.audit_fields.iter().filter_map(|path| Some(((*path).to_owned(), field(&decoded, path, limits)?))).collect()
}

/// The kept fields with one more that the access layer adds.
pub fn with(kept: &str, name: &str, value: serde_json::Value) -> String {
    let mut kept: serde_json::Map<String, serde_json::Value> = serde_json::from_str(kept).unwrap_or_default();
    kept.insert(name.to_owned(), value);
    bounded(kept)
}

/// The object as text. Of one that is too long the longest fields become an ellipsis.
fn bounded(mut kept: serde_json::Map<String, serde_json::Value>) -> String {
    loop {
        let text = serde_json::Value::Object(kept.clone()).to_string();
        if text.len() <= MAX_PAYLOAD {
            return text;
        }
        let longest = kept.iter().max_by_key(|(_, value)| value.to_string().len()).map(|(name, _)| name.clone());
        match longest {
            Some(name) if kept.get(&name).is_some_and(|value| *value != LEFT_OUT) => kept.insert(name, LEFT_OUT.into()),
            // Not even the names fit.
            _ => return "{}".to_owned(),
        };
    }
}

fn field(message: &DynamicMessage, path: &str, limits: Limits) -> Option<serde_json::Value> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let descriptor = message.descriptor().get_field_by_name(name)?;
    if !message.has_field(&descriptor) {
        return None;
    }
    let value = message.get_field(&descriptor);
    match rest {
        Some(rest) => field(value.as_message()?, rest, limits),
        None => Some(json(&value, &descriptor, limits)),
    }
}

fn json(value: &Value, field: &prost_reflect::FieldDescriptor, limits: Limits) -> serde_json::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::I32(number) => (*number).into(),
        Value::I64(number) => (*number).into(),
        Value::U32(number) => (*number).into(),
        Value::U64(number) => (*number).into(),
        Value::String(text) => cut(text, limits).into(),
        Value::EnumNumber(number) => {
            let name = field.kind().as_enum().and_then(|kind| kind.get_value(*number)).map(|value| value.name().to_owned());
            name.map_or_else(|| (*number).into(), Into::into)
        }
        Value::List(items) => items.iter().take(limits.items).map(|item| json(item, field, limits)).collect(),
        // A field mask: its paths are names, not data. Nobody has checked them yet.
        Value::Message(message) => message
            .get_field_by_name("paths")
            .and_then(|paths| {
                let paths = paths.as_list()?.iter().take(limits.items);
                Some(paths.filter_map(|path| Some(cut(path.as_str()?, limits))).collect())
            })
            .unwrap_or(serde_json::Value::Null),
        _ => serde_json::Value::Null,
    }
}

fn cut(text: &str, limits: Limits) -> String {
    text.chars().take(limits.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_short_and_an_object() {
        let long = |bytes| serde_json::Value::from("x".repeat(bytes));
        let fields = [("a", long(3_000)), ("b", long(2_000)), ("c", 7.into())].map(|(name, value)| (name.to_owned(), value));
        let text = bounded(fields.into_iter().collect());
        let kept: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!((&kept["a"], &kept["b"], &kept["c"]), (&serde_json::json!(LEFT_OUT), &long(2_000), &serde_json::json!(7)));
        let names = (0..300).map(|n| (format!("field_{n}"), long(10)));
        assert_eq!(bounded(names.collect()), "{}");
    }

    #[test]
    fn only_one_whole_uncompressed_message_passes() {
        assert!(message(&Bytes::from_static(&[0, 0, 0, 0, 2, 1, 2])).is_ok_and(|message| message == [1, 2]));
        assert!(message(&Bytes::from_static(&[0, 0, 0, 0, 0])).is_ok_and(<[u8]>::is_empty));
        for bad in
            [&[][..], &[0, 0, 0, 0], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 9, 1], &[0, 0, 0, 0, 1, 1, 1], &[0, 255, 255, 255, 255, 0]]
        {
            assert!(message(&Bytes::copy_from_slice(bad)).is_err(), "{bad:?}");
        }
    }
}
