//! Opens each system's database, prepared and checked.

#![expect(clippy::disallowed_methods, reason = "preparing a database needs a superuser, before any system exists")]

use std::{
    collections::HashMap,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use rand::RngExt as _;
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};
use streamflow_kernel::{
    db::{
        Database,
        connect::{self, Location},
        files::private_folder,
    },
    error::Error,
};
use streamflow_migrations::{RolePasswords, System};
use tokio::time::timeout;

use crate::config::{Config, mask_password};

const ROLES_FILE: &str = "postgres-roles.json";

/// The database of one system, at the newest schema and with a sound catalogue.
pub async fn open(config: &Config, system: System) -> anyhow::Result<Database> {
    let name = system.name();
    let location = location(config, system)?;
    if config.postgres.is_none() {
        migrate_file(config, system).await.map_err(Unreachable)?;
    }
    let connected = Database::connect(&location).await;
    // Where it has few connections left these take some, and the look at the catalogue needs one more.
    let database = connected.map_err(|error| Unreachable(unreachable_database(config, system, &error)))?;
    let findings = looked_at(streamflow_migrations::self_check(&database.pool(), system)).await;
    let findings = findings.map_err(|error| refused(&format!("the catalogue of {name} can't be read"), error))?;
    anyhow::ensure!(findings.is_empty(), "the database of {name} is not safe to use:\n  {}", findings.join("\n  "));
    let pending = looked_at(streamflow_migrations::pending(&database.pool(), system)).await;
    let pending = pending.map_err(|error| refused(&format!("the migrations of {name} can't be read"), error))?;
    anyhow::ensure!(pending.is_empty(), "the database of {name} lacks migrations; run `streamflow migrate` first");
    if config.postgres.is_some() {
        tell_of_risks(&database, system).await;
    }
    Ok(database)
}

/// Settings of a PostgreSQL that only its own operators can change, and under which a crash may take what was answered.
async fn tell_of_risks(database: &Database, system: System) {
    let sql = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name";
    let found = looked_at(database.pool().query_all_raw(Statement::from_string(DbBackend::Postgres, sql))).await;
    for row in found.unwrap_or_default() {
        let setting: String = row.try_get_by_index(0).unwrap_or_default();
        tracing::warn!(target: "streamflow", system = system.name(), setting, "PostgreSQL has it off: its crash may lose what was saved");
    }
}

/// The database does not answer: it may later, unlike one that is wrong.
#[derive(Debug)]
pub struct Unreachable(anyhow::Error);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Unreachable {}

/// Longest for a look at the catalogue: a database that is gone without a word answers nothing.
const PATIENCE: Duration = Duration::from_secs(10);

async fn looked_at<T>(look: impl Future<Output = Result<T, DbErr>>) -> Result<T, Error> {
    let answer = timeout(PATIENCE, look).await;
    answer.map_or_else(|_| Err(Error::Unavailable("no answer".to_owned())), |answer| answer.map_err(Error::from))
}

/// What keeps a system from starting: a database that may do later what it did not do now, or something that is wrong.
pub fn refused(what: &str, error: Error) -> anyhow::Error {
    let told = anyhow::anyhow!("{what}: {error:?}");
    if error.is_for_now() { Unreachable(told).into() } else { told }
}

/// Where a system's rows are, whether anything answers there or not.
pub fn location(config: &Config, system: System) -> anyhow::Result<Location> {
    match &config.postgres {
        None => Ok(Location::Sqlite(file_of(config, system))),
        Some(url) => postgres(config, url, system),
    }
}

/// Commands work on what is there: a new file beside the real database would take their work and never be looked at again.
pub fn must_exist(config: &Config, system: System) -> anyhow::Result<()> {
    let (name, data) = (system.name(), config.data.display());
    anyhow::ensure!(
        exists(config, system),
        "there is no database of {name} in {data}: give --postgres or another --data, or make one with `streamflow migrate`"
    );
    Ok(())
}

/// False when a system's file was never made.
pub fn exists(config: &Config, system: System) -> bool {
    config.postgres.is_some() || file_of(config, system).exists()
}

/// Whether we can look into a system's database: its file is here, or the password of its login role.
pub fn is_within_reach(config: &Config, system: System) -> anyhow::Result<bool> {
    match config.postgres {
        None => Ok(exists(config, system)),
        Some(_) => Ok(roles(&config.data.join(ROLES_FILE))?.contains_key(&system.login_role())),
    }
}

