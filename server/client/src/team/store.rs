//! Rows of memberships and teams.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, TenantDb},
    error::{Error, Result},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
};
use streamflow_proto::common::v1::PageInfo;
use uuid::Uuid;

use super::domain::{MemberPatch, Standing, role_name, role_of};

/// Somebody of the company.
#[derive(Clone, Debug)]
pub struct Member {
    pub user_id: Uuid,
    pub version: i64,
    pub display_name: String,
    pub email: String,
    pub standing: Standing,
    pub second_factor: bool,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub team_ids: Vec<Uuid>,
}

#[derive(FromQueryResult)]
struct MemberRow {
    user_id: Uuid,
    version: i64,
    display_name: String,
    /// As the database orders by it.
    sort_name: String,
    email: String,
    role: String,
    read_only: bool,
    disabled_at: Option<DateTime<Utc>>,
    totp_confirmed_at: Option<DateTime<Utc>>,
    last_seen_at: Option<DateTime<Utc>>,
}

const MEMBERS: &str = "SELECT m.user_id, m.version, u.display_name, lower(u.display_name) AS sort_name, u.email, m.role, m.read_only, m.disabled_at, u.totp_confirmed_at, \
    (SELECT max(s.last_seen_at) FROM sessions s WHERE s.org_id = m.org_id AND s.user_id = m.user_id) AS last_seen_at \
    FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = {org}";

const BY_NAME: OrderField = OrderField::new("name", KeyKind::Text);
/// What the list of people can be asked: nothing but its pages.
pub const MEMBER_LIST: ListSpec =
    ListSpec { name: "members", filters: &[], orders: &[BY_NAME], default_order: BY_NAME.ascending() };
/// As [`MEMBER_LIST`], of teams.
pub const TEAM_LIST: ListSpec = ListSpec { name: "teams", filters: &[], orders: &[BY_NAME], default_order: BY_NAME.ascending() };

/// A page of everybody, disabled people too, by name.
pub async fn members(tx: &TenantDb, list: &List) -> Result<(Vec<Member>, PageInfo)> {
    let (page, after) = list.by_hand("lower(u.display_name)", "m.user_id");
    let mut rows: Vec<MemberRow> = tx.query(&format!("{MEMBERS}{page}"), after).await?;
    let next_page_token = list.next_page_token(&mut rows, |row| (Key::Text(row.sort_name.clone()), row.user_id));
    let mut teams = team_ids(tx).await?;
    let members = rows.into_iter().map(|row| row.with_teams(&mut teams)).collect();
    Ok((members, PageInfo { next_page_token, ..PageInfo::default() }))
}

pub async fn member(tx: &TenantDb, user_id: Uuid) -> Result<Option<Member>> {
    let rows: Vec<MemberRow> = tx.query(&format!("{MEMBERS} AND m.user_id = ?"), vec![user_id.into()]).await?;
    let mut teams = team_ids(tx).await?;
    Ok(rows.into_iter().next().map(|row| row.with_teams(&mut teams)))
}

impl MemberRow {
    fn with_teams(self, teams: &mut HashMap<Uuid, Vec<Uuid>>) -> Member {
        Member {
            team_ids: teams.remove(&self.user_id).unwrap_or_default(),
            user_id: self.user_id,
            version: self.version,
            display_name: self.display_name,
            email: self.email,
            standing: Standing { role: role_of(&self.role), read_only: self.read_only, disabled: self.disabled_at.is_some() },
            second_factor: self.totp_confirmed_at.is_some(),
            last_seen_at: self.last_seen_at,
        }
    }
}

async fn team_ids(tx: &TenantDb) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
        team_id: Uuid,
    }
    let sql = "SELECT user_id, team_id FROM team_members WHERE org_id = {org} ORDER BY team_id";
    let rows: Vec<Row> = tx.query(sql, vec![]).await?;
    let mut teams: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in rows {
        teams.entry(row.user_id).or_default().push(row.team_id);
    }
    Ok(teams)
}

/// Somebody about to be changed, with what the rule of the last owner needs.
pub struct Locked {
    pub version: i64,
    pub standing: Standing,
    pub team_ids: Vec<Uuid>,
    /// Owners who can act, besides this person.
    pub other_owners: u64,
}

/// Locks the person and all owners, so that two owners who demote each other wait for one another. SQLite has one writer anyway.
pub async fn lock_member(tx: &TenantDb, user_id: Uuid) -> Result<Option<Locked>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
        version: i64,
        role: String,
        read_only: bool,
        disabled_at: Option<DateTime<Utc>>,
    }
    let lock = if tx.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT user_id, version, role, read_only, disabled_at FROM memberships \
         WHERE org_id = {{org}} AND (role = 'OWNER' OR user_id = ?) ORDER BY user_id{lock}"
    );
    let rows: Vec<Row> = tx.query(&sql, vec![user_id.into()]).await?;
    let standing =
        |row: &Row| Standing { role: role_of(&row.role), read_only: row.read_only, disabled: row.disabled_at.is_some() };
    let other_owners = rows.iter().filter(|row| row.user_id != user_id && standing(row).is_acting_owner()).count() as u64;
    let Some(person) = rows.iter().find(|row| row.user_id == user_id) else {
        return Ok(None);
    };
    let team_ids = team_ids(tx).await?.remove(&user_id).unwrap_or_default();
    Ok(Some(Locked { version: person.version, standing: standing(person), team_ids, other_owners }))
}

