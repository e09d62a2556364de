//! The job that brings a registration to its end: the company, then the mail to its owner. Each step is one transaction with its
//! mark, and holds the registration, so that of two processes one does it.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_kernel::{
    error::{Error, Result},
    jobs::{Job, JobError, NewJob, Retry, Work, deed::Deed},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    api::dashboard,
    domain::{Registration, Step, asked_for},
    insert::free_tenant_id,
    mail, store, tell,
};
use crate::{account::reset, org::provision, user};

pub const KIND: &str = "registration_provision";
/// The RPC whose effect it is.
const PATH: &str = "/streamflow.client.v1.RegistrationService/RegisterTenant";

#[derive(Debug)]
pub struct Provision;

#[tonic::async_trait]
impl Work for Provision {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// What was accepted is finished, however long that takes.
    fn retry(&self) -> Retry {
        Retry::FOREVER.pauses(TimeDelta::seconds(1), TimeDelta::minutes(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let id = Uuid::try_parse(&job.key).map_err(|_| JobError::Dead("its key is no registration".to_owned()))?;
        match finish(kernel, job, id).await {
            Ok(()) => Ok("the company is there, and its owner has mail".to_owned()),
            Err(error) => {
                let why = JobError::from(error);
                let (JobError::Retry(text) | JobError::Dead(text)) = &why;
                note(kernel, id, text).await;
                Err(why)
            }
        }
    }
}

async fn finish(kernel: &Kernel, job: &Job, id: Uuid) -> Result<()> {
    let db = kernel.database.system_read().await?;
    let registration = store::registration(&db, id).await?.ok_or(Error::not_found("registration"))?;
    drop(db);
    if registration.step() < Step::Made {
        make(kernel, job, &registration).await?;
    }
    if registration.step() < Step::Welcomed {
        welcome(kernel, job, &registration).await?;
    }
    kernel.mails.wake();
    kernel.jobs.wake();
    Ok(())
}

/// The company with everything it begins with.
async fn make(kernel: &Kernel, job: &Job, registration: &Registration) -> Result<()> {
    let mut new = asked_for(&registration.request(&kernel.keys).await?, registration.tenant_id.clone());
    // Outside the transaction: hashing takes long. Nobody knows this password; the mail's link sets another.
    let secret = streamflow_kernel::session::Token::new(kernel.ids.token());
    new.owner.password_hash = kernel.passwords.hash(secret.reveal()).await?;
    let db = kernel.database.system().await?;
    if store::hold_at(&db, registration.id, Step::Accepted).await?.is_none() {
        return Ok(());
    }
    // The operator's own hand may have taken it.
    if store::is_in_use(&db, &new.tenant_id).await? {
        new.tenant_id = free_tenant_id(&db, &new.tenant_id, registration.id).await?;
    }
    let made = provision::insert(&db, kernel, &new).await?;
    store::mark_made(&db, registration.id, &new.tenant_id, made).await?;
    job.audit(&db, kernel, deed(made.org_id, Step::Made, registration)).await?;
    db.commit().await
}

/// The mail to the owner.
async fn welcome(kernel: &Kernel, job: &Job, registration: &Registration) -> Result<()> {
    let request = registration.request(&kernel.keys).await?;
    let owner = request.owner.unwrap_or_default().email;
    let db = kernel.database.system().await?;
    let Some(registration) = store::hold_at(&db, registration.id, Step::Made).await? else { return Ok(()) };
    let org_id = registration.org_id.ok_or_else(|| Error::internal("a company was made and is not known"))?;
    let user = user::store::user_by_email(&db, &owner).await?.ok_or_else(|| Error::internal("the owner has no account"))?;
    let url = dashboard(&kernel.public_url, &registration.tenant_id);
    let letter = if registration.is_new_owner {
        let link = reset::new_link(&db, kernel, user.id, TimeDelta::days(mail::LINK_DAYS)).await?;
        mail::welcome(&user.email, &request.name, &link, &url)
    } else {
        mail::one_more(&user.email, &request.name, &url)
    };
    kernel.mails.put(&db, Some(org_id), letter).await?;
    store::mark_welcomed(&db, registration.id, kernel.clock.now()).await?;
    kernel.jobs.put(&db, None, NewJob::new(tell::KIND).key(tell::KIND).once_more()).await?;
    job.audit(&db, kernel, deed(org_id, Step::Welcomed, &registration)).await?;
    db.commit().await
}

fn deed(org_id: Uuid, step: Step, registration: &Registration) -> Deed {
    let payload = serde_json::json!({ "step": step.as_str(), "external_customer_id": registration.external_customer_id });
    Deed { org_id, path: PATH, category: "provisioning", outcome: "OK", payload }
}

/// For the pages that show how a registration fares; the job goes on without.
async fn note(kernel: &Kernel, id: Uuid, why: &str) {
    let noted = async {
        let db = kernel.database.system().await?;
        store::note_failure(&db, &[id], why).await?;
        db.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(?error, "the failure of a registration was not noted");
    }
}
