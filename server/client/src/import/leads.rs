//! Rows that are leads: what they find, how they are written and how they are taken back.

mod known;
mod undo;

use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use uuid::Uuid;

pub use self::{known::Known, undo::take_back};
use super::{
    batch::Tally,
    domain::decide::Fate,
    effects::{Effect, EffectOp, insert_effects},
    file::{Item, Setup},
};
use crate::{
    assignment_rule,
    lead::{
        domain::NewLead,
        store::write::{insert_lead, update_lead},
    },
    record::{
        kind::Kind,
        people::People,
        writer::{Origin, Writer},
    },
};

/// Writes `items` as [`batch::write_batch`](super::batch::write_batch) does with customers. Leads are added one by one, each as at a form:
/// the company's rules give them to people by turns.
pub async fn write_batch(
    tx: &TenantDb,
    writer: &Writer,
    scope: &Scope,
    (import_id, setup): (Uuid, &Setup),
    items: &[Item],
) -> Result<Tally> {
    let known = Known::look_up(tx, scope, setup, items, true).await?;
    assignment_rule::store::hold_enabled(tx).await?;
    let mut tally = Tally::default();
    let mut effects = Vec::new();
    for item in items {
        let Some(meant) = &item.meant else {
            tally.skipped += 1;
            continue;
        };
        let (lead, op) = match known.decide(setup, meant) {
            (Fate::Create(new), _) => {
                tally.created += 1;
                (insert_lead(tx, writer, complete(*new, &known, scope)?).await?, EffectOp::Created)
            }
            (Fate::Update(changes), Some(before)) => {
                tally.updated += 1;
                let op = EffectOp::updating(&before.values(), &changes);
                (update_lead(tx, writer, before.clone(), &changes).await?, op)
            }
            (Fate::Unchanged, _) => {
                tally.unchanged += 1;
                continue;
            }
            (Fate::Blocked(_) | Fate::Update(_), _) => {
                tally.skipped += 1;
                continue;
            }
        };
        let row = i32::try_from(item.row.number).map_err(Error::internal)?;
        effects.push(Effect { row, kind: Kind::Lead, record_id: lead.id, op, version_after: lead.version });
    }
    insert_effects(tx, import_id, &effects).await?;
    Ok(tally)
}

/// A new lead with what its row leaves open, as a form would have it. Everybody who may import may hand records on, so whoever a row names
/// gets it: one with an owner alone is that person's work too, and no rule gives it to somebody else.
fn complete(new: NewLead, known: &Known, scope: &Scope) -> Result<NewLead> {
    let stage_id = new.stage_id.or_else(|| known.first_stage());
    let assignee = new.assignee_id.or(new.owner_id);
    let people = People { owner: new.owner_id, assignee, team: new.team_id }.claimed_in(scope);
    let mut new = NewLead {
        stage_id: Some(stage_id.ok_or_else(|| Error::internal("a company without a stage"))?),
        owner_id: people.owner,
        assignee_id: people.assignee,
        team_id: people.team,
        ..new
    };
    if new.value.currency_code.is_empty() {
        known.currency_code().clone_into(&mut new.value.currency_code);
    }
    if new.source.is_empty() {
        Origin::Import.as_str().clone_into(&mut new.source);
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use crate::permission::may;

    #[test]
    fn who_may_import_may_write_leads_and_hand_them_on() {
        for role in ["OWNER", "MANAGER", "STAFF", "EMPLOYEE", "ACCOUNTANT"] {
            let each = ["lead.write", "record.assign", "customer.write"].iter().all(|right| may(role, right));
            assert!(!may(role, "import.run") || each, "{role}");
        }
    }
}
