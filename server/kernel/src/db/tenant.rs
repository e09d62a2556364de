//! [`TenantDb`]: a transaction on the rows of one company. Every finder, insert, update and delete carries `org_id`;
//! PostgreSQL enforces the same again by row-level security.

#![expect(clippy::disallowed_methods, reason = "this is the room where finders get their company")]

use parking_lot::Mutex;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, DeleteMany, EntityTrait,
    FromQueryResult, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait, Select, Statement, UpdateMany, Value,
};
use uuid::Uuid;

use super::{Backend, Database, InOrder, Rows, Txn};
use crate::{
    error::{Error, Result},
    feed::{self, Change},
    places::Place,
};

/// An entity whose table leads with `org_id`.
pub trait TenantEntity: EntityTrait {
    /// The `org_id` column.
    const ORG: Self::Column;
}

/// An entity whose rows belong to people.
pub trait VisibleEntity: TenantEntity {
    const OWNER: Self::Column;
    const ASSIGNEE: Self::Column;
    const TEAM: Self::Column;
}

/// How much of a company's rows a person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everything in the company.
    Org,
    /// The own teams' rows, own rows, and rows nobody has taken yet.
    Team,
    /// Rows owned by or assigned to the person.
    Own,
    /// Rows assigned to the person.
    Assigned,
    /// All customers, no leads: the company's bookkeeping.
    Finance,
    Nothing,
}

impl Visibility {
    /// Value of the `app.visibility` setting that the row policies read.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::Team => "team",
            Self::Own => "own",
            Self::Assigned => "assigned",
            Self::Finance => "finance",
            Self::Nothing => "none",
        }
    }
}

/// Whose rows a transaction reaches.
#[derive(Clone, Debug)]
pub struct Scope {
    pub org_id: Uuid,
    /// Nil for work of the system itself.
    pub user_id: Uuid,
    pub visibility: Visibility,
    pub team_ids: Vec<Uuid>,
}

impl Scope {
    /// Everything of one company, for background work on its behalf.
    pub const fn whole(org_id: Uuid) -> Self {
        Self { org_id, user_id: Uuid::nil(), visibility: Visibility::Org, team_ids: Vec::new() }
    }

    /// What PostgreSQL's row policies go by, for the transaction that it is sent with. Ids and names of this module can't end a text.
    pub(super) fn settings(&self) -> String {
        let mut settings = format!(
            "SET LOCAL app.org_id = '{}'; SET LOCAL app.user_id = '{}'; SET LOCAL app.visibility = '{}'",
            self.org_id,
            self.user_id,
            self.visibility.setting()
        );
        // None is what a transaction begins with.
        if !self.team_ids.is_empty() {
            let teams: Vec<String> = self.team_ids.iter().map(Uuid::to_string).collect();
            settings.push_str(&format!("; SET LOCAL app.team_ids = '{}'", teams.join(",")));
        }
        settings
    }

    /// True when a row with these people may be seen.
    pub fn sees(&self, owner: Option<Uuid>, assignee: Option<Uuid>, team: Option<Uuid>) -> bool {
        let me = Some(self.user_id);
        match self.visibility {
            Visibility::Org | Visibility::Finance => true,
            Visibility::Team => {
                owner == me
                    || assignee == me
                    || team.is_some_and(|team| self.team_ids.contains(&team))
                    || (team.is_none() && owner.is_none())
            }
            Visibility::Own => owner == me || assignee == me,
            Visibility::Assigned => assignee == me,
            Visibility::Nothing => false,
        }
    }

    /// The same rule as a condition on the rows of `E`.
    pub fn condition<E: VisibleEntity>(&self) -> Condition {
        let me = self.user_id;
        match self.visibility {
            Visibility::Org | Visibility::Finance => Condition::all(),
            Visibility::Team => Condition::any()
                .add(E::TEAM.is_in(self.team_ids.iter().copied()))
                .add(E::OWNER.eq(me))
                .add(E::ASSIGNEE.eq(me))
                .add(Condition::all().add(E::TEAM.is_null()).add(E::OWNER.is_null())),
            Visibility::Own => Condition::any().add(E::OWNER.eq(me)).add(E::ASSIGNEE.eq(me)),
            Visibility::Assigned => Condition::all().add(E::ASSIGNEE.eq(me)),
            // `org_id` is never null, so this matches nothing.
            Visibility::Nothing => Condition::all().add(E::ORG.is_null()),
        }
    }
}

/// A finder that is already bound to a company. Only [`TenantDb`] makes one.
#[derive(Clone, Debug)]
#[must_use]
pub struct Scoped<E: EntityTrait>(Select<E>);

impl<E: EntityTrait> Scoped<E> {
    /// Narrows the finder: filter, order, limit, columns.
    pub fn map(self, narrow: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        Self(narrow(self.0))
    }

    pub fn filter(self, condition: impl sea_orm::sea_query::IntoCondition) -> Self {
        Self(self.0.filter(condition))
    }
}

/// A transaction on the rows of one company. Dropped without commit, nothing happened.
#[derive(Debug)]
pub struct TenantDb {
    database: Database,
    txn: Txn,
    scope: Scope,
    changes: Mutex<Vec<Change>>,
    /// The company's turn, which ends after the transaction.
    _turn: Place,
}

impl TenantDb {
    pub(super) fn new(database: Database, txn: Txn, scope: Scope, turn: Place) -> Self {
        Self { database, txn, scope, changes: Mutex::default(), _turn: turn }
    }

    pub const fn org(&self) -> Uuid {
        self.scope.org_id
    }

    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    pub const fn backend(&self) -> Backend {
        self.database.backend
    }

