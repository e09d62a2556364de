//! Mails on their way: queued in the transaction of what they tell about, delivered afterwards by a task of their own, again
//! and again with growing pauses. Several processes share one queue; a lease keeps them from sending the same mail twice. A
//! process that dies between handing a mail over and noting it leads to a second copy, never to none. What waits is encrypted: a
//! body may hold a link that signs somebody in.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use sea_orm::{FromQueryResult, Value};
use tokio::{sync::mpsc, task::AbortHandle};
use uuid::Uuid;

use crate::{
    clock::Clock,
    crypto::{self, DataKey, FieldRef},
    db::{Database, NO_ORG, SystemDb, TenantDb},
    error::Result,
    ids::Ids,
    kernel::KeyRing,
    mail::{Mail, MailError, Mailer},
    telemetry::mask_email,
};

/// How often the queue is looked at without a wake-up: for pauses that end, and for mails of processes that died.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Longest a delivery may take; well inside the lease.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
const LEASE: TimeDelta = TimeDelta::minutes(2);
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);

/// Queue of one system's mails.
pub struct MailQueue {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// The system's own, read once: mails are queued inside transactions, where waiting for another connection could use the pool
    /// up.
    key: Arc<DataKey>,
    delivery: Delivery,
    running: Mutex<Running>,
}

/// The task that delivers.
struct Running {
    wake: mpsc::Sender<()>,
    task: AbortHandle,
}

impl std::fmt::Debug for MailQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailQueue(…)")
    }
}

impl MailQueue {
    /// Starts delivering. The task ends with the queue.
    pub async fn start(
        database: Database,
        mailer: Arc<Mailer>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        keys: KeyRing,
    ) -> Result<Self> {
        let key = keys.current(NO_ORG).await?;
        let delivery = Delivery { database, mailer, clock: Arc::clone(&clock), keys };
        let running = Mutex::new(delivery.start());
        Ok(Self { clock, ids, key, delivery, running })
    }

    /// Ends the delivering task wherever it is, and starts another: for one that hangs. A mail under way may be sent twice.
    pub fn restart(&self) {
        let before = std::mem::replace(&mut *self.running.lock(), self.delivery.start());
        before.task.abort();
    }

    /// Whether the delivering task is there.
    pub fn is_running(&self) -> bool {
        !self.running.lock().task.is_finished()
    }

    /// Queues a mail with the caller's transaction; call [`wake`](Self::wake) after the commit.
    pub async fn put(&self, db: &SystemDb, org: Option<Uuid>, mail: Mail) -> Result<()> {
        let sql =
            "INSERT INTO mail_outbox (id, org_id, recipient, subject, body, created_at, attempts) VALUES (?, ?, ?, ?, ?, ?, 0)";
        let [id, rest @ ..] = self.values(mail);
        let mut values = vec![id, org.into()];
        values.extend(rest);
        db.execute(sql, values).await?;
        Ok(())
    }

    /// The same for a transaction of one company.
    pub async fn put_for_org(&self, tx: &TenantDb, mail: Mail) -> Result<()> {
        let sql = "INSERT INTO mail_outbox (id, org_id, recipient, subject, body, created_at, attempts) VALUES (?, {org}, ?, ?, ?, ?, 0)";
        tx.execute(sql, self.values(mail).into()).await?;
        Ok(())
    }

    /// Says that a mail was committed.
    pub fn wake(&self) {
        // A full channel means that a wake-up is on its way already.
        let _ = self.running.lock().wake.try_send(());
    }

    fn values(&self, mail: Mail) -> [Value; 5] {
        let id = self.ids.uuid();
        let sealed = STANDARD.encode(crypto::encrypt(&self.key, body_of(id), mail.body.as_bytes()));
        [id.into(), mail.to.into(), mail.subject.into(), sealed.into(), self.clock.now().into()]
    }
}

const fn body_of(mail_id: Uuid) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "mail_outbox", column: "body", row: mail_id }
}

#[derive(Clone)]
struct Delivery {
    database: Database,
    mailer: Arc<Mailer>,
    clock: Arc<dyn Clock>,
    keys: KeyRing,
}

/// A mail this process may send until its lease ends.
#[derive(FromQueryResult)]
struct Claimed {
    id: Uuid,
    recipient: String,
    subject: String,
    /// Ciphertext in base64.
    body: String,
    /// This one included.
    attempts: i32,
}

impl Delivery {
    fn start(&self) -> Running {
        let (wake, woken) = mpsc::channel(1);
        Running { wake, task: tokio::spawn(self.clone().run(woken)).abort_handle() }
    }

    async fn run(self, mut woken: mpsc::Receiver<()>) {
        loop {
            if let Err(error) = self.deliver_due().await {
                tracing::warn!(?error, "the mail queue could not be read");
            }
            if let Ok(None) = tokio::time::timeout(LOOK_EVERY, woken.recv()).await {
                return;
            }
        }
    }

