//! Who a session belongs to, read anew at each request.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    access::Authenticator,
    ctx::{OrgFacts, Principal, Suspension},
    db::{Backend, Database, TenantDb, Together},
    error::{Error, Result},
    session::Level,
};
use uuid::Uuid;

use crate::{
    support_session,
    user::domain::{self, needs_second_factor},
};

/// Knows people by the sessions table of the client system.
#[derive(Debug)]
pub struct ClientAuthenticator {
    database: Database,
    /// Of all who ask at the same moment, on PostgreSQL.
    together: Together,
}

impl ClientAuthenticator {
    pub fn new(database: Database) -> Arc<Self> {
        Arc::new(Self { together: Together::new(database.clone(), POSTGRES), database })
    }
}

#[derive(FromQueryResult)]
struct Row {
    session_id: Uuid,
    level: String,
    user_id: Uuid,
    org_id: Uuid,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    email: String,
    display_name: String,
    user_disabled_at: Option<DateTime<Utc>>,
    second_factor: bool,
    role: String,
    read_only: bool,
    member_disabled_at: Option<DateTime<Utc>>,
    /// Comma separated.
    team_ids: String,
    org_name: String,
    tenant_id: String,
    time_zone: String,
    currency_code: String,
    /// Comma separated.
    modules_off: String,
    trial_ends_at: Option<DateTime<Utc>>,
    suspended_at: Option<DateTime<Utc>>,
    suspend_reason: String,
    suspend_contact: String,
    second_factor_required: bool,
}

/// The definer function reads past the row policies: at this point nobody's company is known yet.
const POSTGRES: &str = "SELECT token_hash, session_id, level, user_id, org_id, created_at, last_seen_at, expires_at, revoked_at, email, \
    display_name, user_disabled_at, second_factor, role, read_only, membership_disabled_at AS member_disabled_at, \
    array_to_string(team_ids, ',') AS team_ids, org_name, tenant_id, time_zone, currency_code, \
    array_to_string(modules_off, ',') AS modules_off, trial_ends_at, suspended_at, suspend_reason, suspend_contact, \
    second_factor_required FROM session_principals($1::bytea[]) WHERE role IS NOT NULL";

const SQLITE: &str = "SELECT s.id AS session_id, s.level, s.user_id, s.org_id, s.created_at, s.last_seen_at, s.expires_at, s.revoked_at, \
    u.email, u.display_name, u.disabled_at AS user_disabled_at, u.totp_confirmed_at IS NOT NULL AS second_factor, m.role, m.read_only, \
    m.disabled_at AS member_disabled_at, \
    COALESCE((SELECT group_concat(lower(hex(t.team_id))) FROM team_members t WHERE t.org_id = s.org_id AND t.user_id = s.user_id), '') AS team_ids, \
    o.name AS org_name, o.tenant_id, o.time_zone, o.currency_code, o.trial_ends_at, \
    COALESCE((SELECT group_concat(f.module) FROM org_modules f WHERE f.org_id = s.org_id AND NOT f.enabled), '') AS modules_off, \
    o.suspended_at, o.suspend_reason, o.suspend_contact, o.second_factor_required \
    FROM sessions s JOIN users u ON u.id = s.user_id JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id \
    JOIN orgs o ON o.id = s.org_id WHERE s.token_hash = ?";

/// How far a session goes in its company, for work that goes on after the request was let in: it stays the same while the person's role,
/// teams and rights do, and while the company asks for nothing that is missing and is open or closed as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    version: i64,
    level: Level,
    is_suspended: bool,
}

/// None once the session has ended or the person may not be here any more.
pub async fn standing(tx: &TenantDb, session_id: Uuid, now: DateTime<Utc>) -> Result<Option<Standing>> {
    #[derive(FromQueryResult)]
    struct Membership {
        version: i64,
        role: String,
        second_factor: bool,
        second_factor_required: bool,
        is_suspended: bool,
    }
    let sql = "SELECT m.version, m.role, u.totp_confirmed_at IS NOT NULL AS second_factor, o.second_factor_required, \
               o.suspended_at IS NOT NULL AS is_suspended \
               FROM memberships m JOIN sessions s ON s.org_id = m.org_id AND s.user_id = m.user_id \
               JOIN users u ON u.id = m.user_id JOIN orgs o ON o.id = m.org_id \
               WHERE m.org_id = {org} AND s.id = ? AND s.revoked_at IS NULL AND s.expires_at > ? \
               AND m.disabled_at IS NULL AND u.disabled_at IS NULL";
    let rows: Vec<Membership> = tx.query(sql, vec![session_id.into(), now.into()]).await?;
    let standing = |row: &Membership| {
        let is_missing = !row.second_factor && needs_second_factor(&row.role, row.second_factor_required);
        let level = if is_missing { Level::Pending } else { Level::Full };
        Standing { version: row.version, level, is_suspended: row.is_suspended }
    };
    Ok(rows.first().map(standing))
}

#[async_trait]
impl Authenticator for ClientAuthenticator {
    async fn principal(&self, token_hash: Vec<u8>) -> Result<Option<Principal>> {
        let found = match self.database.backend() {
            Backend::Postgres => self.together.find::<Row>(token_hash.clone()).await?,
            Backend::Sqlite => self.database.session(SQLITE, token_hash.clone()).await?,
        };
        let Some(row) = found else {
            return support_session::principal::principal(&self.database, token_hash).await;
        };
        if row.user_disabled_at.is_some() || row.member_disabled_at.is_some() {
            return Ok(None);
        }
        row.into_principal().map(Some)
    }
}

impl Row {
    /// Whoever must have a second factor and has none is on the way in still, however far the session had come: a role or the company's
    /// rule may have changed since it was made.
    fn level(&self) -> Level {
        if !self.second_factor && needs_second_factor(&self.role, self.second_factor_required) {
            return Level::Pending;
        }
        Level::parse(&self.level)
    }

    fn into_principal(self) -> Result<Principal> {
        let team_ids = self.team_ids.split(',').filter(|text| !text.is_empty()).map(Uuid::parse_str).collect::<Result<_, _>>();
        Ok(Principal {
            session_id: self.session_id,
            level: self.level(),
            user_id: self.user_id,
            org_id: self.org_id,
            visibility: domain::visibility(&self.role),
            role: self.role,
            read_only: self.read_only,
            team_ids: team_ids.map_err(Error::internal)?,
            display_name: self.display_name,
            email: self.email,
            second_factor: self.second_factor,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            org: OrgFacts {
                name: self.org_name,
                tenant_id: self.tenant_id,
                time_zone: self.time_zone,
                currency_code: self.currency_code,
                modules_off: self.modules_off.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                trial_ends_at: self.trial_ends_at,
                suspension: self.suspended_at.map(|since| Suspension {
                    since,
                    reason: self.suspend_reason,
                    contact: self.suspend_contact,
                }),
            },
            support: None,
        })
    }
}
