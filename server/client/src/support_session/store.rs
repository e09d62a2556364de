//! Rows of support sessions. Other systems ask for them before a company is entered, so each statement names the company itself.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    clock::timestamp,
    db::{Backend, SystemDb},
    error::Result,
    ids,
    ids::prefix,
};
use streamflow_proto::{client::v1 as pb, federation::v1 as federation_pb};
use uuid::Uuid;

use super::domain::{Ask, EndOf, Ending, Opening, SECRET_LIFETIME, State, TO_DECIDE, TO_OPEN};
use crate::tenant::store::hold_staying;

/// Newest ones that a company's list shows.
const SHOWN: i64 = 50;
/// Newest ones that another system's list shows.
const SHOWN_OUTSIDE: i64 = 100;
/// Ones that are ended in one transaction.
const ENDED_AT_ONCE: i64 = 100;

#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub org_id: Uuid,
    pub id: Uuid,
    pub person_id: Uuid,
    pub person_name: String,
    pub justification: String,
    pub minutes: i32,
    state: String,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub session_id: Option<Uuid>,
    pub opened_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_by: String,
    /// When the right ends under which the link was taken.
    pub not_after: Option<DateTime<Utc>>,
    pub tenant_id: String,
    pub tenant_name: String,
}

const SELECT: &str = "SELECT s.org_id, s.id, s.person_id, s.person_name, s.justification, s.minutes, s.state, s.requested_at, \
    s.expires_at, s.session_id, s.opened_at, s.ended_at, s.ended_by, s.not_after, o.tenant_id, o.name AS tenant_name \
    FROM support_sessions s JOIN orgs o ON o.id = s.org_id";

#[derive(FromQueryResult)]
struct Place {
    id: Uuid,
    support_ask_first: bool,
}

/// The company of this name in page addresses, and whether its owners are asked first: as it stays until the transaction's end.
pub async fn company(db: &SystemDb, tenant_id: &str) -> Result<Option<(Uuid, bool)>> {
    let lock = if db.backend() == Backend::Postgres { " FOR SHARE" } else { "" };
    let sql = format!("SELECT id, support_ask_first FROM orgs WHERE tenant_id = ?{lock}");
    let rows: Vec<Place> = db.query(&sql, vec![tenant_id.into()]).await?;
    match rows.first() {
        Some(row) if hold_staying(db, row.id).await? => Ok(Some((row.id, row.support_ask_first))),
        _ => Ok(None),
    }
}

pub async fn asks_first(db: &SystemDb, org: Uuid) -> Result<bool> {
    let rows: Vec<Place> = db.query("SELECT id, support_ask_first FROM orgs WHERE id = ?", vec![org.into()]).await?;
    Ok(rows.first().is_none_or(|row| row.support_ask_first))
}

pub async fn set_ask_first(db: &SystemDb, org: Uuid, ask_first: bool) -> Result<()> {
    db.execute("UPDATE orgs SET support_ask_first = ? WHERE id = ?", vec![ask_first.into(), org.into()]).await?;
    Ok(())
}

pub async fn insert(
    db: &SystemDb,
    place: (Uuid, Uuid),
    system: &str,
    ask: &Ask,
    state: State,
    times: [DateTime<Utc>; 2],
) -> Result<()> {
    let sql = "INSERT INTO support_sessions (org_id, id, system, person_id, person_name, justification, minutes, state, \
               requested_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        place.0.into(),
        place.1.into(),
        system.into(),
        ask.asker.id.into(),
        ask.asker.name.clone().into(),
        ask.justification.clone().into(),
        ask.minutes.into(),
        state.as_str().into(),
        times[0].into(),
        times[1].into(),
    ];
    db.execute(sql, values).await?;
    Ok(())
}

/// One of a company.
pub async fn of_org(db: &SystemDb, org: Uuid, id: Uuid) -> Result<Option<Row>> {
    let rows = db.query(&format!("{SELECT} WHERE s.org_id = ? AND s.id = ?"), vec![org.into(), id.into()]).await?;
    Ok(rows.into_iter().next())
}

