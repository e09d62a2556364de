//! Rows of registrations, and of the tokens and keys that let them in.

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{Backend, SystemDb},
    error::Result,
    list::{
        List, ListSpec,
        filter::{self, Condition, FieldSpec, Op},
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use uuid::Uuid;

use super::domain::{Registration, STATES, Step};
use crate::org::provision::MadeOrg;

const SELECT: &str = "SELECT id, external_customer_id, tenant_id, request, step, org_id, is_new_owner, signed_by, created_at, \
                      made_at, welcomed_at, told_at, attempts, last_error FROM registrations";

pub async fn by_external_id(db: &SystemDb, external_customer_id: &str) -> Result<Option<Registration>> {
    let sql = format!("{SELECT} WHERE external_customer_id = ?");
    Ok(db.query(&sql, vec![external_customer_id.into()]).await?.into_iter().next())
}

pub async fn registration(db: &SystemDb, id: Uuid) -> Result<Option<Registration>> {
    Ok(db.query(&format!("{SELECT} WHERE id = ?"), vec![id.into()]).await?.into_iter().next())
}

/// The same, held until the transaction ends, if its last step is this one.
pub async fn hold_at(db: &SystemDb, id: Uuid, step: Step) -> Result<Option<Registration>> {
    let lock = if db.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let rows: Vec<Registration> = db.query(&format!("{SELECT} WHERE id = ?{lock}"), vec![id.into()]).await?;
    Ok(rows.into_iter().next().filter(|row| row.step() == step))
}

/// The oldest whose last step is this one.
pub async fn at_step(db: &SystemDb, step: Step, limit: i64) -> Result<Vec<Registration>> {
    let sql = format!("{SELECT} WHERE step = ? ORDER BY created_at, id LIMIT ?");
    db.query(&sql, vec![step.as_str().into(), limit.into()]).await
}

const BY_TIME: OrderField = OrderField::new("created_at", KeyKind::Time);

/// What the list can be asked; newest first, always.
pub const LIST: ListSpec = ListSpec {
    name: "registrations",
    filters: &[FieldSpec::new("state", filter::Kind::Enum(&STATES))],
    orders: &[BY_TIME],
    default_order: BY_TIME.descending(),
};

/// One page and the token of the next, which is empty on the last one.
pub async fn registrations(db: &SystemDb, list: &List) -> Result<(Vec<Registration>, String)> {
    let conditions: String = list.conditions.iter().map(|term| format!(" AND {}", condition(term))).collect();
    let (after, values) = list.by_hand("created_at", "id");
    let mut rows: Vec<Registration> = db.query(&format!("{SELECT} WHERE 1 = 1{conditions}{after}"), values).await?;
    let next = list.next_page_token(&mut rows, |row| (Key::Time(row.created_at), row.id));
    Ok((rows, next))
}

/// The same as [`Registration::state`].
fn condition(term: &Condition) -> String {
    let is = match &term.value {
        // As the index of those that are not done says it.
        filter::Value::Text(state) if state == STATES[2] && term.op == Op::NotEqual => return "step <> 'told'".to_owned(),
        filter::Value::Text(state) if state == STATES[2] => "step = 'told'",
        filter::Value::Text(state) if state == STATES[1] => "(step <> 'told' AND attempts > 0)",
        _ => "(step <> 'told' AND attempts = 0)",
    };
    if term.op == Op::NotEqual { format!("NOT {is}") } else { is.to_owned() }
}

pub struct NewRegistration<'a> {
    pub id: Uuid,
    pub external_customer_id: &'a str,
    pub tenant_id: &'a str,
    /// Ciphertext.
    pub request: Vec<u8>,
    /// Empty when no key did.
    pub signed_by: &'a str,
    pub now: DateTime<Utc>,
}

