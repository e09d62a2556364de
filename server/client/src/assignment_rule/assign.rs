//! Gives a new lead to whoever's turn it is by the first rule that matches.

use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

use super::{domain::turns, store};
use crate::lead::domain::NewLead;

/// Somebody's turn, taken.
#[derive(Clone, Debug)]
pub struct Turn {
    pub user_id: Uuid,
    /// Name of the rule.
    pub rule: String,
}

/// Takes a turn for a lead that nobody was chosen for, in the transaction of the lead: without the lead there was no turn. A rule
/// that has nobody left who works on leads passes it on to the next.
pub async fn by_rule(tx: &TenantDb, lead: &NewLead) -> Result<Option<Turn>> {
    if lead.assignee_id.is_some() {
        return Ok(None);
    }
    for rule in store::enabled(tx).await?.into_iter().filter(|rule| rule.conditions().matches(lead)) {
        // Read anew while it is held: others may have taken turns, or changed it.
        let Some(rule) = store::held(tx, rule.id).await? else { continue };
        if !rule.enabled || !rule.conditions().matches(lead) {
            continue;
        }
        for user_id in turns(store::workers_of(tx, &rule).await?, rule.last_user_id) {
            if store::holds_worker(tx, user_id).await? {
                store::set_last(tx, rule.id, user_id).await?;
                return Ok(Some(Turn { user_id, rule: rule.name }));
            }
        }
    }
    Ok(None)
}
