//! Of whom a company asks a second factor: of owners and managers always, and of everybody where its owners want it so. What follows for
//! a session is decided at each request, in [`crate::session::principal`].

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
    feed::watch::SECOND_FACTOR,
};
use streamflow_proto::client::v1 as pb;

use super::store::{Org, announce};

/// What is asked, and of how many people it is asked in vain so far.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Policy {
    pub required: bool,
    people: i64,
    people_without: i64,
}

pub async fn policy(tx: &TenantDb) -> Result<Policy> {
    let sql = "SELECT o.second_factor_required AS required, COUNT(u.id) AS people, \
               SUM(CASE WHEN u.totp_confirmed_at IS NULL THEN 1 ELSE 0 END) AS people_without \
               FROM orgs o JOIN memberships m ON m.org_id = o.id JOIN users u ON u.id = m.user_id \
               WHERE m.org_id = {org} AND m.disabled_at IS NULL AND u.disabled_at IS NULL GROUP BY o.id";
    let rows: Vec<Policy> = tx.query(sql, Vec::new()).await?;
    rows.into_iter().next().ok_or(Error::not_found("company"))
}

/// Sets it for the company that is held. As it is already, nothing is written. Open pages begin anew, so that they go no further than their
/// people may.
pub async fn set_required(tx: &TenantDb, before: &Org, required: bool) -> Result<()> {
    let sql =
        "UPDATE orgs SET second_factor_required = ?, version = version + 1 WHERE id = {org} AND second_factor_required <> ?";
    if tx.execute(sql, vec![required.into(), required.into()]).await? == 1 {
        announce(tx, before, vec![SECOND_FACTOR.to_owned()]);
    }
    Ok(())
}

impl Policy {
    pub fn into_pb(self) -> pb::SecondFactorPolicy {
        let count = |people| i32::try_from(people).unwrap_or(i32::MAX);
        pb::SecondFactorPolicy { required: self.required, people: count(self.people), people_without: count(self.people_without) }
    }
}
