//! Of whom a company asks a second factor: of owners and managers always, and of everybody where its owners want it so. What follows for
//! a session is decided at each request, in [`crate::session::principal`].

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{SystemDb, TenantDb},
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op, watch::SECOND_FACTOR},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::tenant::store::hold_alone;

/// What is asked, and of how many people it is asked in vain so far.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Policy {
    pub required: bool,
    people: i64,
    people_without: i64,
}

const POLICY: &str = "SELECT o.second_factor_required AS required, COUNT(u.id) AS people, \
                      SUM(CASE WHEN u.totp_confirmed_at IS NULL THEN 1 ELSE 0 END) AS people_without \
                      FROM orgs o JOIN memberships m ON m.org_id = o.id JOIN users u ON u.id = m.user_id \
                      WHERE m.org_id = {org} AND m.disabled_at IS NULL AND u.disabled_at IS NULL GROUP BY o.id";

pub async fn policy(tx: &TenantDb) -> Result<Policy> {
    the_one(tx.query(POLICY, Vec::new()).await?)
}

/// The same in a transaction that renews a session as well.
pub async fn policy_of(db: &SystemDb, org: Uuid) -> Result<Policy> {
    the_one(db.query(&POLICY.replace("{org}", "?"), vec![org.into()]).await?)
}

fn the_one(rows: Vec<Policy>) -> Result<Policy> {
    rows.into_iter().next().ok_or(Error::not_found("company"))
}

/// Sets it, and says whether it was otherwise. Of those who set it at once each finds what the one before left. Open pages begin anew, so
/// that they go no further than their people may.
pub async fn set_required(db: &SystemDb, org: Uuid, actor: &Actor, required: bool) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        version: i64,
    }
    hold_alone(db, org).await?;
    let sql = "UPDATE orgs SET second_factor_required = ?, version = version + 1 WHERE id = ? AND second_factor_required <> ? \
               RETURNING version";
    let rows: Vec<Row> = db.query(sql, vec![required.into(), org.into(), required.into()]).await?;
    let Some(Row { version }) = rows.into_iter().next() else { return Ok(false) };
    let fields = vec![SECOND_FACTOR.to_owned()];
    let change = Change { entity: "org", id: org, version, op: Op::Updated, fields, audience: Audience::EVERYONE };
    db.append_changes(org, actor, &[change]).await?;
    Ok(true)
}

impl Policy {
    pub fn into_pb(self) -> pb::SecondFactorPolicy {
        let count = |people| i32::try_from(people).unwrap_or(i32::MAX);
        pb::SecondFactorPolicy { required: self.required, people: count(self.people), people_without: count(self.people_without) }
    }
}