    async fn deliver_due(&self) -> Result<()> {
        while let Some(mail) = self.claim().await? {
            let outcome = self.send(&mail).await;
            self.note(&mail, outcome).await?;
        }
        Ok(())
    }

    /// Takes the oldest mail that is due. Of two processes after the same row one finds it changed and gets none.
    async fn claim(&self) -> Result<Option<Claimed>> {
        let now = self.clock.now();
        let sql = "UPDATE mail_outbox SET due_at = ?, attempts = attempts + 1 WHERE id = (SELECT id FROM mail_outbox \
                   WHERE sent_at IS NULL AND body <> '' AND (due_at IS NULL OR due_at <= ?) ORDER BY created_at, id LIMIT 1) \
                   AND sent_at IS NULL AND (due_at IS NULL OR due_at <= ?) RETURNING id, recipient, subject, body, attempts";
        let row = self.database.system_statement(sql, vec![(now + LEASE).into(), now.into(), now.into()]).await?;
        Ok(row.map(|row| Claimed::from_query_result(&row, "")).transpose()?)
    }

    async fn send(&self, mail: &Claimed) -> Result<(), MailError> {
        let parcel = Mail { to: mail.recipient.clone(), subject: mail.subject.clone(), body: self.body(mail).await? };
        let sent = tokio::time::timeout(SEND_TIMEOUT, self.mailer.send(parcel)).await;
        sent.unwrap_or_else(|_| Err(MailError::Failed("the mail server took too long".into())))
    }

    async fn body(&self, mail: &Claimed) -> Result<String, MailError> {
        let unreadable = || MailError::Invalid("its body can't be decrypted");
        let sealed = STANDARD.decode(&mail.body).map_err(|_| unreadable())?;
        let key = self.keys.of(NO_ORG, &sealed).await;
        let key = key.map_err(|error| MailError::Failed(format!("the key of its body can't be read: {error:?}")))?;
        let body = crypto::decrypt(&key, body_of(mail.id), &sealed).map_err(|_| unreadable())?;
        String::from_utf8(body.to_vec()).map_err(|_| unreadable())
    }

    /// The body goes once it is no longer needed: it may hold a link that signs somebody in.
    async fn note(&self, mail: &Claimed, outcome: Result<(), MailError>) -> Result<()> {
        let now = self.clock.now();
        let (sql, values) = match outcome {
            Ok(()) => {
                metrics::counter!("mails_total", "outcome" => "sent").increment(1);
                let sql = "UPDATE mail_outbox SET sent_at = ?, body = '', failure = '' WHERE id = ?";
                (sql, vec![now.into(), mail.id.into()])
            }
            Err(error) if is_hopeless(&error, mail.attempts) => {
                metrics::counter!("mails_total", "outcome" => "given_up").increment(1);
                tracing::error!(%error, to = mask_email(&mail.recipient), "a mail was given up");
                let sql = "UPDATE mail_outbox SET body = '', failure = ? WHERE id = ?";
                (sql, vec![error.to_string().into(), mail.id.into()])
            }
            Err(error) => {
                metrics::counter!("mails_total", "outcome" => "failed").increment(1);
                tracing::warn!(%error, attempts = mail.attempts, to = mask_email(&mail.recipient), "a mail will be tried again");
                let sql = "UPDATE mail_outbox SET due_at = ?, failure = ? WHERE id = ?";
                (sql, vec![next_try(now, mail.attempts).into(), error.to_string().into(), mail.id.into()])
            }
        };
        self.database.system_execute_repeatable(sql, values).await?;
        Ok(())
    }
}

/// A refusal is tried for three quarters of an hour, as it may be the server's settings and not the mail; everything else for
/// more than a day.
fn is_hopeless(error: &MailError, attempts: i32) -> bool {
    let most = match error {
        MailError::Invalid(_) => 1,
        MailError::Refused(_) => 5,
        MailError::Settings(_) | MailError::Failed(_) => 10,
    };
    attempts >= most
}

/// Four times the pause before: 30 s, 2 min, 8 min, … up to six hours.
fn next_try(now: DateTime<Utc>, attempts: i32) -> DateTime<Utc> {
    let factor = 4_i32.saturating_pow(u32::try_from(attempts - 1).unwrap_or_default().min(8));
    now + (FIRST_PAUSE * factor).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_six_hours() {
        let pause = |attempts| (next_try(DateTime::UNIX_EPOCH, attempts) - DateTime::UNIX_EPOCH).num_seconds();
        assert_eq!([pause(1), pause(2), pause(3), pause(6), pause(i32::MAX)], [30, 120, 480, 21_600, 21_600]);
    }

    #[test]
    fn only_what_can_get_better_is_tried_again() {
        assert!(!is_hopeless(&MailError::Failed(String::new()), 1));
        assert!(is_hopeless(&MailError::Failed(String::new()), 10));
        assert!(is_hopeless(&MailError::Refused(String::new()), 5) && is_hopeless(&MailError::Invalid(""), 1));
    }
}
