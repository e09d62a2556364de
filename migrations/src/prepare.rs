//! Makes an empty PostgreSQL database ready: roles, schemas, rights, and the migrations of all systems.
//!
//! Roles belong to the cluster, so several databases share them: those that exist are kept, and get the given password.
#![expect(clippy::disallowed_methods, reason = "runs as a superuser, before there is an org")]

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement, TransactionTrait};

use crate::migrator::migrate;
use crate::system::System;

/// Passwords of the four login roles. Not Debug, so that none is printed by accident.
pub struct RolePasswords {
    pub client: String,
    pub provider: String,
    pub dev: String,
    pub accountant: String,
}

impl RolePasswords {
    fn of(&self, system: System) -> &str {
        match system {
            System::Client => &self.client,
            System::Provider => &self.provider,
            System::Dev => &self.dev,
            System::Accountant => &self.accountant,
        }
    }
}

/// Prepares the database `db` is connected to, as a superuser, and migrates every system in it. Running it again changes
/// nothing but the passwords, and applies what a later version added.
pub async fn prepare_postgres(db: &DatabaseConnection, passwords: &RolePasswords) -> Result<(), DbErr> {
    let tx = db.begin().await?;
    // Advisory locks count per database; this one keeps two databases of a cluster from making the same roles at once.
    tx.execute_unprepared("LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE").await?;
    for system in System::ALL {
        create_roles(&tx, system).await?;
        set_password(&tx, system, passwords.of(system)).await?;
        create_schema(&tx, system).await?;
    }
    set_database_rights(&tx).await?;
    install_extensions(&tx).await?;
    tx.commit().await?;
    for system in System::ALL {
        migrate(db, system).await?;
    }
    Ok(())
}

/// What PostgreSQL keeps beside a database and not in it, for one that was copied from a prepared one (`CREATE DATABASE … TEMPLATE`).
pub async fn restore_database_rights(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tx = db.begin().await?;
    set_database_rights(&tx).await?;
    tx.commit().await
}

async fn set_database_rights(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    close_to_strangers(tx).await?;
    for system in System::ALL {
        limit_login(tx, system).await?;
    }
    Ok(())
}

async fn close_to_strangers(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    in_database(tx, "REVOKE ALL ON DATABASE %1$I FROM PUBLIC").await?;
    tx.execute_unprepared("REVOKE ALL ON SCHEMA public FROM PUBLIC").await?;
    Ok(())
}

/// NOINHERIT: being a member of the system role gives its rights only after `SET LOCAL ROLE`.
async fn create_roles(tx: &DatabaseTransaction, system: System) -> Result<(), DbErr> {
    let (login, owner, system_role) = (system.login_role(), system.owner_role(), system.system_role());
    create_role(tx, &owner, "NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").await?;
    create_role(tx, &system_role, "NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").await?;
    create_role(tx, &login, "LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").await?;
    tx.execute_unprepared(&format!("GRANT {system_role} TO {login}")).await?;
    if let Some(definer) = system.definer_role() {
        create_role(tx, &definer, "NOLOGIN NOINHERIT NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE").await?;
        // The owner hands its definer functions over.
        tx.execute_unprepared(&format!("GRANT {definer} TO {owner}")).await?;
    }
    Ok(())
}

async fn create_role(tx: &DatabaseTransaction, role: &str, attributes: &str) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role}; END IF; END $$"
    ))
    .await?;
    tx.execute_unprepared(&format!("ALTER ROLE {role} WITH {attributes}")).await?;
    Ok(())
}

/// ALTER ROLE takes no parameters, and a password in the text of a statement ends up in logs: it goes through a setting.
async fn set_password(tx: &DatabaseTransaction, system: System, password: &str) -> Result<(), DbErr> {
    set(tx, "streamflow.password", password).await?;
    tx.execute_unprepared(&format!(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE {} PASSWORD %L', current_setting('streamflow.password')); END $$",
        system.login_role()
    ))
    .await?;
    set(tx, "streamflow.password", "").await
}

async fn set(tx: &DatabaseTransaction, name: &str, value: &str) -> Result<(), DbErr> {
    let statement =
        Statement::from_sql_and_values(tx.get_database_backend(), "SELECT set_config($1, $2, true)", [name.into(), value.into()]);
    tx.query_one_raw(statement).await?;
    Ok(())
}

async fn create_schema(tx: &DatabaseTransaction, system: System) -> Result<(), DbErr> {
    let (schema, owner) = (system.schema(), system.owner_role());
    tx.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}")).await?;
    tx.execute_unprepared(&format!("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")).await?;
    let mut users = vec![system.login_role(), system.system_role()];
    users.extend(system.definer_role());
    tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA {schema} TO {}", users.join(", "))).await?;
    Ok(())
}

/// A login role may connect, finds its own schema, and holds no lock for long.
async fn limit_login(tx: &DatabaseTransaction, system: System) -> Result<(), DbErr> {
    let (login, schema) = (system.login_role(), system.schema());
    for template in [
        format!("GRANT CONNECT ON DATABASE %1$I TO {login}"),
        format!("ALTER ROLE {login} IN DATABASE %1$I SET search_path = {schema}"),
        format!("ALTER ROLE {login} IN DATABASE %1$I SET idle_in_transaction_session_timeout = ''10s''"),
        format!("ALTER ROLE {login} IN DATABASE %1$I SET statement_timeout = ''30s''"),
    ] {
        in_database(tx, &template).await?;
    }
    Ok(())
}

/// Runs a statement in which `%1$I` stands for this database's name. Quotes in it are doubled.
async fn in_database(tx: &DatabaseTransaction, template: &str) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!("DO $$ BEGIN EXECUTE format('{template}', current_database()); END $$")).await?;
    Ok(())
}

/// Trigrams and GIN over ids, in a schema of their own that the owners and the definer may use.
async fn install_extensions(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    tx.execute_unprepared("CREATE SCHEMA IF NOT EXISTS extensions").await?;
    for extension in ["pg_trgm", "btree_gin"] {
        tx.execute_unprepared(&format!("CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA extensions")).await?;
        // A template database may have brought it along in another schema.
        tx.execute_unprepared(&format!("ALTER EXTENSION {extension} SET SCHEMA extensions")).await?;
    }
    for system in System::ALL {
        let mut users = vec![system.owner_role(), system.login_role(), system.system_role()];
        users.extend(system.definer_role());
        tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA extensions TO {}", users.join(", "))).await?;
    }
    Ok(())
}
