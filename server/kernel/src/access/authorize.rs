//! Whether a person may call an RPC at all.

use chrono::{DateTime, Utc};
use streamflow_proto::{
    access::{Access, Level as Needs},
    reason::Reason,
};

use super::trial;
use crate::{
    ctx::Principal,
    error::{Error, Result},
    kernel::Portal,
    session::Level,
};

/// Compares what an RPC declares with who asks.
pub fn authorize(portal: &Portal, access: &Access, principal: Option<&Principal>, now: DateTime<Utc>) -> Result<()> {
    if access.level == Needs::Anonymous {
        return Ok(());
    }
    let principal = principal.ok_or_else(|| Error::refused(Reason::NOT_SIGNED_IN, "Sign in first."))?;
    if principal.support.is_some() && !access.support {
        return Err(Error::refused(
            Reason::SUPPORT_SESSION,
            "Support sessions look at the company's records, and do nothing else.",
        ));
    }
    if access.level == Needs::Pending {
        return Ok(());
    }
    if principal.level == Level::Pending {
        return Err(Error::refused(Reason::SECOND_FACTOR_NEEDED, "Finish signing in with your second factor."));
    }
    principal.org.check_admits(access)?;
    if !access.roles.contains(&principal.role.as_str()) {
        return Err(portal.role_refused());
    }
    if !principal.org.has_module(access.module) {
        return Err(module_disabled());
    }
    if access.mutation && !access.own_affairs {
        principal.check_may_change()?;
    }
    trial::check(access, principal, now)
}

/// What belongs to a feature that the company has switched off.
pub fn module_disabled() -> Error {
    let text = "Your company has switched this feature off. An owner can switch it on in the settings; nothing was lost.";
    Error::refused(Reason::MODULE_DISABLED, text)
}
