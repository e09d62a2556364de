//! `streamflow.federation.v1.HealthService`, and the same look at one's own system.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use streamflow_proto::federation::v1::{self as pb, health_service_server::HealthService};
use tonic::{Request, Response, Status};

use super::{Federation, keys::Key, ledger::Heard};
use crate::{
    clock::timestamp,
    ctx::Ctx,
    db::{Backend, SystemDb},
    error::{Error, Result},
    jobs,
    kernel::Kernel,
    operator::overview,
    tls::certificate::Certificate,
};

/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl HealthService for Api {
    async fn get_health(&self, request: Request<pb::GetHealthRequest>) -> Result<Response<pb::GetHealthResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        Ok(Response::new(look(&ctx).await?))
    }
}

/// All parts of the system that the request came to.
pub async fn look(ctx: &Ctx) -> Result<pb::GetHealthResponse> {
    let (kernel, now) = (ctx.kernel(), ctx.now());
    let parts = overview::health(ctx).await;
    let database = database(kernel).await?;
    let db = ctx.system_read().await?;
    let (jobs, mails) = (jobs::overview(&db, now).await?, mails(&db, kernel, now).await?);
    drop(db);
    let listeners = kernel.listeners.of(kernel.portal.space);
    Ok(pb::GetHealthResponse {
        system: ctx.federation().own().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: timestamp(now),
        parts: parts
            .into_iter()
            .map(|part| pb::PartHealth { name: part.name.to_owned(), healthy: part.healthy, detail: part.detail })
            .collect(),
        started_at: timestamp(kernel.started_at),
        database: Some(database),
        feed: Some(pb::FeedHealth {
            read_ago_millis: i64::try_from(kernel.feed.read_ago().as_millis()).unwrap_or(i64::MAX),
            position: kernel.feed.position().to_string(),
        }),
        jobs: Some(pb::JobHealth {
            waiting: jobs.waiting,
            retrying: jobs.retrying,
            running: jobs.running,
            dead: jobs.dead,
            done: jobs.done,
            oldest_due_at: jobs.oldest_due_at.and_then(timestamp),
        }),
        mails: Some(mails),
        listeners: listeners
            .into_iter()
            .map(|one| pb::ListenerHealth {
                name: one.name.to_owned(),
                address: one.address.to_string(),
                since: timestamp(one.since),
            })
            .collect(),
        peers: peers(ctx.federation()).await?,
        certificates: ctx.federation().certificates().into_iter().map(certificate).collect(),
    })
}

#[derive(FromQueryResult)]
struct Migrations {
    applied: i64,
    newest: Option<String>,
}

#[derive(FromQueryResult)]
struct Version {
    version: String,
}

async fn database(kernel: &Kernel) -> Result<pb::DatabaseHealth> {
    let (engine, version) = match kernel.database.backend() {
        Backend::Postgres => ("PostgreSQL", "SELECT current_setting('server_version') AS version"),
        Backend::Sqlite => ("SQLite", "SELECT sqlite_version() AS version"),
    };
    let asked = tokio::time::Instant::now();
    let reachable = kernel.database.answers(PATIENCE).await;
    let latency_micros = i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX);
    let version: Version = one(kernel, version).await?;
    // As the role that serves: it alone may read what the migrations have noted.
    let migrations = "SELECT COUNT(*) AS applied, MAX(version) AS newest FROM seaql_migrations";
    let migrations: Migrations = one(kernel, migrations).await?;
    Ok(pb::DatabaseHealth {
        // Distributions add words of their own in brackets.
        kind: format!("{engine} {}", version.version.split_whitespace().next().unwrap_or_default()),
        reachable,
        latency_micros,
        migrations_applied: i32::try_from(migrations.applied).unwrap_or(i32::MAX),
        migrations_known: i32::try_from(kernel.migrations).unwrap_or(i32::MAX),
        newest_migration: migrations.newest.unwrap_or_default(),
    })
}

async fn one<T: FromQueryResult>(kernel: &Kernel, sql: &str) -> Result<T> {
    let row = kernel.database.statement(sql, Vec::new()).await?;
    let row = row.ok_or_else(|| Error::internal("a question about the database returned nothing"))?;
    Ok(T::from_query_result(&row, "")?)
}

#[derive(FromQueryResult)]
struct Mails {
    waiting: i64,
    retrying: i64,
    given_up: i64,
    sent: i64,
    oldest_due_at: Option<DateTime<Utc>>,
}

async fn mails(db: &SystemDb, kernel: &Kernel, now: DateTime<Utc>) -> Result<pb::MailHealth> {
    // A mail that was sent or given up has no body any more.
    let sql = "SELECT COUNT(CASE WHEN body <> '' THEN 1 END) AS waiting, \
               COUNT(CASE WHEN body <> '' AND failure <> '' THEN 1 END) AS retrying, \
               COUNT(CASE WHEN body = '' AND sent_at IS NULL AND created_at >= ? THEN 1 END) AS given_up, \
               COUNT(CASE WHEN sent_at >= ? THEN 1 END) AS sent, \
               MIN(CASE WHEN body <> '' AND (due_at IS NULL OR due_at <= ?) THEN COALESCE(due_at, created_at) END) AS oldest_due_at \
               FROM mail_outbox WHERE sent_at IS NULL OR sent_at >= ?";
    let day = now - TimeDelta::days(1);
    let values = vec![(now - TimeDelta::weeks(1)).into(), day.into(), now.into(), day.into()];
    let rows: Vec<Mails> = db.query(sql, values).await?;
    let mails = rows.into_iter().next().ok_or_else(|| Error::internal("a count returned nothing"))?;
    Ok(pb::MailHealth {
        waiting: mails.waiting,
        retrying: mails.retrying,
        given_up: mails.given_up,
        sent: mails.sent,
        oldest_due_at: mails.oldest_due_at.and_then(timestamp),
        delivering: kernel.mails.is_running(),
    })
}

async fn peers(federation: &Federation) -> Result<Vec<pb::PeerHealth>> {
    let heard = federation.ledger().heard().await?;
    let (keys, own) = (federation.keys(), federation.own());
    let peer = |name: &'static str| {
        let known = heard.iter().find(|heard| heard.name == name);
        pb::PeerHealth {
            name: name.to_owned(),
            place: federation.place(name),
            keys_out: keys.of(own, name).iter().map(key).collect(),
            keys_in: keys.of(name, own).iter().map(key).collect(),
            unencrypted: federation.is_open(name),
            ..known.map(of_heard).unwrap_or_default()
        }
    };
    Ok(federation.peers().map(peer).collect())
}

fn of_heard(heard: &Heard) -> pb::PeerHealth {
    pb::PeerHealth {
        last_seen_at: heard.last_seen_at.and_then(timestamp),
        last_answer_at: heard.last_answer_at.and_then(timestamp),
        refused: heard.refused,
        last_refused_at: heard.last_refused_at.and_then(timestamp),
        last_refusal: heard.last_refusal.clone(),
        clock_offset_seconds: heard.clock_offset,
        ..pb::PeerHealth::default()
    }
}

fn certificate((peer, certificate): (&'static str, Certificate)) -> pb::CertificateHealth {
    pb::CertificateHealth {
        peer: peer.to_owned(),
        subject: certificate.subject,
        names: certificate.names,
        not_before: timestamp(certificate.not_before),
        not_after: timestamp(certificate.not_after),
        fingerprint: certificate.fingerprint,
    }
}

fn key(key: &Arc<Key>) -> pb::KeyHealth {
    pb::KeyHealth { id: key.id.clone(), created_at: key.created_at().and_then(timestamp) }
}
