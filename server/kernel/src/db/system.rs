//! [`SystemDb`]: a transaction on what belongs to no company, or to several. RPCs use it for accounts, sessions, second factors
//! and invitations, of people who are signed in as well as of those who are not yet; the server's own work uses it for the change
//! tail, the audit's chain and imports that wait. It adds no `org_id`: on PostgreSQL its role can't reach the companies' records.
//! Its statements are marked as the system's own, for the tests' statement spy.

#![expect(clippy::disallowed_methods, reason = "this is the room where finders without a company are made")]

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DeleteMany, EntityTrait, FromQueryResult, IntoActiveModel, Select,
    Statement, UpdateMany, Value,
};

use super::{Backend, Column, Database, Txn, marked::Marked};
use crate::error::Result;

/// Dropped without commit, nothing happened.
#[derive(Debug)]
pub struct SystemDb {
    database: Database,
    txn: Marked<Txn>,
    /// Whether the commit is news to watchers.
    has_changes: AtomicBool,
}

impl SystemDb {
    pub(super) const fn new(database: Database, txn: Txn) -> Self {
        Self { database, txn: Marked(txn), has_changes: AtomicBool::new(false) }
    }

    pub const fn backend(&self) -> Backend {
        self.database.backend
    }

    /// All rows of every company that `narrow` leaves.
    pub async fn all<E: EntityTrait>(&self, narrow: impl FnOnce(Select<E>) -> Select<E>) -> Result<Vec<E::Model>> {
        Ok(narrow(E::find()).all(&self.txn).await?)
    }

    /// The first row of every company's that `narrow` leaves.
    pub async fn one<E: EntityTrait>(&self, narrow: impl FnOnce(Select<E>) -> Select<E>) -> Result<Option<E::Model>> {
        Ok(narrow(E::find()).one(&self.txn).await?)
    }

    /// SQL by hand with `?` placeholders, as rows of `T`.
    pub async fn query<T: FromQueryResult>(&self, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
        super::query_rows(&self.txn, &super::numbered(self.backend(), sql), values).await
    }

    /// SQL by hand with `?` placeholders. Returns how many rows changed.
    pub async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        let sql = super::numbered(self.backend(), sql);
        let statement = Statement::from_sql_and_values(self.txn.get_database_backend(), sql, values);
        Ok(self.txn.execute_raw(statement).await?.rows_affected())
    }

    /// SQL by hand that takes arrays, on PostgreSQL. Returns how many rows changed.
    pub(crate) async fn execute_columns(&self, sql: &'static str, columns: Vec<Column>) -> Result<u64> {
        Ok(self.txn.0.execute_columns(sql, columns).await?)
    }

    /// Adds a row, and returns it as the database has it. Fails with the database's own error, so that a unique index can be told from a fault.
    pub async fn insert<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, sea_orm::DbErr>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.insert(&self.txn).await
    }

    /// Changes the rows that `narrow` leaves. Returns how many.
    pub async fn update_many<E: EntityTrait>(&self, narrow: impl FnOnce(UpdateMany<E>) -> UpdateMany<E>) -> Result<u64> {
        Ok(narrow(E::update_many()).exec(&self.txn).await?.rows_affected)
    }

    /// Deletes the rows that `narrow` leaves. Returns how many.
    pub async fn delete_many<E: EntityTrait>(&self, narrow: impl FnOnce(DeleteMany<E>) -> DeleteMany<E>) -> Result<u64> {
        Ok(narrow(E::delete_many()).exec(&self.txn).await?.rows_affected)
    }

    /// Writes changes of one company with this transaction.
    pub async fn append_changes(
        &self,
        org: uuid::Uuid,
        actor: &crate::feed::Actor,
        changes: &[crate::feed::Change],
    ) -> Result<()> {
        self.has_changes.fetch_or(!changes.is_empty(), Ordering::Relaxed);
        crate::feed::append(&self.txn, org, actor, changes).await
    }

    /// Fails with [`Error::Unsure`](crate::error::Error::Unsure) when the answer is lost: it may have been committed then.
    pub async fn commit(self) -> Result<()> {
        self.txn.0.commit().await?;
        // Audit batches are commits too, many a second: waking the feed for them would cost more than writing them.
        if self.has_changes.into_inner() {
            self.database.committed.notify_one();
        }
        Ok(())
    }

    pub(crate) const fn txn(&self) -> &impl ConnectionTrait {
        &self.txn
    }
}
