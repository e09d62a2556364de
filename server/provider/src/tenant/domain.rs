//! What an event about a company must be.

use chrono::{DateTime, Utc};
use streamflow_kernel::error::{Result, Violations};
use streamflow_proto::federation::v1 as pb;

const MAX_EVENTS: usize = 100;
const MAX_WORD: usize = 64;
const MAX_TEXT: usize = 200;
const MAX_DETAILS: usize = 4 * 1024;

/// A checked event.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub at: DateTime<Utc>,
    pub tenant: pb::Tenant,
    pub created_at: DateTime<Utc>,
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// A JSON object, or empty.
    pub details: String,
}

/// All of them or none; every problem at once.
pub fn events(events: Vec<pb::TenantEvent>) -> Result<Vec<Event>> {
    let mut wrong = Violations::new();
    if !(1..=MAX_EVENTS).contains(&events.len()) {
        wrong.add("events", "Report 1 to 100 events at a time.");
    }
    let checked: Vec<Option<Event>> =
        events.into_iter().take(MAX_EVENTS).enumerate().map(|(index, event)| check(index, event, &mut wrong)).collect();
    wrong.into_result()?;
    Ok(checked.into_iter().flatten().collect())
}

fn check(index: usize, event: pb::TenantEvent, wrong: &mut Violations) -> Option<Event> {
    let mut refuse = |field: &str, text: &str| wrong.add(format!("events[{index}].{field}"), text);
    if event.id.is_empty() || event.id.len() > MAX_WORD || !event.id.bytes().all(|b| b.is_ascii_graphic()) {
        refuse("id", "An id is 1 to 64 visible ASCII characters.");
    }
    let is_kind = |b: u8| b.is_ascii_lowercase() || b == b'_';
    if event.kind.is_empty() || event.kind.len() > MAX_WORD || !event.kind.bytes().all(is_kind) {
        refuse("kind", "A kind is small letters and underscores, up to 64.");
    }
    let at = event.at.and_then(moment);
    if at.is_none() {
        refuse("at", "Say when it happened.");
    }
    if !is_object(&event.details) || event.details.len() > MAX_DETAILS {
        refuse("details", "Details are a JSON object of at most 4 KiB, or empty.");
    }
    let tenant = event.tenant.unwrap_or_default();
    check_texts(&tenant, &mut refuse);
    let created_at = tenant.created_at.and_then(moment);
    if created_at.is_none() {
        refuse("tenant.created_at", "Say when the company was made.");
    }
    let trial_ends_at = tenant.trial_ends_at.and_then(moment);
    if tenant.trial_ends_at.is_some() && trial_ends_at.is_none() {
        refuse("tenant.trial_ends_at", "This is no time.");
    }
    let (at, created_at) = (at?, created_at?);
    Some(Event { id: event.id, kind: event.kind, at, created_at, trial_ends_at, details: event.details, tenant })
}

fn check_texts(tenant: &pb::Tenant, refuse: &mut impl FnMut(&str, &str)) {
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if tenant.tenant_id.is_empty() || tenant.tenant_id.len() > MAX_WORD || !tenant.tenant_id.bytes().all(is_name) {
        refuse("tenant.tenant_id", "A company's name in page addresses is small letters, digits and hyphens.");
    }
    for (field, text) in [
        ("tenant.name", &tenant.name),
        ("tenant.time_zone", &tenant.time_zone),
        ("tenant.currency_code", &tenant.currency_code),
        ("tenant.plan", &tenant.plan),
        ("tenant.industry", &tenant.industry),
        ("tenant.state", &tenant.state),
        ("tenant.external_customer_id", &tenant.external_customer_id),
    ] {
        if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
            refuse(field, "This is at most 200 bytes without control characters.");
        }
    }
}

fn is_object(text: &str) -> bool {
    text.is_empty() || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

fn moment(at: prost_types::Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?)
}