/// Writes what a patch says of somebody who is locked.
pub async fn update_member(tx: &TenantDb, patch: &MemberPatch, after: Standing, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE memberships SET version = version + 1, role = ?, read_only = ?, \
               disabled_at = CASE WHEN ? THEN COALESCE(disabled_at, ?) END WHERE org_id = {org} AND user_id = ?";
    let values =
        vec![role_name(after.role).into(), after.read_only.into(), after.disabled.into(), now.into(), patch.user_id.into()];
    tx.execute(sql, values).await?;
    if let Some(team_ids) = &patch.team_ids {
        tx.execute("DELETE FROM team_members WHERE org_id = {org} AND user_id = ?", vec![patch.user_id.into()]).await?;
        for team_id in team_ids {
            let sql = "INSERT INTO team_members (org_id, team_id, user_id) VALUES ({org}, ?, ?)";
            tx.execute(sql, vec![(*team_id).into(), patch.user_id.into()]).await?;
        }
    }
    Ok(())
}

pub async fn delete_member(tx: &TenantDb, user_id: Uuid) -> Result<()> {
    tx.execute("DELETE FROM memberships WHERE org_id = {org} AND user_id = ?", vec![user_id.into()]).await?;
    Ok(())
}

/// True for somebody of the company who may still enter it: who records and tasks can be given to.
pub async fn is_active_member(tx: &TenantDb, user_id: Uuid) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let sql = "SELECT user_id FROM memberships WHERE org_id = {org} AND user_id = ? AND disabled_at IS NULL";
    let rows: Vec<Row> = tx.query(sql, vec![user_id.into()]).await?;
    Ok(rows.iter().any(|row| row.user_id == user_id))
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Team {
    pub id: Uuid,
    pub version: i64,
    pub name: String,
    /// As the database orders by it; empty where no list was read.
    pub sort_name: String,
}

const TEAMS: &str = "SELECT id, version, name, lower(name) AS sort_name FROM teams WHERE org_id = {org}";

/// A page of teams, by name.
pub async fn teams(tx: &TenantDb, list: &List) -> Result<(Vec<Team>, PageInfo)> {
    let (page, after) = list.by_hand("lower(name)", "id");
    let mut teams: Vec<Team> = tx.query(&format!("{TEAMS}{page}"), after).await?;
    let next_page_token = list.next_page_token(&mut teams, |team| (Key::Text(team.sort_name.clone()), team.id));
    Ok((teams, PageInfo { next_page_token, ..PageInfo::default() }))
}

pub async fn all_teams(tx: &TenantDb) -> Result<Vec<Team>> {
    tx.query(TEAMS, vec![]).await
}

pub async fn team(tx: &TenantDb, id: Uuid) -> Result<Option<Team>> {
    let rows: Vec<Team> = tx.query(&format!("{TEAMS} AND id = ?"), vec![id.into()]).await?;
    Ok(rows.into_iter().next())
}

pub async fn team_exists(tx: &TenantDb, id: Uuid) -> Result<bool> {
    Ok(team(tx, id).await?.is_some())
}

/// False when the name was taken meanwhile.
pub async fn insert_team(tx: &TenantDb, team: &Team, now: DateTime<Utc>) -> Result<bool> {
    let sql = "INSERT INTO teams (org_id, id, version, name, created_at) VALUES ({org}, ?, ?, ?, ?) ON CONFLICT (org_id, name) DO NOTHING";
    Ok(tx.execute(sql, vec![team.id.into(), team.version.into(), team.name.clone().into(), now.into()]).await? == 1)
}

/// Puts somebody into a team. Returns the new version of the membership.
pub async fn join_team(tx: &TenantDb, team_id: Uuid, user_id: Uuid) -> Result<i64> {
    #[derive(FromQueryResult)]
    struct Row {
        version: i64,
    }
    let sql = "INSERT INTO team_members (org_id, team_id, user_id) VALUES ({org}, ?, ?)";
    tx.execute(sql, vec![team_id.into(), user_id.into()]).await?;
    let sql = "UPDATE memberships SET version = version + 1 WHERE org_id = {org} AND user_id = ? RETURNING version";
    let rows: Vec<Row> = tx.query(sql, vec![user_id.into()]).await?;
    rows.first().map(|row| row.version).ok_or(Error::not_found("member"))
}

/// False when somebody changed or deleted it meanwhile.
pub async fn rename_team(tx: &TenantDb, id: Uuid, version: i64, name: &str) -> Result<bool> {
    let sql = "UPDATE teams SET name = ?, version = version + 1 WHERE org_id = {org} AND id = ? AND version = ?";
    Ok(tx.execute(sql, vec![name.into(), id.into(), version.into()]).await? == 1)
}

/// The people of a team with the versions of their memberships.
pub async fn people_of(tx: &TenantDb, team_id: Uuid) -> Result<Vec<(Uuid, i64)>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
        version: i64,
    }
    let sql = "SELECT m.user_id, m.version FROM team_members t JOIN memberships m ON m.org_id = t.org_id AND m.user_id = t.user_id \
               WHERE t.org_id = {org} AND t.team_id = ?";
    let rows: Vec<Row> = tx.query(sql, vec![team_id.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.version)).collect())
}

pub async fn delete_team(tx: &TenantDb, id: Uuid) -> Result<()> {
    tx.execute("DELETE FROM teams WHERE org_id = {org} AND id = ?", vec![id.into()]).await?;
    Ok(())
}
