//! `streamflow.provider.v1.RecoveryService` in Recovery Mode. Nothing here asks the database for a row.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use streamflow_kernel::{
    audit::AuditRecord,
    clock::timestamp,
    recovery::{Mode, Recovery, guard::RecoveryCtx},
};
use streamflow_proto::provider::v1::{self as pb, RecoveryPartState as State, recovery_service_server::RecoveryService};
use tonic::{Request, Response, Status};

use crate::setting::mirror::Mirror;

/// Newest records that are shown.
const SHOWN: usize = 30;

#[derive(Debug)]
pub struct Api {
    /// As it was read at the start.
    pub mirror: Option<Mirror>,
    pub started_at: DateTime<Utc>,
}

#[tonic::async_trait]
impl RecoveryService for Api {
    async fn get_recovery_status(
        &self,
        request: Request<pb::GetRecoveryStatusRequest>,
    ) -> Result<Response<pb::GetRecoveryStatusResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        Ok(Response::new(status(ctx.recovery())))
    }

    async fn enter_recovery(
        &self,
        request: Request<pb::EnterRecoveryRequest>,
    ) -> Result<Response<pb::EnterRecoveryResponse>, Status> {
        let (ctx, req) = RecoveryCtx::enter(request)?;
        let (token, held) = ctx.sign_in(&req.email, &req.password, &req.code).await?;
        let shown = if req.return_token { token.reveal().to_owned() } else { String::new() };
        let mut response = Response::new(pb::EnterRecoveryResponse { token: shown, expires_at: timestamp(held.expires_at) });
        ctx.set_cookie(response.metadata_mut(), &token)?;
        Ok(response)
    }

    async fn leave_recovery(
        &self,
        request: Request<pb::LeaveRecoveryRequest>,
    ) -> Result<Response<pb::LeaveRecoveryResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        ctx.recovery().memory.end(ctx.held()?.id);
        let mut response = Response::new(pb::LeaveRecoveryResponse {});
        ctx.clear_cookie(response.metadata_mut())?;
        Ok(response)
    }

    async fn get_recovery_view(
        &self,
        request: Request<pb::GetRecoveryViewRequest>,
    ) -> Result<Response<pb::GetRecoveryViewResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        let recovery = ctx.recovery();
        let waiting = recovery.journal.waiting();
        Ok(Response::new(pb::GetRecoveryViewResponse {
            since: status(recovery).since,
            session_ends_at: timestamp(ctx.held()?.expires_at),
            parts: self.parts(recovery, ctx.now()),
            mirror: self.mirror.as_ref().map(Mirror::to_pb),
            records: recovery.journal.newest(SHOWN).await.into_iter().map(line).collect(),
            waiting_records: i32::try_from(waiting).unwrap_or(i32::MAX),
            probed_at: recovery.heard().asked_at.and_then(timestamp),
        }))
    }

    async fn probe_database(
        &self,
        request: Request<pb::ProbeDatabaseRequest>,
    ) -> Result<Response<pb::ProbeDatabaseResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        let answer = ctx.recovery().ask_now().await;
        Ok(Response::new(pb::ProbeDatabaseResponse { answers: answer.is_ok(), problem: answer.err().unwrap_or_default() }))
    }

    async fn reconnect_database(
        &self,
        request: Request<pb::ReconnectDatabaseRequest>,
    ) -> Result<Response<pb::ReconnectDatabaseResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        let answer = ctx.recovery().reconnect().await;
        Ok(Response::new(pb::ReconnectDatabaseResponse {
            reconnected: answer.is_ok(),
            problem: answer.err().unwrap_or_default(),
        }))
    }

    async fn restart_jobs(&self, request: Request<pb::RestartJobsRequest>) -> Result<Response<pb::RestartJobsResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        if !ctx.recovery().system().is_some_and(|system| system.jobs.restart()) {
            return Err(Status::failed_precondition(
                "This server was started without its database; nothing that does jobs runs yet.",
            ));
        }
        Ok(Response::new(pb::RestartJobsResponse {}))
    }

    async fn restart_mail(&self, request: Request<pb::RestartMailRequest>) -> Result<Response<pb::RestartMailResponse>, Status> {
        let (ctx, _) = RecoveryCtx::enter(request)?;
        let system = ctx.recovery().system().ok_or_else(|| {
            Status::failed_precondition("This server was started without its database; nothing that delivers mails runs yet.")
        })?;
        system.mails.restart();
        Ok(Response::new(pb::RestartMailResponse {}))
    }
}

