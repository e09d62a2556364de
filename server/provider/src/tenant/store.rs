//! Rows of companies and of what was reported.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, QuerySelect as _, entity::prelude::*};
use streamflow_kernel::{
    clock::timestamp,
    db::SystemDb,
    error::{Error, Result},
    federation::guard::TOLERANCE,
    feed::{Audience, Change, Op},
};
use streamflow_proto::{common::v1::TenantState, provider::v1 as pb};

use super::domain::{self, Event, Facts, Standing};

/// What the feed calls a company. Its changes are told with its name in page addresses as the one field.
pub const ENTITY: &str = "tenant";

/// Events of one company that are shown.
const SHOWN: i64 = 200;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// None in rows that an older version wrote, until the directory is read.
    pub id: Option<Uuid>,
    pub name: String,
    /// Name in small letters.
    pub sort_name: String,
    pub time_zone: String,
    pub currency_code: String,
    pub plan: String,
    pub industry: String,
    pub external_customer_id: String,
    pub created_at: DateTimeUtc,
    pub trial_ends_at: Option<DateTimeUtc>,
    pub suspended_at: Option<DateTimeUtc>,
    pub suspend_reason: String,
    pub suspend_contact: String,
    pub closes_at: Option<DateTimeUtc>,
    pub deleted_at: Option<DateTimeUtc>,
    pub reported_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub fn state(&self, now: DateTime<Utc>) -> TenantState {
        let standing = Standing {
            deleted: self.deleted_at.is_some(),
            suspended: self.suspended_at.is_some(),
            closing: self.closes_at.is_some(),
            trial_ends_at: self.trial_ends_at,
        };
        domain::state(standing, now)
    }

    pub fn into_pb(self, now: DateTime<Utc>) -> pb::Tenant {
        pb::Tenant {
            state: self.state(now).into(),
            tenant_id: self.tenant_id,
            name: self.name,
            plan: self.plan,
            industry: self.industry,
            time_zone: self.time_zone,
            currency_code: self.currency_code,
            external_customer_id: self.external_customer_id,
            created_at: timestamp(self.created_at),
            trial_ends_at: self.trial_ends_at.and_then(timestamp),
            suspended_at: self.suspended_at.and_then(timestamp),
            suspension_reason: self.suspend_reason,
            suspension_contact: self.suspend_contact,
            closes_at: self.closes_at.and_then(timestamp),
            deleted_at: self.deleted_at.and_then(timestamp),
            reported_at: timestamp(self.reported_at),
        }
    }
}

pub async fn tenant(db: &SystemDb, tenant_id: &str) -> Result<Model> {
    let found = db.one::<Entity>(|select| select.filter(Column::TenantId.eq(tenant_id))).await?;
    found.ok_or(Error::not_found("company"))
}

/// False when the event is known.
pub async fn insert_event(db: &SystemDb, event: &Event, received_at: DateTime<Utc>) -> Result<bool> {
    let sql = "INSERT INTO tenant_events (id, tenant_id, kind, at, details, received_at) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT (id) DO NOTHING";
    let values = vec![
        event.id.clone().into(),
        event.facts.tenant.tenant_id.clone().into(),
        event.kind.clone().into(),
        event.at.into(),
        event.details.clone().into(),
        received_at.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

/// A company as it is known now.
#[derive(Debug)]
pub struct Kept {
    tenant: Model,
    /// Whether it shows anything that it did not show before.
    pub is_news: bool,
}

impl Kept {
    /// What open pages hear of it.
    pub fn change(&self) -> Change {
        Change {
            entity: ENTITY,
            id: self.tenant.id.unwrap_or_default(),
            version: 0,
            op: Op::Updated,
            fields: vec![self.tenant.tenant_id.clone()],
            audience: Audience::EVERYONE,
        }
    }
}

/// Takes the company over as it was at a time, unless something newer is known. `id` is for one that was not known. A time further ahead
/// of ours than two clocks may be apart was told by a clock that was wrong: it must not outweigh all that comes until then.
pub async fn keep_newest(db: &SystemDb, facts: &Facts, id: Uuid, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Kept> {
    let at = at.min(now + TimeDelta::seconds(TOLERANCE));
    let tenant_id = &facts.tenant.tenant_id;
    // Held until the end, so that nobody's news is compared with what another is just writing.
    let before = db.one::<Entity>(|select| select.filter(Column::TenantId.eq(tenant_id.as_str())).lock_exclusive()).await?;
    let sql = "INSERT INTO tenants (tenant_id, id, name, sort_name, time_zone, currency_code, plan, industry, state, \
               external_customer_id, created_at, trial_ends_at, suspended_at, suspend_reason, suspend_contact, closes_at, deleted_at, reported_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
               ON CONFLICT (tenant_id) DO UPDATE SET id = COALESCE(tenants.id, excluded.id), name = excluded.name, \
               sort_name = excluded.sort_name, time_zone = excluded.time_zone, currency_code = excluded.currency_code, \
               plan = excluded.plan, industry = excluded.industry, state = excluded.state, \
               external_customer_id = excluded.external_customer_id, created_at = excluded.created_at, \
               trial_ends_at = excluded.trial_ends_at, suspended_at = excluded.suspended_at, \
               suspend_reason = excluded.suspend_reason, suspend_contact = excluded.suspend_contact, \
               closes_at = excluded.closes_at, deleted_at = excluded.deleted_at, reported_at = excluded.reported_at WHERE tenants.reported_at <= excluded.reported_at";
    let told = &facts.tenant;
    let values = vec![
        tenant_id.clone().into(),
        id.into(),
        told.name.clone().into(),
        told.name.to_lowercase().into(),
        told.time_zone.clone().into(),
        told.currency_code.clone().into(),
        told.plan.clone().into(),
        told.industry.clone().into(),
        // Follows from the times; a column of before.
        "".into(),
        told.external_customer_id.clone().into(),
        facts.created_at.into(),
        facts.trial_ends_at.into(),
        facts.suspended_at.into(),
        told.suspension_reason.clone().into(),
        told.suspension_contact.clone().into(),
        facts.closes_at.into(),
        facts.deleted_at.into(),
        at.into(),
    ];
    db.execute(sql, values).await?;
    let tenant = tenant(db, tenant_id).await?;
    let is_news = before.is_none_or(|before| Model { reported_at: tenant.reported_at, ..before } != tenant);
    Ok(Kept { tenant, is_news })
}

#[derive(Debug, FromQueryResult)]
struct Reported {
    id: String,
    kind: String,
    at: DateTime<Utc>,
    details: String,
    received_at: DateTime<Utc>,
}

/// The newest events of a company, newest first.
pub async fn events(db: &SystemDb, tenant_id: &str) -> Result<Vec<pb::TenantEvent>> {
    let sql = "SELECT id, kind, at, details, received_at FROM tenant_events WHERE tenant_id = ? ORDER BY at DESC, id LIMIT ?";
    let rows: Vec<Reported> = db.query(sql, vec![tenant_id.into(), SHOWN.into()]).await?;
    Ok(rows.into_iter().map(Reported::into_pb).collect())
}

impl Reported {
    fn into_pb(self) -> pb::TenantEvent {
        let details: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&self.details).unwrap_or_default();
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        pb::TenantEvent {
            id: self.id,
            kind: self.kind,
            at: timestamp(self.at),
            received_at: timestamp(self.received_at),
            details: details.into_iter().map(|(name, value)| pb::TenantEventDetail { name, value: text(value) }).collect(),
        }
    }
}
