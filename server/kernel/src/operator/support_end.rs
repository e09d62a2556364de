//! Support sessions end with the right behind them. Where that ends before its time, a job is queued with it, which says so to the
//! system that keeps the companies until that has ended them all. Where a session ends by being left alone nobody is there to queue
//! one: another job looks for those once a minute.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::json;
use streamflow_proto::{
    access::Access,
    federation::v1::{self as pb, SupportEndReason as Why, support_service_client::SupportServiceClient},
};
use uuid::Uuid;

use super::{elevation, support};
use crate::{
    ctx::Ctx,
    db::SystemDb,
    error::Result,
    ids::{self, prefix},
    jobs::{Job, JobError, Jobs, NewJob, Retry, Work},
    kernel::Kernel,
};

const KIND: &str = "support_end";
/// The right that opens support sessions.
const RIGHT: &str = "support";

/// Whose, and why.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// None for everybody.
    person_id: Option<Uuid>,
    /// Those alone that were opened from this session.
    session_id: Option<Uuid>,
    why: i32,
}

/// One of a session's elevations was given back. Wake the jobs after the commit, here as below.
pub async fn right_ended(db: &SystemDb, jobs: &Jobs, of: (Uuid, Uuid), scopes: &str) -> Result<()> {
    let (user_id, session_id) = of;
    if !gives_right(scopes) {
        return Ok(());
    }
    put(db, jobs, &Told { person_id: Some(user_id), session_id: Some(session_id), why: Why::RightEnded.into() }).await
}

/// The request's person has ended a session, or all.
pub async fn signed_out(db: &SystemDb, ctx: &Ctx, table: &[Access], session_id: Option<Uuid>) -> Result<()> {
    // Not every portal has such rights, or a table of them.
    if !elevation::scopes(table).contains(&RIGHT) {
        return Ok(());
    }
    let user_id = ctx.principal()?.user_id;
    for ended in elevated(db, user_id, ctx.now()).await? {
        if session_id.is_none_or(|only| only == ended) {
            let told = Told { person_id: Some(user_id), session_id: Some(ended), why: Why::SignedOut.into() };
            put(db, ctx.jobs(), &told).await?;
        }
    }
    Ok(())
}

/// Somebody may not be here any more, or not do this.
pub async fn shut_out(db: &SystemDb, jobs: &Jobs, user_id: Uuid) -> Result<()> {
    put(db, jobs, &Told { person_id: Some(user_id), session_id: None, why: Why::ShutOut.into() }).await
}

/// Every session was ended.
pub async fn recovered(db: &SystemDb, jobs: &Jobs) -> Result<()> {
    put(db, jobs, &Told { person_id: None, session_id: None, why: Why::Recovered.into() }).await
}

async fn put(db: &SystemDb, jobs: &Jobs, told: &Told) -> Result<()> {
    jobs.put(db, None, NewJob::new(KIND).payload(json!(told))).await?;
    Ok(())
}

fn gives_right(scopes: &str) -> bool {
    scopes.split(',').any(|scope| scope == RIGHT)
}

/// Sessions of a person in which the right holds.
async fn elevated(db: &SystemDb, user_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        session_id: Uuid,
        scopes: String,
    }
    let sql = "SELECT session_id, scopes FROM elevations WHERE user_id = ? AND ended_at IS NULL AND expires_at > ?";
    let rows: Vec<Row> = db.query(sql, vec![user_id.into(), now.into()]).await?;
    let mut sessions: Vec<Uuid> = rows.into_iter().filter(|row| gives_right(&row.scopes)).map(|row| row.session_id).collect();
    sessions.sort_unstable();
    sessions.dedup();
    Ok(sessions)
}

#[derive(Debug)]
pub struct End;

#[tonic::async_trait]
impl Work for End {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// Nobody looks on without a right, however long the other system is away.
    fn retry(&self) -> Retry {
        Retry::FOREVER.pauses(TimeDelta::seconds(1), TimeDelta::seconds(30))
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let told: Told = job.payload()?;
        let mut companies = SupportServiceClient::new(kernel.federation.serving(support::SERVICE)?);
        let ask = pb::EndSupportOfRequest {
            person_id: ids::format_option(prefix::USER, told.person_id),
            opened_from: ids::format_option(prefix::SESSION, told.session_id),
            why: told.why,
        };
        let mut all = 0;
        loop {
            let ended = companies.end_support_of(ask.clone()).await.map_err(|status| {
                JobError::Retry(format!("the system that keeps the companies did not take it: {}", status.message()))
            })?;
            match ended.into_inner().ended {
                0 => return Ok(format!("{all} ended")),
                ended => all += ended,
            }
        }
    }
}

/// Ends the rights of sessions that were left alone for too long.
#[derive(Debug)]
pub struct Idle;

#[tonic::async_trait]
impl Work for Idle {
    fn kind(&self) -> &'static str {
        "support_idle"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::minutes(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let now = kernel.clock.now();
        // Those that were ended by somebody were told of then.
        let sql = "UPDATE elevations SET ended_at = ? WHERE ended_at IS NULL AND expires_at > ? AND session_id IN \
                   (SELECT id FROM sessions WHERE revoked_at IS NULL AND last_seen_at < ?) RETURNING user_id, session_id, scopes";
        let values = vec![now.into(), now.into(), (now - kernel.portal.lifetime.idle).into()];
        let db = kernel.database.system().await?;
        let ended: Vec<Ended> = db.query(sql, values).await?;
        for right in &ended {
            right_ended(&db, &kernel.jobs, (right.user_id, right.session_id), &right.scopes).await?;
        }
        db.commit().await?;
        kernel.jobs.wake();
        Ok(format!("{} rights ended with their sessions", ended.len()))
    }
}

#[derive(FromQueryResult)]
struct Ended {
    user_id: Uuid,
    session_id: Uuid,
    scopes: String,
}
