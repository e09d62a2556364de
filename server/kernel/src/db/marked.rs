//! [`Marked`]: a connection whose statements stand in the span `system_db`, so that who reads the log of statements can tell the
//! system's own from those made for a person. The statement spy of the tests lets only these name no company.

#![expect(clippy::disallowed_methods, reason = "this is the room where statements are passed on")]

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tracing::{Instrument as _, Span};

use super::pool::Pool;

#[derive(Debug)]
pub(super) struct Marked<C>(pub C);

fn span() -> Span {
    tracing::trace_span!("system_db")
}

impl Marked<Pool> {
    pub async fn read_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.read_all(statement).instrument(span()).await
    }

    pub async fn execute_repeatable(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_repeatable(statement).instrument(span()).await
    }
}

#[async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Marked<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).instrument(span()).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).instrument(span()).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.query_one_raw(statement).instrument(span()).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.query_all_raw(statement).instrument(span()).await
    }
}
