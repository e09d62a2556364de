//! What an error of a database means for whoever asked.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::{Error as SqlxError, error::DatabaseError};
use streamflow_proto::reason::Reason;

use super::Error;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match meaning(&error) {
            Meaning::Away => Self::Unavailable(error.to_string()),
            Meaning::NoRoom => Self::Storage(error.to_string()),
            Meaning::Busy => {
                tracing::warn!(%error, "a change met another one");
                let text = "Somebody else was changing the same at this moment. Nothing was changed; try again.";
                Self::refused(Reason::BUSY, text)
            }
            // PostgreSQL stores every character but NUL (SQLSTATE 22021); SQLite would cut the text there.
            Meaning::Other if error.to_string().contains("invalid byte sequence for encoding") => {
                Self::invalid("request", "A text contains a character that can't be stored.")
            }
            Meaning::Other => Self::Internal(error.to_string()),
        }
    }
}

impl Error {
    /// Of a COMMIT. Where the way to the database broke, or its disk did not say whether it has what was written to it, the change may be
    /// there or not: SQLite takes it back in memory, and finds it in its log when it is started anew.
    pub(crate) fn of_commit(error: DbErr) -> Self {
        let was_synced = !code(&error).is_some_and(|code| SQLITE_NOT_SYNCED.contains(&&*code));
        if was_synced && !matches!(error, DbErr::Conn(_)) { error.into() } else { Self::Unsure(error.to_string()) }
    }
}

/// What the database itself called it.
fn code(error: &DbErr) -> Option<Cow<'_, str>> {
    match error {
        DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error().and_then(DatabaseError::code)
        }
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// It does not answer, has no connection left, or takes no writes.
    Away,
    /// A disk is full, or failed.
    NoRoom,
    /// Two changes waited for each other, or one for too long; this one was taken back.
    Busy,
    Other,
}

fn meaning(error: &DbErr) -> Meaning {
    let cause = match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::SqlxError(_)) => return Meaning::Away,
        DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause)) => cause,
        _ => return Meaning::Other,
    };
    match &**cause {
        SqlxError::Io(_) | SqlxError::Tls(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed => Meaning::Away,
        SqlxError::Database(_) => of_code(&code(error).unwrap_or_default()),
        _ => Meaning::Other,
    }
}

/// PostgreSQL's codes have five characters (its documentation, appendix A), SQLite's are numbers with the kind in their upper bits
/// (sqlite.org/rescode.html).
fn of_code(code: &str) -> Meaning {
    if code.len() < 5 {
        return match code.parse::<u32>().unwrap_or_default() & 0xff {
            SQLITE_BUSY | SQLITE_LOCKED => Meaning::Busy,
            SQLITE_READONLY | SQLITE_CANTOPEN => Meaning::Away,
            SQLITE_IOERR | SQLITE_FULL => Meaning::NoRoom,
            _ => Meaning::Other,
        };
    }
    match code {
        // read_only_sql_transaction, as a standby says that was not promoted yet; too_many_connections.
        "25006" | "53300" => Meaning::Away,
        // disk_full and io_error.
        "53100" | "58030" => Meaning::NoRoom,
        // serialization_failure, deadlock_detected, lock_not_available.
        "40001" | "40P01" | "55P03" => Meaning::Busy,
        // Connection exceptions, and a server that ends or does not take anybody yet.
        _ if code.starts_with("08") || code.starts_with("57P") => Meaning::Away,
        _ => Meaning::Other,
    }
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
/// `SQLITE_IOERR_FSYNC` and `SQLITE_IOERR_DIR_FSYNC`.
const SQLITE_NOT_SYNCED: [&str; 2] = ["1034", "1290"];

#[cfg(test)]
mod tests {
    use std::{error::Error as StdError, fmt};

    use sqlx::error::ErrorKind;

    use super::*;

    /// What a database says with a code of its own.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }
        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    /// As sea-orm gives what a COMMIT was answered.
    fn of_commit(code: &'static str) -> Error {
        Error::of_commit(DbErr::Query(RuntimeErr::SqlxError(SqlxError::Database(Box::new(Said(code))).into())))
    }

    #[test]
    fn a_commit_that_no_disk_confirmed_may_be_there() {
        for code in SQLITE_NOT_SYNCED {
            assert!(matches!(of_commit(code), Error::Unsure(_)), "{code}");
        }
        // A write into the log that failed, and a full disk: there is nothing to find again.
        assert!(matches!(of_commit("778"), Error::Storage(_)));
        assert!(matches!(of_commit("13"), Error::Storage(_)));
        let lost = DbErr::Conn(RuntimeErr::SqlxError(SqlxError::WorkerCrashed.into()));
        assert!(matches!(Error::of_commit(lost), Error::Unsure(_)));
    }

    #[test]
    fn what_passes_is_told_from_what_is_wrong() {
        let known = [
            (Meaning::Away, &["25006", "53300", "57P01", "57P03", "08006", "8", "1032", "14"][..]),
            (Meaning::NoRoom, &["53100", "58030", "13", "10", "778"]),
            (Meaning::Busy, &["40001", "40P01", "55P03", "5", "517", "6"]),
            (Meaning::Other, &["23505", "42501", "42P01", "22021", "57014", "25P02", "19", "2067", "1", "26", ""]),
        ];
        for (expected, codes) in known {
            for code in codes {
                assert_eq!(of_code(code), expected, "{code}");
            }
        }
    }
}
