//! Notifications that their people want as mails. Each is queued in the transaction that notes it as done, so none is sent twice and
//! none is forgotten.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    error::Result,
    jobs::{Job, JobError, Work},
    kernel::Kernel,
    mail::Mail,
};
use uuid::Uuid;

use super::news::About;

/// Mails of one transaction; on SQLite everybody else who writes waits for it.
const BATCH: usize = 50;

#[derive(Debug)]
pub struct Send;

#[tonic::async_trait]
impl Work for Send {
    fn kind(&self) -> &'static str {
        "mail_notifications"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::minutes(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let mut sent = 0;
        loop {
            let (looked_at, queued) = queue(kernel).await?;
            sent += queued;
            if looked_at < BATCH {
                kernel.mails.wake();
                return Ok(format!("{sent} mails queued"));
            }
        }
    }
}

#[derive(FromQueryResult)]
struct Waiting {
    org_id: Uuid,
    id: Uuid,
    kind: String,
    title: String,
    body: String,
    link: String,
    email: String,
    tenant_id: String,
    org_name: String,
    /// Its person may not enter the company any more, or nobody may.
    shut_out: bool,
}

/// How many notifications were looked at, and how many of them are mails now.
async fn queue(kernel: &Kernel) -> Result<(usize, usize)> {
    let db = kernel.database.system().await?;
    let sql = format!(
        "SELECT n.org_id, n.id, n.kind, n.title, n.body, n.link, u.email, o.tenant_id, o.name AS org_name, \
         (m.user_id IS NULL OR m.disabled_at IS NOT NULL OR u.disabled_at IS NOT NULL OR o.suspended_at IS NOT NULL) AS shut_out \
         FROM notifications n JOIN users u ON u.id = n.user_id JOIN orgs o ON o.id = n.org_id \
         LEFT JOIN memberships m ON m.org_id = n.org_id AND m.user_id = n.user_id WHERE n.mail ORDER BY n.created_at LIMIT {BATCH}"
    );
    let waiting: Vec<Waiting> = db.query(&sql, vec![]).await?;
    let (looked_at, mut queued) = (waiting.len(), 0);
    for one in waiting {
        let done = vec![one.org_id.into(), one.id.into()];
        // A process that lost its lease may be at the same ones: whoever comes second waits here, and finds nothing left to do.
        let is_ours = db.execute("UPDATE notifications SET mail = false WHERE org_id = ? AND id = ? AND mail", done).await? == 1;
        if is_ours && !one.shut_out {
            kernel.mails.put(&db, Some(one.org_id), letter(one, &kernel.public_url)).await?;
            queued += 1;
        }
    }
    db.commit().await?;
    Ok((looked_at, queued))
}

/// The subject names nobody: it is not encrypted where mails wait.
fn letter(one: Waiting, public_url: &str) -> Mail {
    let subject = match About::parse(&one.kind) {
        Some(About::Invitation) => "An invitation was accepted",
        Some(About::Import) => "Your import has ended",
        Some(About::Assigned) => "You were handed records",
        Some(About::Anomaly) => "Something out of the ordinary",
        Some(About::Support) => "News of a support session",
        Some(About::Export) => "Your export has ended",
        None => "News for you",
    };
    let pages = format!("{public_url}/tenant/{}/client", one.tenant_id);
    let more = if one.body.is_empty() { String::new() } else { format!("{}\n\n", one.body) };
    let link = if one.link.is_empty() { "inbox" } else { &one.link };
    Mail {
        to: one.email,
        subject: format!("{subject} on StreamFlow"),
        body: format!(
            "{}\n\n{more}{pages}/{link}\n\nYou get this as one of {}. What is mailed to you is chosen in your profile:\n\n{pages}/profile\n",
            one.title, one.org_name
        ),
    }
}
