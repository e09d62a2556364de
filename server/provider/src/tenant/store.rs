//! Rows of companies and of what was reported.

use chrono::{DateTime, Utc};
use streamflow_kernel::{db::SystemDb, error::Result};

use super::domain::Event;

/// False when the event is known.
pub async fn insert_event(db: &SystemDb, event: &Event, received_at: DateTime<Utc>) -> Result<bool> {
    let sql = "INSERT INTO tenant_events (id, tenant_id, kind, at, details, received_at) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT (id) DO NOTHING";
    let values = vec![
        event.id.clone().into(),
        event.tenant.tenant_id.clone().into(),
        event.kind.clone().into(),
        event.at.into(),
        event.details.clone().into(),
        received_at.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

/// Takes the company over from the event, unless a newer one has told of it.
pub async fn keep_newest(db: &SystemDb, event: &Event) -> Result<()> {
    let sql = "INSERT INTO tenants (tenant_id, name, time_zone, currency_code, plan, industry, state, external_customer_id, \
               created_at, trial_ends_at, reported_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
               ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone, \
               currency_code = excluded.currency_code, plan = excluded.plan, industry = excluded.industry, \
               state = excluded.state, external_customer_id = excluded.external_customer_id, \
               created_at = excluded.created_at, trial_ends_at = excluded.trial_ends_at, reported_at = excluded.reported_at \
               WHERE tenants.reported_at <= excluded.reported_at";
    let tenant = &event.tenant;
    let values = vec![
        tenant.tenant_id.clone().into(),
        tenant.name.clone().into(),
        tenant.time_zone.clone().into(),
        tenant.currency_code.clone().into(),
        tenant.plan.clone().into(),
        tenant.industry.clone().into(),
        tenant.state.clone().into(),
        tenant.external_customer_id.clone().into(),
        event.created_at.into(),
        event.trial_ends_at.into(),
        event.at.into(),
    ];
    db.execute(sql, values).await?;
    Ok(())
}
