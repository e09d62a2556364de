//! The plan of a company, changed by the operator's own hand.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use streamflow_kernel::{
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op},
    jobs::deed::Deed,
    kernel::Kernel,
};

use super::{domain, store};

/// Puts a company on a plan from now on. The trial plan begins its days anew, any other ends the trial; open pages follow.
pub async fn set_plan(kernel: &Kernel, tenant_id: &str, plan: &str) -> Result<()> {
    let plan = domain::plan(plan).map_err(|problem| Error::invalid("plan", problem.sentence()))?;
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    let org_id = store::org_by_tenant_id(&db, tenant_id).await?.ok_or(Error::not_found("company"))?;
    let version = store::set_plan(&db, org_id, &plan, now).await?;
    let fields = vec!["plan".to_owned()];
    let change = Change { entity: "org", id: org_id, version, op: Op::Updated, fields, audience: Audience::EVERYONE };
    db.append_changes(org_id, &Actor { id: None, name: String::new(), at: now }, &[change]).await?;
    let payload = serde_json::json!({ "plan": plan });
    Deed { org_id, path: "streamflow tenant plan", category: "settings", outcome: "OK", payload }.audit(&db, kernel).await?;
    db.commit().await
}