/// False when the external number, or the name in page addresses, is another one's.
pub async fn insert_registration(db: &SystemDb, new: NewRegistration<'_>) -> Result<bool> {
    let sql = "INSERT INTO registrations (id, external_customer_id, tenant_id, request, signed_by, step, created_at) \
               VALUES (?, ?, ?, ?, ?, 'accepted', ?) ON CONFLICT DO NOTHING";
    let values = vec![
        new.id.into(),
        new.external_customer_id.into(),
        new.tenant_id.into(),
        new.request.into(),
        new.signed_by.into(),
        new.now.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

#[derive(FromQueryResult)]
struct Found {
    #[expect(dead_code, reason = "that there is one is all that matters")]
    tenant_id: String,
}

/// Whether a name in page addresses is a company's, or kept for one.
pub async fn is_taken(db: &SystemDb, tenant_id: &str) -> Result<bool> {
    let sql = "SELECT tenant_id FROM orgs WHERE tenant_id = ? UNION ALL SELECT tenant_id FROM registrations WHERE tenant_id = ?";
    let rows: Vec<Found> = db.query(sql, vec![tenant_id.into(), tenant_id.into()]).await?;
    Ok(!rows.is_empty())
}

/// Whether it is a company's.
pub async fn is_in_use(db: &SystemDb, tenant_id: &str) -> Result<bool> {
    let rows: Vec<Found> = db.query("SELECT tenant_id FROM orgs WHERE tenant_id = ?", vec![tenant_id.into()]).await?;
    Ok(!rows.is_empty())
}

pub async fn mark_made(db: &SystemDb, id: Uuid, tenant_id: &str, made: MadeOrg) -> Result<()> {
    let sql = "UPDATE registrations SET step = 'made', org_id = ?, tenant_id = ?, is_new_owner = ?, made_at = ?, attempts = 0, \
               last_error = '' WHERE id = ?";
    let values = vec![made.org_id.into(), tenant_id.into(), made.is_new_owner.into(), made.at.into(), id.into()];
    db.execute(sql, values).await?;
    Ok(())
}

pub async fn mark_welcomed(db: &SystemDb, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE registrations SET step = 'welcomed', welcomed_at = ?, attempts = 0, last_error = '' WHERE id = ?";
    db.execute(sql, vec![now.into(), id.into()]).await?;
    Ok(())
}

/// False when it was told of already.
pub async fn mark_told(db: &SystemDb, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql =
        "UPDATE registrations SET step = 'told', told_at = ?, attempts = 0, last_error = '' WHERE id = ? AND step = 'welcomed'";
    Ok(db.execute(sql, vec![now.into(), id.into()]).await? == 1)
}

/// Notes that the next step of some failed.
pub async fn note_failure(db: &SystemDb, ids: &[Uuid], why: &str) -> Result<()> {
    let places = vec!["?"; ids.len()].join(", ");
    let sql = format!("UPDATE registrations SET attempts = attempts + 1, last_error = ? WHERE id IN ({places})");
    let values = std::iter::once(Value::from(why)).chain(ids.iter().map(|id| Value::from(*id))).collect();
    db.execute(&sql, values).await?;
    Ok(())
}

/// What a token is good for.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SignUpToken {
    pub expires_at: DateTime<Utc>,
    /// The external number of the registration it was used for.
    pub used_for: Option<String>,
}

pub async fn sign_up_token(db: &SystemDb, token_hash: &[u8]) -> Result<Option<SignUpToken>> {
    let sql = "SELECT t.expires_at, r.external_customer_id AS used_for FROM sign_up_tokens t \
               LEFT JOIN registrations r ON r.id = t.registration_id WHERE t.token_hash = ?";
    Ok(db.query(sql, vec![token_hash.into()]).await?.into_iter().next())
}

pub async fn insert_sign_up_token(db: &SystemDb, token_hash: Vec<u8>, now: DateTime<Utc>, ends: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO sign_up_tokens (token_hash, created_at, expires_at) VALUES (?, ?, ?)";
    db.execute(sql, vec![token_hash.into(), now.into(), ends.into()]).await?;
    Ok(())
}

/// Uses a token for a registration. False when it was used, or has expired.
pub async fn use_sign_up_token(db: &SystemDb, token_hash: &[u8], registration_id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE sign_up_tokens SET registration_id = ? WHERE token_hash = ? AND registration_id IS NULL AND expires_at > ?";
    Ok(db.execute(sql, vec![registration_id.into(), token_hash.into(), now.into()]).await? == 1)
}

/// A key that programs sign with.
#[derive(Clone, Debug, FromQueryResult)]
pub struct RegistrationKey {
    pub id: Uuid,
    pub name: String,
    /// Ciphertext.
    pub secret: Vec<u8>,
}

/// All of them, the newest first.
pub async fn registration_keys(db: &SystemDb) -> Result<Vec<RegistrationKey>> {
    db.query("SELECT id, name, secret FROM registration_keys ORDER BY created_at DESC, id DESC", vec![]).await
}

pub async fn insert_registration_key(db: &SystemDb, key: RegistrationKey, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO registration_keys (id, name, secret, created_at) VALUES (?, ?, ?, ?)";
    db.execute(sql, vec![key.id.into(), key.name.into(), key.secret.into(), now.into()]).await?;
    Ok(())
}

/// Deletes keys of a name, all but the newest `kept`. Returns how many went.
pub async fn delete_registration_keys(db: &SystemDb, name: &str, kept: i64) -> Result<u64> {
    let sql = "DELETE FROM registration_keys WHERE name = ? AND id NOT IN \
               (SELECT id FROM registration_keys WHERE name = ? ORDER BY created_at DESC, id DESC LIMIT ?)";
    db.execute(sql, vec![name.into(), name.into(), kept.into()]).await
}
