//! Rows of invitations. A company's own are reached through its transaction; the link in a mail is looked up before the company is
//! known.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{SystemDb, TenantDb},
    error::Result,
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use streamflow_proto::common::v1::PageInfo;
use uuid::Uuid;

use crate::{tenant::store::hold_staying, user::domain::needs_second_factor};

/// An open invitation.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Invitation {
    pub id: Uuid,
    pub email: String,
    pub role: String,
    pub team_id: Option<Uuid>,
    pub inviter_name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

const BY_BEGIN: OrderField = OrderField::new("created_at", KeyKind::Time);
/// What the list of open invitations can be asked: nothing but its pages.
pub const LIST: ListSpec =
    ListSpec { name: "invitations", filters: &[], orders: &[BY_BEGIN], default_order: BY_BEGIN.descending() };

/// The inviter may have left meanwhile.
const OPEN: &str = "SELECT i.id, i.email, i.role, i.team_id, COALESCE(u.display_name, '') AS inviter_name, i.created_at, i.expires_at \
    FROM invitations i LEFT JOIN users u ON u.id = i.invited_by \
    WHERE i.org_id = {org} AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > ?";

/// A page of open invitations, newest first.
pub async fn open_invitations(tx: &TenantDb, now: DateTime<Utc>, list: &List) -> Result<(Vec<Invitation>, PageInfo)> {
    let (page, after) = list.by_hand("i.created_at", "i.id");
    let values = std::iter::once(now.into()).chain(after).collect();
    let mut rows: Vec<Invitation> = tx.query(&format!("{OPEN}{page}"), values).await?;
    let next_page_token = list.next_page_token(&mut rows, |row| (Key::Time(row.created_at), row.id));
    Ok((rows, PageInfo { next_page_token, ..PageInfo::default() }))
}

/// How many invitations are open.
pub async fn count_open(tx: &TenantDb, now: DateTime<Utc>) -> Result<usize> {
    let open: Vec<Invitation> = tx.query(OPEN, vec![now.into()]).await?;
    Ok(open.len())
}

pub async fn open_invitation(tx: &TenantDb, id: Uuid, now: DateTime<Utc>) -> Result<Option<Invitation>> {
    let rows: Vec<Invitation> = tx.query(&format!("{OPEN} AND i.id = ?"), vec![now.into(), id.into()]).await?;
    Ok(rows.into_iter().next())
}

/// An invitation that was mailed, whatever became of it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Sent {
    pub email: String,
    pub created_at: DateTime<Utc>,
}

/// The newest mails since a moment, newest first; at most `most`.
pub async fn sent_since(tx: &TenantDb, since: DateTime<Utc>, most: usize) -> Result<Vec<Sent>> {
    let sql =
        "SELECT email, created_at FROM invitations WHERE org_id = {org} AND created_at > ? ORDER BY created_at DESC, id DESC";
    tx.query(&format!("{sql} LIMIT {most}"), vec![since.into()]).await
}

/// True when somebody with this address is in the company already.
pub async fn is_member(tx: &TenantDb, email: &str) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        email: String,
    }
    let sql = "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = {org} AND u.email = ?";
    let rows: Vec<Row> = tx.query(sql, vec![email.into()]).await?;
    Ok(rows.iter().any(|row| row.email == email))
}

pub async fn insert_invitation(tx: &TenantDb, invitation: &Invitation, invited_by: Uuid, token_hash: Vec<u8>) -> Result<()> {
    let sql = "INSERT INTO invitations (org_id, id, email, role, team_id, token_hash, invited_by, created_at, expires_at) \
               VALUES ({org}, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        invitation.id.into(),
        invitation.email.clone().into(),
        invitation.role.clone().into(),
        invitation.team_id.into(),
        token_hash.into(),
        invited_by.into(),
        invitation.created_at.into(),
        invitation.expires_at.into(),
    ];
    tx.execute(sql, values).await?;
    Ok(())
}

