//! What is taken from another system of a company, what a suspension must say, and where a company stands.

use chrono::{DateTime, Utc};
use streamflow_kernel::error::{Error, Result, Violations};
use streamflow_proto::{common::v1::TenantState, federation::v1 as pb, provider::v1::SuspendTenantRequest};

const MAX_EVENTS: usize = 100;
const MAX_WORD: usize = 64;
const MAX_TEXT: usize = 200;
const MAX_DETAILS: usize = 4 * 1024;
/// Characters of what people of a suspended company are told.
const MAX_REASON: usize = 500;
const MAX_CONTACT: usize = 200;

/// A checked company.
#[derive(Clone, Debug)]
pub struct Facts {
    pub tenant: pb::Tenant,
    pub created_at: DateTime<Utc>,
    pub trial_ends_at: Option<DateTime<Utc>>,
    pub suspended_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A checked event.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub at: DateTime<Utc>,
    pub facts: Facts,
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
    let facts = check_tenant(event.tenant.unwrap_or_default(), &mut refuse);
    Some(Event { id: event.id, kind: event.kind, at: at?, facts: facts?, details: event.details })
}

/// A company of the directory, or what is wrong with it.
pub fn facts(tenant: pb::Tenant) -> Result<Facts> {
    let mut wrong = Violations::new();
    let facts = check_tenant(tenant, &mut |field, text| wrong.add(field, text));
    wrong.into_result()?;
    facts.ok_or_else(|| Error::internal("a company without its times"))
}

fn check_tenant(tenant: pb::Tenant, refuse: &mut impl FnMut(&str, &str)) -> Option<Facts> {
    check_texts(&tenant, refuse);
    let created_at = tenant.created_at.and_then(moment);
    if created_at.is_none() {
        refuse("tenant.created_at", "Say when the company was made.");
    }
    let mut optional = |field: &str, at: Option<prost_types::Timestamp>| {
        let found = at.and_then(moment);
        if at.is_some() && found.is_none() {
            refuse(field, "This is no time.");
        }
        found
    };
    let trial_ends_at = optional("tenant.trial_ends_at", tenant.trial_ends_at);
    let suspended_at = optional("tenant.suspended_at", tenant.suspended_at);
    let closes_at = optional("tenant.closes_at", tenant.closes_at);
    let deleted_at = optional("tenant.deleted_at", tenant.deleted_at);
    Some(Facts { created_at: created_at?, trial_ends_at, suspended_at, closes_at, deleted_at, tenant })
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
        ("tenant.external_customer_id", &tenant.external_customer_id),
    ] {
        if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
            refuse(field, "This is at most 200 bytes without control characters.");
        }
    }
    for (field, text, longest) in [
        ("tenant.suspension_reason", &tenant.suspension_reason, MAX_REASON),
        ("tenant.suspension_contact", &tenant.suspension_contact, MAX_CONTACT),
    ] {
        if text.chars().count() > longest || text.contains('\0') {
            refuse(field, "This is too long, or holds what is no character.");
        }
    }
}

/// What is to be told to the people of a company that is closed; every problem at once.
pub fn suspension(req: SuspendTenantRequest) -> Result<pb::SuspendTenantRequest> {
    let mut wrong = Violations::new();
    let wanted = pb::SuspendTenantRequest {
        tenant_id: req.tenant_id,
        reason: req.reason.trim().to_owned(),
        contact: req.contact.trim().to_owned(),
    };
    if !is_told(&wanted.reason, MAX_REASON, true) {
        wrong.add("reason", "Say why in 1 to 500 characters. The company's people read it.");
    }
    if !is_told(&wanted.contact, MAX_CONTACT, false) {
        wrong.add("contact", "Name whom to ask in 1 to 200 characters, on one line.");
    }
    wrong.into_result()?;
    Ok(wanted)
}

fn is_told(text: &str, longest: usize, lines: bool) -> bool {
    let odd = |c: char| c.is_control() && !(lines && c == '\n');
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(odd)
}

/// What says where a company stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    pub deleted: bool,
    pub suspended: bool,
    pub closing: bool,
    pub trial_ends_at: Option<DateTime<Utc>>,
}

/// Where a company stands at a time.
pub fn state(standing: Standing, now: DateTime<Utc>) -> TenantState {
    match standing.trial_ends_at {
        _ if standing.deleted => TenantState::Deleted,
        _ if standing.suspended => TenantState::Suspended,
        _ if standing.closing => TenantState::Closing,
        Some(end) if end > now => TenantState::Trial,
        Some(_) => TenantState::TrialEnded,
        None => TenantState::Active,
    }
}

/// Words of a filter, in the order in which lists of them read best.
pub const STATES: [&str; 6] = ["ACTIVE", "TRIAL", "TRIAL_ENDED", "SUSPENDED", "CLOSING", "DELETED"];

/// As in [`STATES`].
pub fn state_word(state: TenantState) -> &'static str {
    state.as_str_name().trim_start_matches("TENANT_STATE_")
}

fn is_object(text: &str) -> bool {
    text.is_empty() || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

/// None for what is no time.
pub fn moment(at: prost_types::Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_outweighs_a_suspension_and_that_a_trial() {
        let now = DateTime::UNIX_EPOCH;
        let day = chrono::TimeDelta::days(1);
        let trial = Standing { trial_ends_at: Some(now + day), ..Standing::default() };
        let suspended = Standing { suspended: true, closing: true, ..trial };
        assert_eq!(state(Standing { deleted: true, ..suspended }, now), TenantState::Deleted);
        assert_eq!(state(suspended, now), TenantState::Suspended);
        assert_eq!(state(Standing { closing: true, ..trial }, now), TenantState::Closing);
        assert_eq!(state(trial, now), TenantState::Trial);
        assert_eq!(state(Standing { trial_ends_at: Some(now), ..trial }, now), TenantState::TrialEnded);
        assert_eq!(state(Standing::default(), now), TenantState::Active);
        let all = (1..=6).map(|number| state_word(TenantState::try_from(number).unwrap()));
        assert!(all.eq(STATES));
    }
}
