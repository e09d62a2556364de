//! Where a lead lies within its stage. Positions are fractions between the neighbours', so that a move writes one row.

use sea_orm::{ColumnTrait as _, FromQueryResult, QueryOrder as _, QuerySelect as _, sea_query::Expr, sea_query::ExprTrait as _};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
};
use uuid::Uuid;

use super::{Column, Entity};
use crate::record::row;

/// Room between two leads put at the end one after the other: enough to halve some sixty times.
const STEP: f64 = 1024.0;

/// What a move to a place among the others comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spot {
    At(f64),
    /// Two neighbours are as close as numbers can be: the stage has to be spread out first.
    NoRoom,
}

#[derive(FromQueryResult)]
struct Last {
    position: Option<f64>,
}

/// The end of a stage, as far as the person sees it.
pub async fn end_of(tx: &TenantDb, stage_id: Uuid) -> Result<f64> {
    Ok(last(tx, stage_id, None, None).await?.map_or(STEP, |position| position + STEP))
}

/// The spot right before `next`, for the lead `moving`.
pub async fn before(tx: &TenantDb, next: &super::Model, moving: Uuid) -> Result<Spot> {
    let Some(previous) = last(tx, next.stage_id, Some(next), Some(moving)).await? else {
        return Ok(Spot::At(next.position - STEP));
    };
    Ok(between(previous, next.position))
}

fn between(previous: f64, next: f64) -> Spot {
    let middle = f64::midpoint(previous, next);
    if previous < middle && middle < next { Spot::At(middle) } else { Spot::NoRoom }
}

#[derive(FromQueryResult)]
struct Next {
    id: Uuid,
}

/// The lead that stands right behind `lead` in its stage, as far as somebody sees them; None where it is the last.
pub async fn next(tx: &TenantDb, scope: &Scope, lead: &super::Model) -> Result<Option<Uuid>> {
    let place = Expr::tuple([Expr::col(Column::Position), Expr::col(Column::Id)]);
    let finder = row::finder::<Entity>(tx, scope)
        .filter(Column::StageId.eq(lead.stage_id))
        .filter(Column::ArchivedAt.is_null())
        .filter(place.gt(Expr::tuple([Expr::val(lead.position), Expr::val(lead.id)])));
    let first = |select: sea_orm::Select<Entity>| {
        let select = select.order_by_asc(Column::Position).order_by_asc(Column::Id).limit(1);
        select.select_only().column(Column::Id)
    };
    let rows: Vec<Next> = tx.rows(finder.map(first)).await?;
    Ok(rows.into_iter().next().map(|row| row.id))
}

/// The last position of a stage, or the last one before `next`, not counting the lead that moves.
async fn last(tx: &TenantDb, stage_id: Uuid, next: Option<&super::Model>, moving: Option<Uuid>) -> Result<Option<f64>> {
    let mut finder = row::finder::<Entity>(tx, tx.scope()).filter(Column::StageId.eq(stage_id));
    if let Some(next) = next {
        let place = Expr::tuple([Expr::col(Column::Position), Expr::col(Column::Id)]);
        finder = finder.filter(place.lt(Expr::tuple([Expr::val(next.position), Expr::val(next.id)])));
    }
    if let Some(moving) = moving {
        finder = finder.filter(Column::Id.ne(moving));
    }
    let finder = finder.map(|select| select.select_only().expr_as(Expr::col(Column::Position).max(), "position"));
    let rows: Vec<Last> = tx.rows(finder).await?;
    Ok(rows.into_iter().next().and_then(|row| row.position))
}

/// Spreads the leads of a stage out in their present order. Needs the whole company in view: it moves what others see too.
pub async fn spread(tx: &TenantDb, stage_id: Uuid) -> Result<()> {
    let sql = "UPDATE leads SET position = spread.place * 1024.0 FROM ( \
                 SELECT id, ROW_NUMBER() OVER (ORDER BY position, id) AS place FROM leads WHERE org_id = {org} AND stage_id = ? \
               ) AS spread WHERE leads.org_id = {org} AND leads.id = spread.id";
    tx.execute(sql, vec![stage_id.into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_some_fifty_moves_to_the_same_spot() {
        let (previous, mut next, mut moves) = (STEP, STEP * 2.0, 0);
        while let Spot::At(position) = between(previous, next) {
            next = position;
            moves += 1;
        }
        assert!(moves > 40, "{moves}");
        assert_eq!(between(1.0, 1.0), Spot::NoRoom);
    }
}
