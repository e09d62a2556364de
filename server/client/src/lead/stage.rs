//! The stages of a company's pipeline, and what lies in each. A new company's first ones come with the company itself.

use std::collections::HashMap;

use sea_orm::{FromQueryResult, QueryOrder as _, QuerySelect, entity::prelude::*, sea_query::ExprTrait as _};
use streamflow_kernel::{
    db::{Scoped, TenantDb},
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::{
    client::{reason, v1 as pb},
    common::v1::Money,
};

use super::{domain::MAX_MINOR_UNITS, store};
use crate::{
    lead_stage::store::{Column, Entity, Model},
    record::row,
};

/// All stages on the board, in order.
pub async fn stages(tx: &TenantDb) -> Result<Vec<Model>> {
    tx.all(live(tx)).await
}

/// The same, which nobody puts away before the transaction ends.
pub async fn held(tx: &TenantDb) -> Result<Vec<Model>> {
    tx.all(live(tx).map(QuerySelect::lock_shared)).await
}

fn live(tx: &TenantDb) -> Scoped<Entity> {
    let in_order = |select: sea_orm::Select<Entity>| select.order_by_asc(Column::Position).order_by_asc(Column::Id);
    tx.find::<Entity>().filter(Column::ArchivedAt.is_null()).map(in_order)
}

/// The stage somebody chose, or the first one when none was; nobody puts it away before the transaction ends. `field` is where a wrong
/// choice is reported.
pub async fn chosen(tx: &TenantDb, id: Option<Uuid>, field: &str) -> Result<Model> {
    let mut stages = held(tx).await?.into_iter();
    let found = match id {
        Some(id) => stages.find(|stage| stage.id == id),
        None => stages.next(),
    };
    found.ok_or_else(|| Error::invalid(field, "Choose a stage from the list."))
}

/// What became a customer is settled: its stage tells how.
pub fn may_move(lead: &store::Model, to: Uuid) -> Result<()> {
    if lead.customer_id.is_some() && lead.stage_id != to {
        return Err(Error::refused(reason::ALREADY_CONVERTED, "This lead is a customer already, so its stage stays."));
    }
    Ok(())
}

/// The first stage for leads that were won, if the pipeline has one.
pub async fn won(tx: &TenantDb) -> Result<Option<Model>> {
    Ok(stages(tx).await?.into_iter().find(|stage| stage.kind == "won"))
}

#[derive(FromQueryResult)]
struct Sum {
    stage_id: Uuid,
    leads: i64,
    value: i64,
}

/// The stages with count and worth of the live leads this person sees. Amounts in other currencies can't be added and are left out.
pub async fn summed(tx: &TenantDb, currency_code: &str) -> Result<Vec<pb::LeadStage>> {
    use store::Column as Lead;
    // A sum that leaves 64 bits is an error for the whole board, so no lead counts for more than a lead may be worth.
    let value: Expr = Expr::case(Lead::CurrencyCode.ne(currency_code), 0_i64)
        .case(Lead::ValueMinor.gt(MAX_MINOR_UNITS), MAX_MINOR_UNITS)
        .finally(Expr::col(Lead::ValueMinor))
        .into();
    let finder = row::finder::<store::Entity>(tx, tx.scope()).map(|select| {
        select
            .filter(Lead::ArchivedAt.is_null())
            .select_only()
            .column(Lead::StageId)
            .expr_as(Expr::col(Lead::Id).count(), "leads")
            // PostgreSQL sums bigint to numeric.
            .expr_as(value.sum().cast_as("bigint"), "value")
            .group_by(Lead::StageId)
    });
    let sums: Vec<Sum> = tx.rows(finder).await?;
    let sums: HashMap<Uuid, Sum> = sums.into_iter().map(|sum| (sum.stage_id, sum)).collect();
    let shown = |stage: Model| {
        let (count, value) = sums.get(&stage.id).map_or((0, 0), |sum| (sum.leads, sum.value));
        stage.into_pb(count, Money { currency_code: currency_code.to_owned(), minor_units: value })
    };
    Ok(stages(tx).await?.into_iter().map(shown).collect())
}

impl Model {
    pub fn into_pb(self, count: i64, value: Money) -> pb::LeadStage {
        let kind = pb::LeadStageKind::from_str_name(&format!("LEAD_STAGE_KIND_{}", self.kind.to_uppercase()));
        pb::LeadStage {
            id: ids::format(prefix::STAGE, self.id),
            name: self.name,
            kind: kind.unwrap_or_default().into(),
            lead_count: i32::try_from(count).unwrap_or(i32::MAX),
            lead_value: Some(value),
            version: self.version,
        }
    }
}