/// False when it is not open.
pub async fn revoke_invitation(tx: &TenantDb, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql =
        "UPDATE invitations SET revoked_at = ? WHERE org_id = {org} AND id = ? AND accepted_at IS NULL AND revoked_at IS NULL";
    Ok(tx.execute(sql, vec![now.into(), id.into()]).await? == 1)
}

/// A new invitation takes the place of the address's older ones.
pub async fn revoke_of_address(tx: &TenantDb, email: &str, now: DateTime<Utc>) -> Result<u64> {
    let sql =
        "UPDATE invitations SET revoked_at = ? WHERE org_id = {org} AND email = ? AND accepted_at IS NULL AND revoked_at IS NULL";
    tx.execute(sql, vec![now.into(), email.into()]).await
}

/// Somebody who loses their place must not come back by an invitation of their own.
pub async fn revoke_by_inviter(tx: &TenantDb, invited_by: Uuid, now: DateTime<Utc>) -> Result<u64> {
    let sql = "UPDATE invitations SET revoked_at = ? WHERE org_id = {org} AND invited_by = ? AND accepted_at IS NULL AND revoked_at IS NULL";
    tx.execute(sql, vec![now.into(), invited_by.into()]).await
}

/// An invitation as the holder of its link meets it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Offer {
    pub org_id: Uuid,
    pub id: Uuid,
    pub email: String,
    pub role: String,
    pub team_id: Option<Uuid>,
    pub expires_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub org_name: String,
    pub invited_by: Uuid,
    pub inviter_name: String,
    /// The company asks a second factor of everybody.
    second_factor_required: bool,
}

impl Offer {
    pub fn needs_second_factor(&self) -> bool {
        needs_second_factor(&self.role, self.second_factor_required)
    }

    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && self.expires_at > now
    }
}

pub async fn offer(db: &SystemDb, token_hash: Vec<u8>) -> Result<Option<Offer>> {
    let sql = "SELECT i.org_id, i.id, i.email, i.role, i.team_id, i.expires_at, i.accepted_at, i.revoked_at, o.name AS org_name, i.invited_by, \
               COALESCE(u.display_name, '') AS inviter_name, o.second_factor_required FROM invitations i JOIN orgs o ON o.id = i.org_id \
               LEFT JOIN users u ON u.id = i.invited_by WHERE i.token_hash = ?";
    Ok(db.query(sql, vec![token_hash.into()]).await?.into_iter().next())
}

/// What became of an attempt to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    Yes,
    /// Used, revoked or expired meanwhile.
    Closed,
    AlreadyMember,
}

/// Uses up the invitation and makes the person a member, with the offered role and team.
pub async fn join(db: &SystemDb, offer: &Offer, user_id: Uuid, now: DateTime<Utc>) -> Result<Joined> {
    if !hold_staying(db, offer.org_id).await? {
        return Ok(Joined::Closed);
    }
    let sql = "UPDATE invitations SET accepted_at = ? WHERE org_id = ? AND id = ? AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?";
    if db.execute(sql, vec![now.into(), offer.org_id.into(), offer.id.into(), now.into()]).await? != 1 {
        return Ok(Joined::Closed);
    }
    let sql = "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (org_id, user_id) DO NOTHING";
    let values = vec![offer.org_id.into(), user_id.into(), offer.role.clone().into(), now.into()];
    if db.execute(sql, values).await? != 1 {
        return Ok(Joined::AlreadyMember);
    }
    // The team may have been deleted since the invitation was read.
    let sql = "INSERT INTO team_members (org_id, team_id, user_id) SELECT org_id, id, ? FROM teams WHERE org_id = ? AND id = ?";
    if let Some(team_id) = offer.team_id {
        db.execute(sql, vec![user_id.into(), offer.org_id.into(), team_id.into()]).await?;
    }
    Ok(Joined::Yes)
}
