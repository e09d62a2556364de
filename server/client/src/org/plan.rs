//! The plan of a company, changed by the operator's own hand.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use streamflow_kernel::{
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op},
    jobs::deed::Deed,
    kernel::Kernel,
};

use super::{domain, store};
use crate::tenant::{self, tell};

/// Puts a company on a plan from now on. The trial plan begins its days anew, any other ends the trial; open pages follow, and so does
/// the system that hears of companies, unless all is as it was.
pub async fn set_plan(kernel: &Kernel, tenant_id: &str, plan: &str) -> Result<()> {
    let plan = domain::plan(plan).map_err(|problem| Error::invalid("plan", problem.sentence()))?;
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    let org_id = store::org_by_tenant_id(&db, tenant_id).await?.ok_or(Error::not_found("company"))?;
    // Of two who change it at once, the second tells what the first one left.
    tenant::store::hold_alone(&db, org_id).await?;
    let before = tenant::store::tenant(&db, tenant_id).await?.ok_or(Error::not_found("company"))?;
    let version = store::set_plan(&db, org_id, &plan, now).await?;
    let fields = vec!["plan".to_owned()];
    let change = Change { entity: "org", id: org_id, version, op: Op::Updated, fields, audience: Audience::EVERYONE };
    db.append_changes(org_id, &Actor { id: None, name: String::new(), at: now }, &[change]).await?;
    let trial_ends_at = domain::trial_ends_at(&plan, now);
    if (before.plan.as_str(), before.trial_ends_at) != (plan.as_str(), trial_ends_at) {
        let (id, kind, details) = (kernel.ids.uuid(), "plan_changed".to_owned(), details(&before.plan, &plan, trial_ends_at));
        tell::put(&db, &kernel.jobs, &tell::Told { id, kind, at: now, tenant_id: tenant_id.to_owned(), details }).await?;
    }
    let payload = json!({ "plan": plan });
    Deed { org_id, path: "streamflow tenant plan", category: "settings", outcome: "OK", payload }.audit(&db, kernel).await?;
    db.commit().await?;
    kernel.jobs.wake();
    Ok(())
}

/// What the event says. Without a trial there is no end of one.
fn details(before: &str, plan: &str, trial_ends_at: Option<DateTime<Utc>>) -> Value {
    let mut details = json!({ "plan_before": before, "plan": plan });
    if let Some(at) = trial_ends_at {
        details["trial_ends_at"] = at.to_rfc3339_opts(SecondsFormat::Secs, true).into();
    }
    details
}
