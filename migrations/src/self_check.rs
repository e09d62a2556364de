//! What the catalogue must say before a server starts.

use sea_orm::{DatabaseConnection, DbErr};

use crate::migrator::pending;
use crate::system::System;

/// Findings as sentences; none means good. To be run as the login role.
pub async fn self_check(db: &DatabaseConnection, system: System) -> Result<Vec<String>, DbErr> {
    Ok(pending(db, system)
        .await?
        .into_iter()
        .map(|name| format!("migration {name} has not run"))
        .collect())
}
