//! Companies whose trial has ended: they read and export, and their people look after what is their own; nothing else changes.

use chrono::{DateTime, Utc};
use streamflow_proto::{access::Access, reason::Reason};

use crate::{
    ctx::Principal,
    error::{Error, Result},
};

/// Fails with the reason `TRIAL_ENDED` where the trial of the person's company is over at `now` and the RPC changes something that is not
/// declared `own_affairs` or `after_trial`.
pub fn check(access: &Access, principal: &Principal, now: DateTime<Utc>) -> Result<()> {
    if !principal.org.is_trial_over(now) || !access.mutation || access.own_affairs || access.after_trial {
        return Ok(());
    }
    let text = "Your company's trial has ended, so nothing can be changed. All that is there can still be read and exported. \
                To go on, an owner of your company asks whoever runs StreamFlow for you.";
    Err(Error::refused(Reason::TRIAL_ENDED, text))
}
