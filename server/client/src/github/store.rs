//! Rows of ways to GitHub that are open, and of connected accounts.
//!
//! GitHub's number of an account says nothing without the GitHub it is from: an operator may change from one to another.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

use super::site::Account;

/// How long the way to GitHub and back may take; GitHub's own code is good for as long.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// A way that somebody begins or ends. `user_id` is who connects an account; none who signs in.
pub struct Attempt {
    pub state_hash: Vec<u8>,
    pub browser_hash: Vec<u8>,
    pub user_id: Option<Uuid>,
    pub now: DateTime<Utc>,
}

pub async fn insert_attempt(db: &SystemDb, new: Attempt) -> Result<()> {
    let sql = "INSERT INTO github_attempts (state_hash, browser_hash, user_id, created_at) VALUES (?, ?, ?, ?)";
    let values = vec![new.state_hash.into(), new.browser_hash.into(), new.user_id.into(), new.now.into()];
    db.execute(sql, values).await?;
    Ok(())
}

/// Uses it up. False when it was used, is too old, is another browser's, or was begun for something else; two at once get one true.
pub async fn use_attempt(db: &SystemDb, attempt: Attempt) -> Result<bool> {
    let sql = "DELETE FROM github_attempts WHERE state_hash = ? AND browser_hash = ? AND user_id IS NOT DISTINCT FROM ? \
               AND created_at > ?";
    let Attempt { state_hash, browser_hash, user_id, now } = attempt;
    let values = vec![state_hash.into(), browser_hash.into(), user_id.into(), (now - LIFE).into()];
    Ok(db.execute(sql, values).await? == 1)
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Connection {
    pub login: String,
    pub connected_at: DateTime<Utc>,
}

pub async fn connection(db: &SystemDb, site: &str, user_id: Uuid) -> Result<Option<Connection>> {
    let sql = "SELECT login, connected_at FROM github_accounts WHERE user_id = ? AND site = ?";
    Ok(db.query(sql, vec![user_id.into(), site.into()]).await?.into_iter().next())
}

/// Who has connected the account.
pub async fn holder(db: &SystemDb, site: &str, github_id: i64) -> Result<Option<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let sql = "SELECT user_id FROM github_accounts WHERE site = ? AND github_id = ?";
    let rows: Vec<Row> = db.query(sql, vec![site.into(), github_id.into()]).await?;
    Ok(rows.first().map(|row| row.user_id))
}

/// Connects the account in place of one that is from another GitHub. False when somebody has the account; the person, who is held, has
/// none of this GitHub.
pub async fn insert_connection(db: &SystemDb, site: &str, account: &Account, user_id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    db.execute("DELETE FROM github_accounts WHERE user_id = ? AND site <> ?", vec![user_id.into(), site.into()]).await?;
    let sql = "INSERT INTO github_accounts (user_id, site, github_id, login, connected_at) VALUES (?, ?, ?, ?, ?) \
               ON CONFLICT DO NOTHING";
    let login = account.login.as_str();
    let values = vec![user_id.into(), site.into(), account.id.into(), login.into(), now.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// What the account is called by now; people rename theirs.
pub async fn rename(db: &SystemDb, site: &str, account: &Account) -> Result<()> {
    let sql = "UPDATE github_accounts SET login = ? WHERE site = ? AND github_id = ? AND login <> ?";
    let login = account.login.as_str();
    db.execute(sql, vec![login.into(), site.into(), account.id.into(), login.into()]).await?;
    Ok(())
}

/// What it was called; none when there was none.
pub async fn delete_connection(db: &SystemDb, user_id: Uuid) -> Result<Option<String>> {
    #[derive(FromQueryResult)]
    struct Row {
        login: String,
    }
    let rows: Vec<Row> = db.query("DELETE FROM github_accounts WHERE user_id = ? RETURNING login", vec![user_id.into()]).await?;
    Ok(rows.into_iter().next().map(|row| row.login))
}
