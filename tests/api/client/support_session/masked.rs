//! No field that a support session is shown holds what it is not to see: a new one that sounds like it is masked, or said to be harmless.

use std::collections::{BTreeSet, HashMap};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _, Value,
};
use streamflow_client::support_session::mask::Masked;
use streamflow_proto::{
    access,
    client::{DESCRIPTORS, v1 as pb},
};

const CANARY: &str = "canary";

/// Parts of names of fields that may hold something personal, or a secret.
const SENSITIVE: [&str; 34] = [
    "email",
    "mail",
    "phone",
    "mobile",
    "fax",
    "address",
    "street",
    "line",
    "postal",
    "zip",
    "website",
    "url",
    "note",
    "text",
    "body",
    "comment",
    "description",
    "reason",
    "justification",
    "birth",
    "tax",
    "iban",
    "bank",
    "account",
    "card",
    "password",
    "secret",
    "token",
    "hash",
    "code",
    "custom",
    "before",
    "after",
    "contact",
];

/// Fields whose names sound like it and that are shown, with the reason.
const HARMLESS: &[(&str, &str)] = &[
    ("ChecklistItem.text", "What is done each time, for whatever customer."),
    ("Customer.main_contact_name", "Names are shown, so that records can be told apart."),
    ("GetDashboardResponse.customers_added_before", "A number."),
    ("GetDashboardResponse.leads_added_before", "A number."),
    ("GetDashboardResponse.leads_won_before", "A number."),
    ("Identity.email", "The session's own, which is empty."),
    ("Lead.contact_name", "Names are shown, so that records can be told apart."),
    ("MeResponse.currency_code", "EUR and the like."),
    ("Money.currency_code", "EUR and the like."),
    ("Notification.body", "Of the session's own inbox, which is empty."),
    ("Org.currency_code", "EUR and the like."),
    ("PageInfo.next_page_token", "Where a list goes on; it holds what the page shows."),
    ("StageFigure.added_before", "A number."),
    ("Suspension.contact", "What the support itself has written."),
    ("Suspension.reason", "What the support itself has written."),
    ("WeekFigure.before", "A number."),
];

/// What is left of a message when a support session is shown it; none for one that is shown as it is.
fn masked(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    fn mask<M: Message + Default + Masked>(bytes: &[u8]) -> Vec<u8> {
        let mut message = M::decode(bytes).unwrap();
        message.mask();
        message.encode_to_vec()
    }
    let of = match name {
        "Customer" => mask::<pb::Customer>,
        "Contact" => mask::<pb::Contact>,
        "Lead" => mask::<pb::Lead>,
        "Member" => mask::<pb::Member>,
        "TimelineEvent" => mask::<pb::TimelineEvent>,
        _ => return None,
    };
    Some(of(bytes))
}

fn value(owner: &MessageDescriptor, field: &FieldDescriptor, depth: usize) -> Option<Value> {
    Some(match (owner.name(), field.name(), field.kind()) {
        // Notes are what people write; of a change the field says what it is about.
        ("TimelineEvent", "kind", _) => Value::EnumNumber(pb::TimelineEventKind::Note.into()),
        ("FieldChange", "field", _) => Value::String("email".to_owned()),
        (_, _, Kind::String) => Value::String(CANARY.to_owned()),
        (_, _, Kind::Bytes) => Value::Bytes(CANARY.into()),
        (_, _, Kind::Message(inner)) if depth < 5 => Value::Message(filled(&inner, depth + 1)),
        _ => return None,
    })
}

/// A message with the canary in each text, however deep.
fn filled(descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if field.is_map() {
            let entry = HashMap::from([(MapKey::String(CANARY.to_owned()), Value::String(CANARY.to_owned()))]);
            let holds_text =
                matches!(field.kind(), Kind::Message(entry) if matches!(entry.map_entry_value_field().kind(), Kind::String));
            if holds_text {
                message.set_field(&field, Value::Map(entry));
            }
        } else if let Some(value) = value(descriptor, &field, depth) {
            message.set_field(&field, if field.is_list() { Value::List(vec![value]) } else { value });
        }
    }
    message
}

/// Fields that still have the canary, as `Message.field`.
fn shown(message: &DynamicMessage, found: &mut BTreeSet<String>) {
    for (field, value) in message.fields() {
        let name = format!("{}.{}", message.descriptor().name(), field.name());
        let mut values = vec![value];
        while let Some(value) = values.pop() {
            match value {
                Value::List(all) => values.extend(all),
                Value::Message(inner) => shown(inner, found),
                Value::Map(_) => drop(found.insert(name.clone())),
                Value::String(text) if text == CANARY => drop(found.insert(name.clone())),
                Value::Bytes(bytes) if bytes == CANARY.as_bytes() => drop(found.insert(name.clone())),
                _ => {}
            }
        }
    }
}

/// Walks what an RPC answers, and masks what is masked on the way.
fn walk(descriptor: &MessageDescriptor, seen: &mut BTreeSet<String>, found: &mut BTreeSet<String>) {
    if !seen.insert(descriptor.full_name().to_owned()) {
        return;
    }
    let whole = filled(descriptor, 0);
    if let Some(left) = masked(descriptor.name(), &whole.encode_to_vec()) {
        return shown(&DynamicMessage::decode(descriptor.clone(), left.as_slice()).unwrap(), found);
    }
    for field in descriptor.fields() {
        match field.kind() {
            Kind::Message(inner) if !field.is_map() => walk(&inner, seen, found),
            _ => drop(found.insert(format!("{}.{}", descriptor.name(), field.name()))),
        }
    }
}

#[test]
fn what_sounds_personal_is_masked_or_said_to_be_harmless() {
    let messages = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
    for access in access::CLIENT.iter().filter(|access| access.support) {
        let (service, rpc) = access.path.trim_start_matches('/').split_once('/').unwrap();
        let service = messages.get_service_by_name(service).unwrap();
        walk(&service.methods().find(|method| method.name() == rpc).unwrap().output(), &mut seen, &mut found);
    }
    let sounds = |name: &String| {
        let field = name.split('.').next_back().unwrap();
        field.split('_').any(|part| SENSITIVE.contains(&part))
    };
    let sensitive: BTreeSet<&str> = found.iter().filter(|name| sounds(name)).map(String::as_str).collect();
    let harmless: BTreeSet<&str> = HARMLESS.iter().map(|(name, _)| *name).collect();
    let new: Vec<_> = sensitive.difference(&harmless).collect();
    assert!(new.is_empty(), "mask these in support_session/mask.rs, or say here why they are harmless: {new:#?}");
    let gone: Vec<_> = harmless.difference(&sensitive).collect();
    assert!(gone.is_empty(), "these are not shown any more: {gone:#?}");
    assert!(seen.len() > 20 && found.contains("Customer.name") && !found.contains("Customer.email"), "{found:?}");
}
