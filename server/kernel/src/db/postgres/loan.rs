//! [`Loan`]: a connection that is lent out, and in what state it comes back.

use std::{
    ops::{Deref, DerefMut},
    pin::pin,
    task::{Context, Poll, Waker},
};

use deadpool::managed::Object;
use sea_orm::{DbErr, RuntimeErr};
use sqlx::{Connection as _, Error as SqlxError, Executor as _, PgConnection};
use sqlx_core::transaction::TransactionManager as _;
use tokio::{runtime::Handle, time::timeout};

use super::{Opener, PATIENCE, Transactions};

/// A connection that is lent out. Dropped, it is rolled back, or closed, as its state says.
pub(super) struct Loan {
    connection: Option<Object<Opener>>,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A statement was begun, and its answer not seen.
    Unknown,
    /// In a transaction that has begun, and every statement since was answered.
    AtRest,
    /// The server, or the way to it, has gone.
    Dead,
}

const LENT: &str = "a loan holds its connection until it ends";

impl Deref for Loan {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect(LENT)
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect(LENT)
    }
}

impl Loan {
    pub const fn new(connection: Object<Opener>) -> Self {
        Self { connection: Some(connection), state: State::Unknown }
    }

    /// For a connection whose last statement was answered and that is in no transaction.
    pub fn give_back(mut self) {
        drop(self.connection.take());
    }

    /// For a connection that is dead.
    pub fn close(mut self) {
        self.state = State::Dead;
    }

    /// The answer to a statement outside a transaction.
    pub fn settle<T>(self, answer: Result<T, SqlxError>) -> Result<T, DbErr> {
        match &answer {
            Ok(_) => self.give_back(),
            Err(error) if is_gone(error) => self.close(),
            Err(_) => drop(self),
        }
        answer.map_err(query_error)
    }

    /// A statement in a transaction was answered so.
    pub fn note<T>(&mut self, answer: &Result<T, SqlxError>) {
        let is_dead = self.state == State::Dead || answer.as_ref().is_err_and(is_gone);
        self.state = if is_dead { State::Dead } else { State::AtRest };
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match self.state {
            State::Dead => return bury(connection),
            State::AtRest if leave(&mut connection) => return,
            State::AtRest | State::Unknown => {}
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(tidy(connection))),
            // Nobody is left to wait for it: it is closed.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

/// Closes a dead connection, and those that lie free since before it was lent: whatever ended it has most likely ended them too, and
/// what finds that out may be a statement that nobody dares to repeat. Those opened since have met the server as it is now.
fn bury(connection: Object<Opener>) {
    let metrics = Object::metrics(&connection);
    let lent_at = metrics.recycled.unwrap_or(metrics.created);
    if let Some(pool) = Object::pool(&connection) {
        drop(pool.retain(|_, free| free.created > lent_at));
    }
    drop(Object::take(connection));
}

/// Sends the ROLLBACK of a transaction at rest. True when it is on its way; sqlx reads its answer before anything else is asked.
fn leave(connection: &mut PgConnection) -> bool {
    Transactions::start_rollback(connection);
    let sent = pin!(connection.flush()).poll(&mut Context::from_waker(Waker::noop()));
    !matches!(sent, Poll::Ready(Err(_))) && !connection.should_flush()
}

/// Leaves whatever transaction the connection is in, then gives it back; closes one that does not answer.
async fn tidy(mut connection: Object<Opener>) {
    let left = timeout(PATIENCE, async {
        if Transactions::get_transaction_depth(&connection) > 0 {
            Transactions::rollback(&mut connection).await
        } else {
            connection.execute("ROLLBACK").await.map(|_| ())
        }
    });
    if !matches!(left.await, Ok(Ok(()))) {
        drop(Object::take(connection));
    }
}

/// Codes of a server that has ended the connection: what ends, those of connections themselves, and transactions that lasted too long.
const ENDED: [&str; 4] = ["57P", "08", "25P03", "25P04"];

/// Whether the server, or the way to it, has gone. Whether the statement ran before that, nobody knows.
pub(super) fn is_gone(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_) | SqlxError::Tls(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| ENDED.iter().any(|ended| code.starts_with(ended))),
        _ => false,
    }
}

pub(super) fn query_error(error: SqlxError) -> DbErr {
    let is_gone = is_gone(&error);
    let error = RuntimeErr::SqlxError(error.into());
    if is_gone { DbErr::Conn(error) } else { DbErr::Query(error) }
}
