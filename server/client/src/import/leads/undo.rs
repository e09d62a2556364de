//! Takes back what a few rows did to leads, except what people worked with since.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::ColumnTrait as _;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
};
use uuid::Uuid;

use crate::{
    import::{
        effects::{Effect, EffectOp, ids},
        undo::{
            records::announce,
            used::{delete, used},
        },
    },
    lead::{
        domain::Change as LeadChange,
        stage,
        store::{Column, Entity, Model, write::update_lead},
    },
    record::{kind::Kind, values::lead_change, writer::Writer},
};

/// Returns how many leads stay as they are: somebody changed, moved or converted them since, tied something to them, or whoever takes
/// the import back does not see them (`scope`).
pub async fn take_back(tx: &TenantDb, scope: &Scope, effects: Vec<Effect>, writer: &Writer) -> Result<usize> {
    let mut leads = leads(tx, ids(&effects, Kind::Lead)).await?;
    let used = used(tx, &effects).await?;
    let (mut kept, mut created) = (0, Vec::new());
    for Effect { record_id, op, version_after, .. } in effects {
        // What somebody deleted is neither kept nor taken back.
        let Some(lead) = leads.remove(&record_id) else { continue };
        let is_new = matches!(op, EffectOp::Created);
        if lead.version != version_after || !lead.people().are_seen_by(scope) || (is_new && used.contains(&lead.id)) {
            kept += 1;
            continue;
        }
        match op {
            EffectOp::Created => created.push(lead),
            EffectOp::Updated(before) => restore(tx, writer, lead, &before).await?,
        }
    }
    let doomed: Vec<Uuid> = created.iter().map(|lead| lead.id).collect();
    delete(tx, Kind::Lead, &doomed).await?;
    for lead in created {
        announce(tx, Kind::Lead, lead.id, lead.version, lead.people());
    }
    Ok(kept)
}

async fn restore(tx: &TenantDb, writer: &Writer, lead: Model, before: &BTreeMap<String, String>) -> Result<()> {
    if let Some(LeadChange::Stage(stage_id)) = before.get("stage_id").and_then(|text| lead_change("stage_id", text)) {
        // One that was put away since takes no lead back.
        stage::chosen(tx, stage_id, "stage_id").await?;
    }
    let changes: Vec<_> = before.iter().filter_map(|(field, text)| lead_change(field, text)).collect();
    update_lead(tx, writer, lead, &changes).await?;
    Ok(())
}

/// Held, so that nobody works with them meanwhile.
async fn leads(tx: &TenantDb, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, Model>> {
    let finder = tx.find::<Entity>().filter(Column::Id.is_in(ids));
    let rows = tx.all(finder.map(sea_orm::QuerySelect::lock_exclusive)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
