//! What jobs and commands leave in the audit: nobody asked for it through a portal, so there is no person and no address.

use uuid::Uuid;

use super::Job;
use crate::{
    audit::{self, AuditRecord},
    db::SystemDb,
    error::Result,
    kernel::Kernel,
};

/// Something that a job or a command did or tried.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Nil for what concerns no company.
    pub org_id: Uuid,
    /// The RPC that it follows from, or that it called.
    pub path: &'static str,
    pub category: &'static str,
    /// Canonical gRPC code name.
    pub outcome: &'static str,
    /// A JSON object; nothing personal.
    pub payload: serde_json::Value,
}

impl Job {
    /// Adds to the audit what was done, in the transaction that does it.
    pub async fn audit(&self, db: &SystemDb, kernel: &Kernel, deed: Deed) -> Result<()> {
        audit::insert(db.txn(), deed.record(kernel, self.id)).await
    }

    /// Adds to the audit what was tried in vain.
    pub async fn audit_failure(&self, kernel: &Kernel, deed: Deed) -> Result<()> {
        kernel.audit.write(deed.record(kernel, self.id)).await
    }
}

impl Deed {
    /// Adds to the audit what a command did, in the transaction that does it.
    pub async fn audit(self, db: &SystemDb, kernel: &Kernel) -> Result<()> {
        let number = kernel.ids.uuid();
        audit::insert(db.txn(), self.record(kernel, number)).await
    }

    /// All records of one job have its number.
    fn record(self, kernel: &Kernel, number: Uuid) -> AuditRecord {
        AuditRecord {
            org_id: self.org_id,
            id: kernel.ids.uuid(),
            at: kernel.clock.now(),
            actor_id: None,
            actor_name: String::new(),
            actor_role: String::new(),
            real_actor_id: None,
            ip: String::new(),
            path: self.path.to_owned(),
            category: self.category.to_owned(),
            outcome: self.outcome.to_owned(),
            correlation_id: number.simple().to_string(),
            payload: self.payload.to_string(),
            entity: String::new(),
            entity_id: None,
            changed_fields: String::new(),
        }
    }
}
