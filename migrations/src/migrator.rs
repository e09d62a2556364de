//! Runs the pending migrations of a system, all or none, and says which are pending.
#![expect(clippy::disallowed_methods, reason = "runs as the owner, before there is an org")]

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationName, MigrationStatus, MigrationTrait, SchemaManager, migrator::MigratorTraitSelf};

use crate::ddl::{Dialect, Target};
use crate::system::System;
use crate::{client, kernel, provider};

/// One migration: its name, which is its file's, and the statements it runs.
#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    pub up: fn(Target) -> Vec<String>,
}

/// The steps named by their modules, in order.
macro_rules! steps {
    ($($module:ident),+ $(,)?) => {
        &[$($crate::migrator::Step { name: stringify!($module), up: $module::up }),+]
    };
}
pub(crate) use steps;

/// Brings a system's database up to date. Everything pending is one transaction: a failure leaves the database as it was.
///
/// On PostgreSQL `db` must be allowed to take on the schema's owner role, and `prepare_postgres` must have made it; servers that
/// start at the same time wait for each other.
pub async fn migrate(db: &DatabaseConnection, system: System) -> Result<(), DbErr> {
    let migrator = Migrator::new(db.get_database_backend().into(), system);
    let tx = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        })
        .await?;
    if migrator.target.is_postgres() {
        take_on_owner(&tx, system).await?;
    }
    migrator.up(&tx, None).await?;
    tx.commit().await
}

/// Names of the migrations that have not run. Needs no right to create anything.
pub async fn pending(db: &DatabaseConnection, system: System) -> Result<Vec<String>, DbErr> {
    let migrator = Migrator::new(db.get_database_backend().into(), system);
    let files = migrator.get_migration_with_status_read_only(db).await?;
    Ok(files.iter().filter(|file| file.status() == MigrationStatus::Pending).map(|file| file.name().to_owned()).collect())
}

/// How many migrations this version knows of a system.
pub fn known(system: System) -> usize {
    steps_of(system).count()
}

/// The statements of all migrations of a system as one script, for reading and review.
pub fn script(dialect: Dialect, system: System) -> String {
    let target = Target { system, dialect };
    let mut text = String::new();
    for step in steps_of(system) {
        text.push_str("-- ");
        text.push_str(step.name);
        text.push('\n');
        for statement in (step.up)(target) {
            text.push_str(&statement);
            text.push_str(";\n");
        }
        text.push('\n');
    }
    text
}

async fn take_on_owner(tx: &DatabaseTransaction, system: System) -> Result<(), DbErr> {
    let (owner, schema) = (system.owner_role(), system.schema());
    tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock(hashtext('streamflow migrations {schema}'))")).await?;
    tx.execute_unprepared(&format!("SET LOCAL ROLE {owner}")).await?;
    tx.execute_unprepared(&format!("SET LOCAL search_path = {schema}")).await?;
    tx.execute_unprepared("SET LOCAL lock_timeout = '10s'").await?;
    Ok(())
}

struct Migrator {
    target: Target,
}

impl Migrator {
    fn new(dialect: Dialect, system: System) -> Self {
        Self { target: Target { system, dialect } }
    }
}

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let target = self.target;
        steps_of(target.system).map(|step| Box::new(Migration { step, target }) as Box<dyn MigrationTrait>).collect()
    }
}

/// In the order of a fresh database: the kernel's first, then the system's own as they are listed, whatever their names say. One that is
/// upgraded has had those of its version before any that are new, so steps of the two lists must not lean on each other's place.
fn steps_of(system: System) -> impl Iterator<Item = Step> {
    let own: &[Step] = match system {
        System::Client => client::STEPS,
        System::Provider => provider::STEPS,
        System::Dev | System::Accountant => &[],
    };
    kernel::STEPS.iter().chain(own).copied()
}

struct Migration {
    step: Step,
    target: Target,
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        self.step.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait makes `'_` another lifetime")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in (self.step.up)(self.target) {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