impl Api {
    fn parts(&self, recovery: &Arc<Recovery>, now: DateTime<Utc>) -> Vec<pb::RecoveryPart> {
        let part =
            |name: &str, state: State, detail: String| pb::RecoveryPart { name: name.to_owned(), state: state.into(), detail };
        let uptime = (now - self.started_at).num_minutes();
        let records = recovery.journal.waiting();
        let sessions = recovery.memory.live_sessions();
        let mirror = match &self.mirror {
            Some(mirror) => {
                part("Config mirror", State::Working, format!("{} entries, read when the server started", mirror.len()))
            }
            None => part("Config mirror", State::NotChecked, "none was there when the server started".to_owned()),
        };
        vec![
            database(recovery),
            part("This server", State::Working, format!("version {}, up {uptime} min", env!("CARGO_PKG_VERSION"))),
            part("Local audit", State::Working, format!("{records} records wait for the database")),
            part("Emergency sessions", State::Working, format!("{sessions} open, none outlives Recovery Mode")),
            mirror,
            jobs(recovery),
            mail(recovery),
        ]
    }
}

fn database(recovery: &Recovery) -> pb::RecoveryPart {
    let heard = recovery.heard();
    let (state, detail) = match (heard.problem.as_str(), recovery.system()) {
        ("", Some(_)) => (State::Working, "it answers; Recovery Mode ends once it has for two seconds".to_owned()),
        ("", None) => (State::NotChecked, "this server has not reached it since its start".to_owned()),
        (problem, _) => (State::OutOfReach, problem.to_owned()),
    };
    pb::RecoveryPart { name: "Database".to_owned(), state: state.into(), detail }
}

fn jobs(recovery: &Recovery) -> pb::RecoveryPart {
    let (state, detail) = match recovery.system() {
        Some(system) if system.jobs.is_running() => (State::NotChecked, "they run; their queue needs the database"),
        Some(_) => (State::OutOfReach, "the task that does them has ended"),
        None => (State::NotChecked, "start with the database"),
    };
    pb::RecoveryPart { name: "Jobs".to_owned(), state: state.into(), detail: detail.to_owned() }
}

fn mail(recovery: &Recovery) -> pb::RecoveryPart {
    let (state, detail) = match recovery.system() {
        Some(system) if system.mails.is_running() => (State::NotChecked, "it runs; its queue needs the database"),
        Some(_) => (State::OutOfReach, "the delivering task has ended"),
        None => (State::NotChecked, "starts with the database"),
    };
    pb::RecoveryPart { name: "Mail".to_owned(), state: state.into(), detail: detail.to_owned() }
}

pub(super) fn status(recovery: &Recovery) -> pb::GetRecoveryStatusResponse {
    match recovery.mode() {
        Mode::Normal => pb::GetRecoveryStatusResponse { in_recovery: false, since: None },
        Mode::Recovery { since, .. } => pb::GetRecoveryStatusResponse { in_recovery: true, since: timestamp(since) },
    }
}

fn line(record: AuditRecord) -> pb::RecoveryRecord {
    pb::RecoveryRecord {
        at: timestamp(record.at),
        actor: record.actor_name,
        ip: record.ip,
        action: record.path,
        outcome: record.outcome,
    }
}