/// A company's newest.
pub async fn newest(db: &SystemDb, org: Uuid) -> Result<Vec<Row>> {
    let sql = format!("{SELECT} WHERE s.org_id = ? ORDER BY s.requested_at DESC, s.id DESC LIMIT {SHOWN}");
    db.query(&sql, vec![org.into()]).await
}

/// One that this system asked for.
pub async fn of_system(db: &SystemDb, system: &str, id: Uuid) -> Result<Option<Row>> {
    let rows = db.query(&format!("{SELECT} WHERE s.system = ? AND s.id = ?"), vec![system.into(), id.into()]).await?;
    Ok(rows.into_iter().next())
}

/// The newest that this system asked for, of one company or of all.
pub async fn newest_of_system(db: &SystemDb, system: &str, tenant_id: &str) -> Result<Vec<Row>> {
    let one = if tenant_id.is_empty() { "" } else { " AND o.tenant_id = ?" };
    let sql = format!("{SELECT} WHERE s.system = ?{one} ORDER BY s.requested_at DESC, s.id DESC LIMIT {SHOWN_OUTSIDE}");
    let values = [system, tenant_id].into_iter().filter(|value| !value.is_empty()).map(Into::into).collect();
    db.query(&sql, values).await
}

/// The one that a secret opens now.
pub async fn by_secret(db: &SystemDb, hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<Row>> {
    let sql = format!("{SELECT} WHERE s.secret_hash = ? AND s.state = 'accepted' AND s.expires_at > ?");
    let rows = db.query(&sql, vec![hash.into(), now.into()]).await?;
    Ok(rows.into_iter().next())
}

/// An owner's answer. False when the request does not wait for one.
pub async fn decide(db: &SystemDb, org: Uuid, id: Uuid, accept: bool, by: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE support_sessions SET state = ?, expires_at = ?, decided_by = ?, decided_at = ? \
               WHERE org_id = ? AND id = ? AND state = 'requested' AND expires_at > ?";
    let state = if accept { State::Accepted } else { State::Refused };
    let values = vec![state.as_str().into(), (now + TO_OPEN).into(), by.into(), now.into(), org.into(), id.into(), now.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// Keeps the hash of the one secret there will be, with what it is bound to. False when there was one, or the request is not accepted.
pub async fn put_secret(db: &SystemDb, row: &Row, hash: Vec<u8>, opening: &Opening, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE support_sessions SET secret_hash = ?, expires_at = ?, not_after = ?, opened_from = ? \
               WHERE org_id = ? AND id = ? AND state = 'accepted' AND secret_hash IS NULL AND expires_at > ?";
    let values = vec![
        hash.into(),
        opening.not_after.min(now + SECRET_LIFETIME).into(),
        opening.not_after.into(),
        opening.opened_from.as_str().into(),
        row.org_id.into(),
        row.id.into(),
        now.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

/// What nobody was asked for and nobody has opened waits for an owner's answer after all; links that were given out open nothing. Returns
/// those, as they are then.
pub async fn ask_after_all(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<Vec<Row>> {
    #[derive(FromQueryResult)]
    struct Asked {
        id: Uuid,
    }
    let sql = "UPDATE support_sessions SET state = 'requested', expires_at = ?, secret_hash = NULL, not_after = NULL, opened_from = '' \
               WHERE org_id = ? AND state = 'accepted' AND decided_by IS NULL AND expires_at > ? RETURNING id";
    let asked: Vec<Asked> = db.query(sql, vec![(now + TO_DECIDE).into(), org.into(), now.into()]).await?;
    let mut rows = Vec::with_capacity(asked.len());
    for one in asked {
        rows.extend(of_org(db, org, one.id).await?);
    }
    Ok(rows)
}

/// Begins. False when another was quicker.
pub async fn open(db: &SystemDb, row: &Row, session_id: Uuid, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE support_sessions SET state = 'open', session_id = ?, opened_at = ?, expires_at = ? \
               WHERE org_id = ? AND id = ? AND state = 'accepted' AND expires_at > ?";
    let values = vec![session_id.into(), now.into(), until.into(), row.org_id.into(), row.id.into(), now.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// Some of a system's that go on and are to be ended.
pub async fn going_on(db: &SystemDb, system: &str, which: &EndOf, now: DateTime<Utc>) -> Result<Vec<(Uuid, Uuid)>> {
    #[derive(FromQueryResult)]
    struct Found {
        org_id: Uuid,
        id: Uuid,
    }
    let mut sql = "SELECT org_id, id FROM support_sessions \
                   WHERE system = ? AND state IN ('requested', 'accepted', 'open') AND expires_at > ?"
        .to_owned();
    let mut values: Vec<sea_orm::Value> = vec![system.into(), now.into()];
    if let Some(person_id) = which.person_id {
        sql += " AND person_id = ?";
        values.push(person_id.into());
    }
    if !which.opened_from.is_empty() {
        sql += " AND opened_from = ?";
        values.push(which.opened_from.as_str().into());
    }
    let found: Vec<Found> = db.query(&format!("{sql} ORDER BY id LIMIT {ENDED_AT_ONCE}"), values).await?;
    Ok(found.into_iter().map(|found| (found.org_id, found.id)).collect())
}

/// Ends it with its session, and gives it back as it is then. None when it was over.
pub async fn end(db: &SystemDb, org: Uuid, id: Uuid, by: Ending, now: DateTime<Utc>) -> Result<Option<Row>> {
    let sql = "UPDATE support_sessions SET state = 'ended', ended_at = ?, ended_by = ? \
               WHERE org_id = ? AND id = ? AND state IN ('requested', 'accepted', 'open')";
    if db.execute(sql, vec![now.into(), by.as_str().into(), org.into(), id.into()]).await? == 0 {
        return Ok(None);
    }
    // Whoever opened it while this waited in line has a session by now.
    let sql = "UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND org_id = ? AND revoked_at IS NULL";
    db.execute(sql, vec![now.into(), id.into(), org.into()]).await?;
    of_org(db, org, id).await
}

impl Row {
    pub fn state(&self, now: DateTime<Utc>) -> State {
        State::from_stored(&self.state).at(self.expires_at, now)
    }

    /// What ends it when its time is up.
    pub fn by_itself(&self) -> Ending {
        Ending::by_itself(self.opened_at, self.minutes, self.expires_at)
    }

    /// Who ended it; what nobody ended has ended by itself.
    fn end(&self, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, String) {
        match (self.state(now), self.ended_at) {
            (State::Ended, None) => (Some(self.expires_at), self.by_itself().as_str().to_uppercase()),
            (_, ended_at) => (ended_at, self.ended_by.to_uppercase()),
        }
    }

    pub fn into_pb(self, now: DateTime<Utc>) -> pb::SupportSession {
        let (state, (ended_at, ended_by)) = (self.state(now), self.end(now));
        let name = format!("SUPPORT_SESSION_STATE_{}", state.as_str().to_uppercase());
        pb::SupportSession {
            id: ids::format(prefix::SUPPORT_SESSION, self.id),
            person_name: self.person_name,
            justification: self.justification,
            minutes: self.minutes,
            state: pb::SupportSessionState::from_str_name(&name).unwrap_or_default().into(),
            requested_at: timestamp(self.requested_at),
            expires_at: Some(self.expires_at).filter(|_| !state.is_over()).and_then(timestamp),
            opened_at: self.opened_at.and_then(timestamp),
            ended_at: ended_at.and_then(timestamp),
            ended_by,
        }
    }

    pub fn into_federated(self, now: DateTime<Utc>) -> federation_pb::Support {
        let (state, (ended_at, ended_by)) = (self.state(now), self.end(now));
        federation_pb::Support {
            id: ids::format(prefix::SUPPORT_SESSION, self.id),
            tenant_id: self.tenant_id,
            tenant_name: self.tenant_name,
            person_id: ids::format(prefix::USER, self.person_id),
            person_name: self.person_name,
            justification: self.justification,
            minutes: self.minutes,
            state: state.as_str().to_uppercase(),
            requested_at: timestamp(self.requested_at),
            expires_at: Some(self.expires_at).filter(|_| !state.is_over()).and_then(timestamp),
            opened_at: self.opened_at.and_then(timestamp),
            ended_at: ended_at.and_then(timestamp),
            ended_by,
        }
    }
}