    /// Rows of the company.
    pub fn find<E: TenantEntity>(&self) -> Scoped<E> {
        Scoped(E::find().filter(E::ORG.eq(self.scope.org_id)))
    }

    /// All rows that the finder finds: it should have a limit where people decide how many there are.
    pub async fn all<E: EntityTrait>(&self, finder: Scoped<E>) -> Result<Vec<E::Model>> {
        Ok(finder.0.all(&self.txn).await?)
    }

    /// The first row that the finder finds.
    pub async fn one<E: EntityTrait>(&self, finder: Scoped<E>) -> Result<Option<E::Model>> {
        Ok(finder.0.one(&self.txn).await?)
    }

    /// As [`all`](Self::all), for rows that are read often or many at a time.
    pub async fn records<E: EntityTrait<Model: InOrder>>(&self, finder: Scoped<E>) -> Result<Vec<E::Model>> {
        let rows = self.record_rows(finder).await?;
        Ok(rows.models().collect::<Result<_, _>>()?)
    }

    /// As [`records`](Self::records), for who is done with each row before the next one.
    pub async fn record_rows<E: EntityTrait<Model: InOrder>>(&self, finder: Scoped<E>) -> Result<Rows<E>> {
        let rows = self.txn.query_all_raw(finder.0.build(self.txn.get_database_backend())).await?;
        Ok(Rows::new(rows)?)
    }

    /// As [`one`](Self::one), for rows that are read often.
    pub async fn one_record<E: EntityTrait<Model: InOrder>>(&self, finder: Scoped<E>) -> Result<Option<E::Model>> {
        Ok(self.records(finder.map(|select| select.limit(1))).await?.into_iter().next())
    }

    /// Selected columns instead of whole rows, for counts and sums.
    pub async fn rows<E: EntityTrait, T: FromQueryResult>(&self, finder: Scoped<E>) -> Result<Vec<T>> {
        Ok(finder.0.into_model::<T>().all(&self.txn).await?)
    }

    /// SQL by hand. Values stand as `?` and the company as `{org}`, which must occur at least once.
    pub async fn query<T: FromQueryResult>(&self, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
        let (sql, values) = self.bind_org(sql, values)?;
        super::query_rows(&self.txn, &sql, values).await
    }

    /// Like [`query`](Self::query), for statements that return no rows. Returns how many rows changed.
    pub async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<u64> {
        let (sql, values) = self.bind_org(sql, values)?;
        let statement = Statement::from_sql_and_values(self.txn.get_database_backend(), sql, values);
        Ok(self.txn.execute_raw(statement).await?.rows_affected())
    }

    /// Inserts a row of the company, whatever company the caller put in.
    pub async fn insert<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model, DbErr>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: TenantEntity,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.set(<A::Entity as TenantEntity>::ORG, self.scope.org_id.into());
        row.insert(&self.txn).await
    }

    /// Updates the row with this model's key within the company.
    pub async fn update<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model, DbErr>
    where
        A: ActiveModelTrait + ActiveModelBehavior + Send,
        A::Entity: TenantEntity,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.set(<A::Entity as TenantEntity>::ORG, self.scope.org_id.into());
        row.update(&self.txn).await
    }

    /// Updates every row of the company that `narrow` selects. Returns how many.
    pub async fn update_many<E: TenantEntity>(&self, narrow: impl FnOnce(UpdateMany<E>) -> UpdateMany<E>) -> Result<u64> {
        let update = narrow(E::update_many().filter(E::ORG.eq(self.scope.org_id)));
        Ok(update.exec(&self.txn).await?.rows_affected)
    }

    /// Deletes every row of the company that `narrow` selects. Returns how many.
    pub async fn delete_many<E: TenantEntity>(&self, narrow: impl FnOnce(DeleteMany<E>) -> DeleteMany<E>) -> Result<u64> {
        let delete = narrow(E::delete_many().filter(E::ORG.eq(self.scope.org_id)));
        Ok(delete.exec(&self.txn).await?.rows_affected)
    }

    /// Announces a change; it is written with the rows and reaches watchers after the commit.
    pub fn record(&self, change: Change) {
        self.changes.lock().push(change);
    }

    /// The changes announced so far.
    pub fn recorded(&self) -> Vec<Change> {
        self.changes.lock().clone()
    }

    /// Writes the announced changes and commits.
    pub async fn commit_changes(self, actor: &feed::Actor) -> Result<()> {
        let changes = self.changes.into_inner();
        feed::append(&self.txn, self.scope.org_id, actor, &changes).await?;
        self.txn.commit().await?;
        if !changes.is_empty() {
            self.database.committed.notify_one();
        }
        Ok(())
    }

    pub(crate) const fn txn(&self) -> &Txn {
        &self.txn
    }

    fn bind_org(&self, sql: &str, values: Vec<Value>) -> Result<(String, Vec<Value>)> {
        if !sql.contains("{org}") {
            return Err(Error::internal("a statement by hand does not bind the company"));
        }
        let mut bound = Vec::with_capacity(values.len() + 1);
        let mut out = String::with_capacity(sql.len() + 8);
        let mut given = values.into_iter();
        let mut rest = sql;
        while let Some(at) = rest.find(['?', '{']) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let (value, width) = if from.starts_with("{org}") {
                (self.scope.org_id.into(), "{org}".len())
            } else if from.starts_with('?') {
                (given.next().ok_or_else(|| Error::internal("a statement by hand lacks a value"))?, 1)
            } else {
                return Err(Error::internal("a statement by hand has a stray brace"));
            };
            bound.push(value);
            match self.database.backend {
                Backend::Postgres => out.push_str(&format!("${}", bound.len())),
                Backend::Sqlite => out.push('?'),
            }
            rest = &from[width..];
        }
        out.push_str(rest);
        Ok((out, bound))
    }
}
