//! The write transactions of a request, which end with its audit record and its reply.

#![expect(clippy::disallowed_methods, reason = "the session is looked at in the transaction of the effect")]

use std::ops::Deref;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tonic::Response;
use uuid::Uuid;

use super::{Ctx, Subject, record_of};
use crate::{
    audit::{self, AuditRecord},
    db::{SystemDb, TenantDb},
    error::Result,
    operator::elevation,
    session,
};

/// Categories of requests that give or take rights, or reach far beyond their person. A new category of that kind belongs here.
const GIVES_RIGHTS: [&str; 10] =
    ["role_change", "settings", "admin", "setting", "team", "tenant", "closing", "job", "elevation", "impersonation"];

/// A write transaction of one request.
#[derive(Debug)]
#[must_use = "nothing is written without commit"]
pub struct WriteDb {
    pub(super) db: TenantDb,
    pub(super) ctx: Ctx,
}

impl Deref for WriteDb {
    type Target = TenantDb;

    fn deref(&self) -> &TenantDb {
        &self.db
    }
}

impl WriteDb {
    /// Commits the rows with their changes, the audit record and the idempotency result, all or none, then answers.
    pub async fn commit<R: prost::Message>(self, reply: R) -> Result<Response<R>> {
        let Self { db, ctx } = self;
        ctx.check_still_in(db.txn()).await?;
        let mut record = ctx.audit_record("OK");
        let changes = db.recorded();
        if let Some(first) = changes.first() {
            first.entity.clone_into(&mut record.entity);
            record.entity_id = Some(first.id);
            record.changed_fields = first.fields.join(",");
        }
        record.org_id = db.org();
        ctx.keep_reply(db.txn(), &reply).await?;
        audit::insert(db.txn(), record).await?;
        db.commit_changes(&ctx.actor()).await?;
        ctx.mark_audited();
        Ok(Response::new(reply))
    }
}

/// A transaction outside any company, of one request.
#[derive(Debug)]
#[must_use = "nothing is written without commit"]
pub struct SystemWriteDb {
    pub(super) db: SystemDb,
    pub(super) ctx: Ctx,
}

impl Deref for SystemWriteDb {
    type Target = SystemDb;

    fn deref(&self) -> &SystemDb {
        &self.db
    }
}

impl SystemWriteDb {
    /// As [`commit`](Self::commit), for a call of another system that did something to a company: the company finds it in its own
    /// audit too, without a word of who asked.
    pub async fn commit_about<R: prost::Message>(self, org: Uuid, reply: R) -> Result<Response<R>> {
        self.commit_for(Subject { org_id: org, ..Subject::default() }, reply).await
    }

    /// The same where the company is to know whom the other system says it called for.
    pub async fn commit_for<R: prost::Message>(self, who: Subject, reply: R) -> Result<Response<R>> {
        let record = AuditRecord {
            org_id: who.org_id,
            actor_id: who.user_id,
            actor_name: who.name,
            actor_role: who.role,
            real_actor_id: who.real_actor_id,
            ip: String::new(),
            ..self.ctx.audit_record("OK")
        };
        audit::insert(self.db.txn(), record).await?;
        self.commit(reply).await
    }

    /// The company's own record where a call of another system does something to many of them: with what was done there, and without a
    /// word of who asked. Commit it with the rest.
    pub async fn audit_about(&self, org: Uuid, payload: &serde_json::Value) -> Result<()> {
        let who = Subject { org_id: org, ..Subject::default() };
        let record = record_of(&self.ctx.0.request, who, self.ctx.new_id(), "OK");
        audit::insert(self.db.txn(), AuditRecord { ip: String::new(), payload: payload.to_string(), ..record }).await
    }

    /// As [`commit`](Self::commit), for a person who goes on in another company: that one finds a sign-in in its own audit, with no word
    /// of where the person came from.
    pub async fn commit_entering<R: prost::Message>(self, entered: Subject, reply: R) -> Result<Response<R>> {
        let record = record_of(&self.ctx.0.request, entered, self.ctx.new_id(), "OK");
        let record = AuditRecord { category: "sign_in".to_owned(), payload: "{}".to_owned(), ..record };
        audit::insert(self.db.txn(), record).await?;
        self.commit(reply).await
    }

    /// Commits with the audit record, then answers.
    pub async fn commit<R: prost::Message>(self, reply: R) -> Result<Response<R>> {
        let Self { db, ctx } = self;
        ctx.check_still_in(db.txn()).await?;
        let record = ctx.audit_record("OK");
        audit::insert(db.txn(), record).await?;
        ctx.keep_reply(db.txn(), &reply).await?;
        db.commit().await?;
        ctx.mark_audited();
        Ok(Response::new(reply))
    }
}

impl Ctx {
    /// Fails where rights are given or taken, or one that was taken on is needed, and session or right have ended since the request was
    /// let in: whoever is thrown out must not win by having waited in line. A session that this very request ended counts as there.
    /// PostgreSQL waits here for the one who is ending it.
    async fn check_still_in(&self, txn: &impl ConnectionTrait) -> Result<()> {
        let Some(principal) = self.0.principal.as_ref().filter(|principal| !principal.session_id.is_nil()) else { return Ok(()) };
        let access = self.0.request.access;
        if access.elevation.is_empty() && !GIVES_RIGHTS.contains(&access.audit) {
            return Ok(());
        }
        let backend = txn.get_database_backend();
        let (marks, lock) = if backend == DbBackend::Postgres { (["$1", "$2"], " FOR SHARE") } else { (["?", "?"], "") };
        let sql = format!("SELECT revoked_at FROM sessions WHERE org_id = {} AND id = {}{lock}", marks[0], marks[1]);
        let values = vec![principal.org_id.into(), principal.session_id.into()];
        let row = txn.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let revoked_at: Option<DateTime<Utc>> = row.ok_or_else(session::ended)?.try_get("", "revoked_at")?;
        if revoked_at.is_some_and(|at| at != self.now()) {
            return Err(session::ended());
        }
        match access.elevation {
            "" => Ok(()),
            _ => elevation::check_within(txn, access, principal, self.now()).await,
        }
    }
}
