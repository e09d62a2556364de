//! What is known of a person's company, and whether it is open to its people.

use chrono::{DateTime, Utc};
use streamflow_proto::{access::Access, reason::Reason};

use crate::error::{Error, Result};

/// What pages need to know of the company.
#[derive(Clone, Debug, Default)]
pub struct OrgFacts {
    pub name: String,
    pub tenant_id: String,
    pub time_zone: String,
    pub currency_code: String,
    /// Feature modules that are switched off.
    pub modules_off: Vec<String>,
    /// Until when the company may try; none where it pays.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// Set while the company is closed to its people.
    pub suspension: Option<Suspension>,
}

/// Why a company is closed, and who knows more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    pub since: DateTime<Utc>,
    pub reason: String,
    pub contact: String,
}

impl OrgFacts {
    /// Whether a feature module is on; what belongs to none is always there.
    pub fn has_module(&self, module: &str) -> bool {
        !self.modules_off.iter().any(|off| off == module)
    }

    /// Whether nothing of the company may be changed any more.
    pub fn is_trial_over(&self, now: DateTime<Utc>) -> bool {
        self.trial_ends_at.is_some_and(|end| end <= now)
    }

    /// Whether an RPC works for the company's people at all; what needs no full session is not asked about.
    pub const fn admits(&self, access: &Access) -> bool {
        self.suspension.is_none() || access.while_suspended
    }

    /// The same as a refusal.
    pub fn check_admits(&self, access: &Access) -> Result<()> {
        if self.admits(access) {
            return Ok(());
        }
        let text = "Your company is suspended. Open the portal to see why and whom to ask; nothing was lost.";
        Err(Error::refused(Reason::ORG_SUSPENDED, text))
    }
}