/// What in the data folder tells of databases of the other kind than the configuration's: their systems may use the same keys.
pub fn of_other_kind(config: &Config) -> Option<PathBuf> {
    let files = match config.postgres {
        None => vec![config.data.join(ROLES_FILE)],
        Some(_) => System::ALL.map(|system| file_of(config, system)).into(),
    };
    files.into_iter().find(|file| file.exists())
}

fn file_of(config: &Config, system: System) -> PathBuf {
    config.data.join(format!("{}.db", system.schema()))
}

fn unreachable_database(config: &Config, system: System, error: &Error) -> anyhow::Error {
    let place = config.postgres.as_deref().map_or_else(|| config.data.display().to_string(), mask_password);
    anyhow::anyhow!("the database of {} at {place} can't be opened: {error:?}", system.name())
}

async fn migrate_file(config: &Config, system: System) -> anyhow::Result<()> {
    private_folder(&config.data).with_context(|| format!("{} can't be made", config.data.display()))?;
    let path = file_of(config, system);
    let writer =
        connect::sqlite_writer(&path).await.map_err(|error| anyhow::anyhow!("{} can't be opened: {error:?}", path.display()))?;
    streamflow_migrations::migrate(&writer, system).await.with_context(|| format!("{} can't be migrated", path.display()))?;
    writer.close().await?;
    Ok(())
}

fn postgres(config: &Config, url: &str, system: System) -> anyhow::Result<Location> {
    let passwords = roles(&config.data.join(ROLES_FILE))?;
    let role = system.login_role();
    let password = passwords
        .get(&role)
        .with_context(|| format!("{ROLES_FILE} has no password of {role}; run `streamflow migrate --postgres URL`"))?;
    Ok(Location::Postgres {
        url: with_credentials(url, &role, password)?,
        system_role: system.system_role(),
        max_connections: config.postgres_connections,
    })
}

/// `streamflow migrate`: everything a fresh or older database needs.
pub async fn prepare(config: &Config) -> anyhow::Result<()> {
    let Some(url) = &config.postgres else {
        for system in System::ALL {
            migrate_file(config, system).await?;
        }
        println!("SQLite files in {} are at the newest schema.", config.data.display());
        return Ok(());
    };
    private_folder(&config.data)?;
    let file = config.data.join(ROLES_FILE);
    let passwords = if file.exists() { roles(&file)? } else { write_roles(&file)? };
    let of = |system: System| passwords.get(&system.login_role()).cloned().unwrap_or_default();
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    let superuser =
        sea_orm::Database::connect(options).await.with_context(|| format!("{} can't be reached", mask_password(url)))?;
    let role_passwords = RolePasswords {
        client: of(System::Client),
        provider: of(System::Provider),
        dev: of(System::Dev),
        accountant: of(System::Accountant),
    };
    streamflow_migrations::prepare_postgres(&superuser, &role_passwords).await.context("the database can't be prepared")?;
    println!("{} is prepared; the passwords of its login roles are in {}.", mask_password(url), file.display());
    Ok(())
}

fn roles(file: &Path) -> anyhow::Result<HashMap<String, String>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} can't be read; run `streamflow migrate --postgres URL` first", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))
}

fn write_roles(file: &Path) -> anyhow::Result<HashMap<String, String>> {
    let mut rng = rand::rng();
    let mut password = || (0..32).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect::<String>();
    let passwords: HashMap<String, String> = System::ALL.map(|system| (system.login_role(), password())).into();
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(serde_json::to_string_pretty(&passwords)?.as_bytes())?;
    out.sync_all()?;
    Ok(passwords)
}

/// The same server and database with another user. Settings may name one as well, and would win.
fn with_credentials(url: &str, user: &str, password: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url.split_once("://").context("a PostgreSQL URL begins with postgres://")?;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let (place, settings) = host.split_once('?').unwrap_or((host, ""));
    let is_credential = |setting: &&str| matches!(setting.split('=').next(), Some("user" | "password"));
    let settings: Vec<&str> = settings.split('&').filter(|setting| !setting.is_empty() && !is_credential(setting)).collect();
    let settings = if settings.is_empty() { String::new() } else { format!("?{}", settings.join("&")) };
    Ok(format!("{scheme}://{user}:{password}@{place}{settings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_role_replaces_the_superuser() {
        for url in [
            "postgres://postgres:pw@host:5432/db?sslmode=disable",
            "postgres://host:5432/db?sslmode=disable",
            "postgres://host:5432/db?user=postgres&sslmode=disable&password=pw",
        ] {
            let expected = "postgres://streamflow_client:x@host:5432/db?sslmode=disable";
            assert_eq!(with_credentials(url, "streamflow_client", "x").expect("a URL"), expected);
        }
    }
}
