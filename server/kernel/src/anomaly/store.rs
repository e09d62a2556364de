//! The audit as the rules read it, and the rows of what they found.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::rules::{Before, Event, Finding, Known, Signal, Subject};
use crate::{
    db::{NO_ORG, SystemDb},
    error::Result,
};

/// Requests of one signal and company that are read, the newest: neither hides what happens in another company.
const EVENTS: u32 = 2_000;
/// Open rows of one rule and company. Whoever has not looked at so many is not helped by more, but by the newest.
const OPEN: u32 = 100;

const fn condition(signal: Signal) -> &'static str {
    match signal {
        // A wrong code is wrong input.
        Signal::FailedSignIn => "category = 'sign_in' AND outcome IN ('UNAUTHENTICATED', 'INVALID_ARGUMENT')",
        Signal::Throttled => "category = 'rate_limit'",
        Signal::CrossTenant => "category = 'cross_tenant'",
        Signal::Refused => "outcome = 'PERMISSION_DENIED'",
    }
}

#[derive(FromQueryResult)]
struct EventRow {
    org_id: Uuid,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: String,
    ip: String,
}

/// Requests of a signal's window, of all companies.
pub async fn events(db: &SystemDb, signal: Signal, now: DateTime<Utc>) -> Result<Vec<Event>> {
    // The condition on the outcome is the one of the index that holds only refused requests.
    let sql = format!(
        "SELECT org_id, at, actor_id, actor_name, ip FROM (\
         SELECT org_id, at, actor_id, actor_name, ip, \
         ROW_NUMBER() OVER (PARTITION BY org_id ORDER BY at DESC, id DESC) AS place \
         FROM audit WHERE outcome <> 'OK' AND at > ? AND {}) AS newest WHERE place <= {EVENTS}",
        condition(signal)
    );
    let rows: Vec<EventRow> = db.query(&sql, vec![(now - signal.window()).into()]).await?;
    let event = |row: EventRow| Event { org_id: row.org_id, at: row.at, person: row.actor_id, name: row.actor_name, ip: row.ip };
    Ok(rows.into_iter().map(event).collect())
}

#[derive(FromQueryResult)]
struct KnownRow {
    org_id: Uuid,
    id: Uuid,
    rule: String,
    subject: String,
    state: String,
    last_at: DateTime<Utc>,
}

/// Rows that requests of now may belong to: the open ones, and what was acknowledged of late.
pub async fn known(db: &SystemDb, now: DateTime<Utc>) -> Result<Known> {
    let sql = "SELECT org_id, id, rule, subject, state, last_at FROM anomalies \
               WHERE state = 'open' OR (state = 'acknowledged' AND last_at > ?)";
    let rows: Vec<KnownRow> = db.query(sql, vec![(now - Signal::longest_window()).into()]).await?;
    let mut known = Known::new();
    for row in rows {
        let before = Before { open: (row.state == "open").then_some(row.id), last_at: row.last_at };
        let kept = known.entry((row.org_id, row.rule, row.subject)).or_insert(before);
        if before.last_at > kept.last_at {
            *kept = before;
        }
    }
    Ok(known)
}

/// Closes what concerns no company once it has been quiet for longer than any rule looks back: nobody acknowledges it, and the next
/// wave is to be told again.
pub async fn close_quiet(db: &SystemDb, now: DateTime<Utc>) -> Result<u64> {
    let sql = "UPDATE anomalies SET state = 'acknowledged', acknowledged_at = ?, version = version + 1 \
               WHERE org_id = ? AND state = 'open' AND last_at < ?";
    db.execute(sql, vec![now.into(), NO_ORG.into(), (now - Signal::longest_window()).into()]).await
}

#[derive(FromQueryResult)]
struct OpenRow {
    id: Uuid,
}

/// Opens a row. False when there is one already.
pub async fn open(db: &SystemDb, id: Uuid, finding: &Finding) -> Result<bool> {
    let (person, address) = match &finding.subject {
        Subject::Person(id) => (Some(*id), ""),
        Subject::Address(address) => (None, address.as_str()),
        Subject::Everybody => (None, ""),
    };
    let (org, rule) = (finding.org_id, finding.rule.as_str());
    let sql = "INSERT INTO anomalies \
               (org_id, id, rule, subject, person_id, person_name, address, events, first_at, last_at, state, version) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 1) ON CONFLICT DO NOTHING";
    let values = vec![
        org.into(),
        id.into(),
        rule.into(),
        finding.subject.key().into(),
        person.into(),
        finding.name.clone().into(),
        address.into(),
        finding.events.into(),
        finding.first_at.into(),
        finding.last_at.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

/// Closes what is beyond the bound once `opened` is there: the rows that have been quiet for longest. Returns them.
pub async fn close_beyond(db: &SystemDb, opened: Uuid, finding: &Finding, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let (org, rule) = (finding.org_id, finding.rule.as_str());
    let sql =
        "SELECT id FROM anomalies WHERE org_id = ? AND rule = ? AND state = 'open' AND id <> ? ORDER BY last_at DESC, id DESC";
    let others: Vec<OpenRow> = db.query(sql, vec![org.into(), rule.into(), opened.into()]).await?;
    let mut closed = Vec::new();
    for other in others.into_iter().skip(OPEN as usize - 1) {
        let sql = "UPDATE anomalies SET state = 'acknowledged', acknowledged_at = ?, version = version + 1 \
                   WHERE org_id = ? AND id = ? AND state = 'open'";
        if db.execute(sql, vec![now.into(), org.into(), other.id.into()]).await? == 1 {
            closed.push(other.id);
        }
    }
    Ok(closed)
}

/// Adds to an open row what it has not counted yet. False when it is not open any more, or was counted up meanwhile.
pub async fn count_up(db: &SystemDb, id: Uuid, finding: &Finding) -> Result<bool> {
    let sql = "UPDATE anomalies SET events = events + ?, last_at = ?, version = version + 1 \
               WHERE org_id = ? AND id = ? AND state = 'open' AND last_at < ?";
    let values = vec![
        finding.events.into(),
        finding.last_at.into(),
        finding.org_id.into(),
        id.into(),
        // What another process counted is later than the first of these.
        finding.first_at.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}
