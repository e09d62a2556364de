//! [`OrgReader`]: one company's rows, to read in one transaction after the other.

use uuid::Uuid;

use super::{Database, Scope, TenantDb};
use crate::error::Result;

/// Reads the rows of one company and nothing else. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OrgReader {
    database: Database,
    org_id: Uuid,
}

impl OrgReader {
    /// A transaction that sees the whole company as it is now.
    pub async fn read(&self) -> Result<TenantDb> {
        self.database.tenant_read(Scope::whole(self.org_id)).await
    }
}

impl Database {
    pub fn org_reader(&self, org_id: Uuid) -> OrgReader {
        OrgReader { database: self.clone(), org_id }
    }
}
