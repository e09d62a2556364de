//! What another system hears of companies on their way, and trying one again at its word. Neither tells for whom it was asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    db::SystemDb,
    error::{Error, Result},
    ids::{self, prefix},
    jobs::{self, NewJob},
    list::ListRequest,
};
use streamflow_proto::federation::v1 as pb;
use tonic::Response;

use super::{
    domain::{Registration, Step},
    provision, store, tell,
};

/// `TenantDirectoryService.ListRegistrations`.
pub async fn list(ctx: &Ctx, req: pb::ListRegistrationsRequest) -> Result<pb::ListRegistrationsResponse> {
    let asked =
        ListRequest { page_size: req.page_size, page_token: &req.page_token, filter: &req.filter, ..ListRequest::default() };
    let list = store::LIST.read(asked)?;
    let db = ctx.system_read().await?;
    let (rows, next_page_token) = store::registrations(&db, &list).await?;
    let tries = next_tries(&db, &rows).await?;
    drop(db);
    let mut registrations = Vec::with_capacity(rows.len());
    for row in rows {
        let next = tries.get(&next_job(&row).1).copied();
        registrations.push(into_pb(ctx, row, next).await);
    }
    Ok(pb::ListRegistrationsResponse { registrations, next_page_token, as_of: timestamp(ctx.now()) })
}

/// `TenantLifecycleService.RetryRegistration`.
pub async fn retry(ctx: &Ctx, req: pb::RetryRegistrationRequest) -> Result<Response<pb::RetryRegistrationResponse>> {
    let missing = || Error::not_found("registration");
    let id = ids::parse(prefix::REGISTRATION, &req.registration_id).ok_or_else(missing)?;
    let registration = store::registration(&ctx.system_read().await?, id).await?.ok_or_else(missing)?;
    let (step, org, job) = (registration.step(), registration.org_id, next_job(&registration));
    let mut shown = into_pb(ctx, registration, None).await;
    let tx = ctx.system().await?;
    let changed = match step {
        Step::Told => false,
        Step::Welcomed => ctx.jobs().begin(&tx, NewJob::new(job.0).key(job.1).once_more()).await?,
        Step::Accepted | Step::Made => ctx.jobs().begin(&tx, NewJob::new(job.0).key(job.1)).await?,
    };
    shown.next_try_at = timestamp(ctx.now()).filter(|_| changed);
    let reply = pb::RetryRegistrationResponse { changed, registration: Some(shown) };
    let response = match org.filter(|_| changed) {
        Some(org) => tx.commit_about(org, reply).await?,
        None => tx.commit(reply).await?,
    };
    ctx.jobs().wake();
    Ok(response)
}

/// Kind and key of the job that does the next step.
fn next_job(registration: &Registration) -> (&'static str, String) {
    if registration.is_ready() {
        (tell::KIND, tell::KIND.to_owned())
    } else {
        (provision::KIND, registration.id.simple().to_string())
    }
}

/// When those that are not done are tried next, by the keys of their jobs.
async fn next_tries(db: &SystemDb, rows: &[Registration]) -> Result<HashMap<String, DateTime<Utc>>> {
    let mut tries = HashMap::new();
    for kind in [provision::KIND, tell::KIND] {
        let open = rows.iter().filter(|row| row.step() < Step::Told).map(next_job);
        let mut keys: Vec<String> = open.filter(|job| job.0 == kind).map(|job| job.1).collect();
        keys.dedup();
        tries.extend(jobs::waiting(db, kind, &keys).await?);
    }
    Ok(tries)
}

async fn into_pb(ctx: &Ctx, row: Registration, next_try: Option<DateTime<Utc>>) -> pb::Registration {
    // One that can't be read keeps nobody from seeing the others.
    let name = match row.request(ctx.keys()).await {
        Ok(request) => request.name,
        Err(error) => {
            tracing::warn!(?error, id = %row.id, "what a registration asked for can't be read");
            String::new()
        }
    };
    let step = row.step();
    pb::Registration {
        id: ids::format(prefix::REGISTRATION, row.id),
        name,
        state: row.state().to_owned(),
        step: step.as_str().to_uppercase(),
        attempts: row.attempts,
        created_at: timestamp(row.created_at),
        step_at: timestamp(row.step_at()),
        next_try_at: next_try.filter(|_| step < Step::Told).and_then(timestamp),
        external_customer_id: row.external_customer_id,
        tenant_id: row.tenant_id,
        last_error: row.last_error,
    }
}
