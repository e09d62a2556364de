//! Where on the board somebody drops a lead: a stage, and the lead it is to stand before.

use streamflow_kernel::{
    ctx::{Ctx, WriteDb},
    db::TenantDb,
    error::{Error, Result, Violations},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::{
    stage,
    store::{
        Entity, Model,
        board::{self, Spot},
    },
};
use crate::record::row;

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub stage_id: Uuid,
    /// None for the end of the stage.
    before: Option<Uuid>,
}

/// A lead on its way: held, in the transaction that is to write it.
pub struct Reached {
    pub tx: WriteDb,
    pub lead: Model,
    /// What it stands before until it is moved.
    pub was_before: Option<Uuid>,
    pub position: f64,
    /// Others' positions moved too.
    pub spread: bool,
}

impl Target {
    pub fn read(request: &pb::MoveLeadRequest) -> Result<Self> {
        let mut violations = Violations::new();
        let stage_id = ids::parse(prefix::STAGE, &request.stage_id);
        if stage_id.is_none() {
            violations.add("stage_id", "Choose a stage from the list.");
        }
        let before = ids::parse(prefix::LEAD, &request.before_lead_id);
        if before.is_none() && !request.before_lead_id.is_empty() {
            violations.add("before_lead_id", NOT_IN_STAGE);
        }
        violations.into_result()?;
        Ok(Self { stage_id: stage_id.unwrap_or_default(), before })
    }

    /// Takes the lead to its spot. Where there is no room the stage is spread out first, which needs the whole company in view.
    pub async fn reach(self, ctx: &Ctx, lead_id: Uuid) -> Result<Reached> {
        let tx = ctx.write().await?;
        let (lead, spot) = self.spot(ctx, &tx, lead_id).await?;
        if let Spot::At(position) = spot {
            let was_before = board::next(&tx, &ctx.scope()?, &lead).await?;
            return Ok(Reached { tx, lead, was_before, position, spread: false });
        }
        drop(tx);
        let tx = ctx.write_whole_org().await?;
        board::spread(&tx, self.stage_id).await?;
        match self.spot(ctx, &tx, lead_id).await? {
            (lead, Spot::At(position)) => {
                let was_before = board::next(&tx, &ctx.scope()?, &lead).await?;
                Ok(Reached { tx, lead, was_before, position, spread: true })
            }
            (_, Spot::NoRoom) => Err(Error::internal("a stage has no room after spreading it out")),
        }
    }

    /// Tells boards to load the stage anew, because positions they know have changed.
    pub fn announce_spread(self, tx: &TenantDb) {
        tx.record(Change {
            entity: "lead_stage",
            id: self.stage_id,
            version: 1,
            op: Op::Updated,
            fields: vec!["position".to_owned()],
            audience: Audience::EVERYONE,
        });
    }

    async fn spot(self, ctx: &Ctx, tx: &TenantDb, lead_id: Uuid) -> Result<(Model, Spot)> {
        let scope = ctx.scope()?;
        let lead = row::locked::<Entity>(tx, &scope, lead_id).await?;
        stage::chosen(tx, Some(self.stage_id), "stage_id").await?;
        stage::may_move(&lead, self.stage_id)?;
        let Some(before) = self.before else {
            return Ok((lead, Spot::At(board::end_of(tx, self.stage_id).await?)));
        };
        let neighbour = row::seen::<Entity>(tx, &scope, before).await;
        let neighbour = match neighbour {
            Ok(row) if row.stage_id == self.stage_id && row.id != lead_id => row,
            Ok(_) | Err(Error::NotFound { .. }) => {
                return Err(Error::invalid("before_lead_id", NOT_IN_STAGE));
            }
            Err(error) => return Err(error),
        };
        let spot = board::before(tx, &neighbour, lead_id).await?;
        Ok((lead, spot))
    }
}

const NOT_IN_STAGE: &str = "The lead to stand before is not in this stage any more.";
