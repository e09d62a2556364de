//! What a service may use of its system, and no more: none of it leads to the rows of another company.

use std::sync::Arc;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::Ctx;
use crate::{
    access::network_key,
    clock::Clock,
    crypto::MacKey,
    db::{OrgReader, Scope, SystemDb, TenantDb},
    error::{Error, Result},
    federation::Federation,
    feed::{Cursor, Watch, WatchItem},
    ids::Ids,
    jobs::Jobs,
    kernel::{KeyRing, Portal},
    mail_queue::MailQueue,
    password::PasswordHasher,
    rate_limit,
    session::Token,
    upload::Tickets,
    vault::Vault,
};

impl Ctx {
    /// The other systems.
    pub fn federation(&self) -> &Arc<Federation> {
        &self.0.kernel.federation
    }

    /// Rows of one company, to read, for calls of other systems, which ask about companies by name. Nobody's session gets here.
    pub async fn company(&self, org_id: Uuid) -> Result<TenantDb> {
        if !self.request().access.path.starts_with("/streamflow.federation.") {
            return Err(Error::internal("another company's rows were asked for outside the federation"));
        }
        self.0.kernel.database.tenant_read(Scope::whole(org_id)).await
    }

    /// What is particular to the portal.
    pub fn portal(&self) -> &Portal {
        &self.0.kernel.portal
    }

    /// Where people reach the portal, for links in mails. No trailing slash.
    pub fn public_url(&self) -> &str {
        &self.0.kernel.public_url
    }

    /// Where the request came from, as one holder commonly has networks: a /24, or a /48 of IPv6.
    pub fn network(&self) -> String {
        network_key(self.request().ip)
    }

    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.0.kernel.ids
    }

    /// For what goes on after the request's own instant.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.kernel.clock
    }

    pub fn new_token(&self) -> Token {
        Token::new(self.0.kernel.ids.token())
    }

    pub fn keys(&self) -> &KeyRing {
        &self.0.kernel.keys
    }

    /// What marks of one purpose are made and known with: the same in every process with these master keys. They may change, so nothing of
    /// it is kept.
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        MacKey::derive(&self.0.kernel.keys.masters.now(), purpose)
    }

    pub fn mails(&self) -> &MailQueue {
        &self.0.kernel.mails
    }

    pub fn jobs(&self) -> &Jobs {
        &self.0.kernel.jobs
    }

    /// Files of companies.
    pub fn vault(&self) -> &Vault {
        &self.0.kernel.vault
    }

    /// Addresses that files are sent to.
    pub fn uploads(&self) -> &Tickets {
        &self.0.kernel.uploads
    }

    pub fn passwords(&self) -> &PasswordHasher {
        &self.0.kernel.passwords
    }

    /// What belongs to no company, to read.
    pub async fn system_read(&self) -> Result<SystemDb> {
        self.0.kernel.database.system_read().await
    }

    /// A transaction beside the answer: what it commits stays, whatever becomes of the request, and leaves no audit record of its own.
    pub async fn system_apart(&self) -> Result<SystemDb> {
        self.0.kernel.database.system().await
    }

    /// The same with the rows that this person may see.
    pub async fn write_apart(&self) -> Result<TenantDb> {
        self.0.kernel.database.tenant_write(self.scope()?).await
    }

    /// Reads the company's rows in one transaction after the other: for work that takes too long for one.
    pub fn org_reader(&self) -> Result<OrgReader> {
        Ok(self.0.kernel.database.org_reader(self.principal()?.org_id))
    }

    /// A cursor of now: what is read after it was taken, and then followed from it, misses no change.
    pub fn feed_position(&self) -> Cursor {
        self.0.kernel.feed.position()
    }

    /// Follows the feed as this person from a cursor on, or from now.
    pub fn watch(&self, entities: Vec<&'static str>, cursor: Option<Cursor>) -> Result<mpsc::Receiver<WatchItem>> {
        let principal = self.principal()?;
        // Whoever was seen meanwhile may resume.
        let idle = principal.last_seen_at + self.0.kernel.portal.lifetime.idle;
        let alive_for = (principal.expires_at.min(idle) - self.now()).to_std().unwrap_or_default();
        let watch = Watch { scope: self.scope()?, session_id: principal.session_id, entities, cursor, alive_for };
        Ok(self.0.kernel.feed.watch(watch))
    }

    /// Takes a permit of another class than the RPC's own, for the answers that cost as much as that class.
    pub async fn take(&self, class: &str) -> Result<()> {
        let who = self.principal()?.user_id.to_string();
        self.0.kernel.limiter.take(class, &who, self.now()).await?.into_result()
    }

    /// Counts an attempt at a secret before it is looked at. Refuses while the subject is locked.
    pub async fn count_attempt(&self, subject: &str) -> Result<()> {
        rate_limit::count_attempt(&self.0.kernel.database, subject, self.now()).await?;
        self.note_guess(true);
        Ok(())
    }

    /// The attempt succeeded: the ladder starts anew.
    pub async fn forget_attempts(&self, subject: &str) -> Result<()> {
        self.note_guess(false);
        rate_limit::forget_attempts(&self.0.kernel.database, subject).await
    }

    /// Uses up a TOTP step of a person. False when this step, or a later one, was used before.
    pub async fn use_totp_step(&self, user_id: Uuid, step: i64) -> Result<bool> {
        rate_limit::use_totp_step(&self.0.kernel.database, user_id, step).await
    }
}
