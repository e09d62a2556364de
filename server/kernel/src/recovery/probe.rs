//! One question to the database: can it write, within a second? That tells a server that is gone, refuses, hangs or only reads, and
//! a file that is gone, locked or something else by now.

#![expect(clippy::disallowed_methods, reason = "the watch has a connection of its own, which belongs to no request")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, Statement};

use crate::db::{Backend, Pool, connect, connect::Location, numbered};

/// Longest wait for the answer.
pub const DEADLINE: Duration = Duration::from_secs(1);
/// What holds a file's write lock for longer is taken for a problem.
const PATIENCE: Duration = Duration::from_millis(900);

/// A counter that nobody asks for; pruned with the others it comes back with the next question.
const WRITE: &str = "INSERT INTO rate_limits (key, window_start, used) VALUES ('recovery probe', ?, 1) \
                     ON CONFLICT (key) DO UPDATE SET window_start = excluded.window_start";

pub struct Probe {
    location: Location,
    /// Kept between questions on PostgreSQL, as long as it answers.
    connection: Option<Pool>,
}

impl Probe {
    pub const fn new(location: Location) -> Self {
        Self { location, connection: None }
    }

    /// Fails with what is wrong, in words for the log and the emergency account.
    pub async fn ask(&mut self, now: DateTime<Utc>) -> Result<(), String> {
        // Given up in the middle, the connection goes with the question.
        match tokio::time::timeout(DEADLINE, self.write(now)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(problem)) => Err(problem),
            Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
        }
    }

    async fn write(&mut self, now: DateTime<Utc>) -> Result<(), String> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::sentry(&self.location, PATIENCE).await.map_err(|error| plain(&format!("{error:?}")))?,
        };
        let backend = self.location.backend();
        let sql = numbered(backend, WRITE);
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, [(now.timestamp() / 60).into()]);
        connection.execute_raw(statement).await.map_err(|error| plain(&error.to_string()))?;
        match backend {
            Backend::Postgres => self.connection = Some(connection),
            Backend::Sqlite => connection.close().await.map_err(|error| plain(&error.to_string()))?,
        }
        Ok(())
    }
}

/// A driver's error without what wraps it.
fn plain(error: &str) -> String {
    let lower = error.to_lowercase();
    let known = [
        ("connection refused", "it refuses connections"),
        ("read-only", "it can be read but not written"),
        ("readonly", "it can be read but not written"),
        ("unable to open", "the file can't be opened"),
        ("not a database", "the file is not a database"),
        ("database is locked", "the file is locked"),
        ("no such table", "the file holds another schema"),
        ("shutting down", "it is shutting down"),
        ("starting up", "it is starting up"),
        ("authentication failed", "it refuses the password"),
        // Of all, or of those that are left to others than superusers.
        ("too many c", "all its connections are taken"),
        ("remaining connection slots", "all its connections are taken"),
    ];
    known
        .iter()
        .find(|(mark, _)| lower.contains(mark))
        .map_or_else(|| "the connection failed".to_owned(), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_without_addresses() {
        assert_eq!(plain("Connection Error: Connection refused (os error 111) at 10.0.0.1"), "it refuses connections");
        assert_eq!(plain("ERROR: cannot execute INSERT in a read-only transaction"), "it can be read but not written");
        assert_eq!(plain("FATAL: sorry, too many clients already"), "all its connections are taken");
        let reserved = "FATAL: remaining connection slots are reserved for non-replication superuser connections";
        assert_eq!(plain(reserved), "all its connections are taken");
        assert_eq!(plain("host db.internal says something new"), "the connection failed");
    }
}
