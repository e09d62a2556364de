//! `streamflow.client.v1.LeadStageService`.

use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::{
    client::{
        reason,
        v1::{self as pb, lead_stage_service_server::LeadStageService},
    },
    common::v1::Money,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{NewStage, StageEdit},
    store::{self, Model},
};
use crate::template::read::MOST_STAGES;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl LeadStageService for Api {
    async fn create_lead_stage(
        &self,
        request: Request<pb::CreateLeadStageRequest>,
    ) -> Result<Response<pb::CreateLeadStageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewStage::parse(req.stage)?;
        let tx = ctx.write().await?;
        let stages = store::locked(&tx).await?;
        check_room(&stages)?;
        check_name(&stages, None, &new.name)?;
        let stage = store::insert_stage(&tx, ctx.new_id(), new, after(&stages)).await?;
        Ok(tx.commit(pb::CreateLeadStageResponse { stage: Some(shown(stage)) }).await?)
    }

    async fn update_lead_stage(
        &self,
        request: Request<pb::UpdateLeadStageRequest>,
    ) -> Result<Response<pb::UpdateLeadStageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let edit = StageEdit::parse(req.stage)?;
        let tx = ctx.write().await?;
        let stages = store::locked(&tx).await?;
        let before = stages.iter().find(|stage| stage.id == edit.id).cloned().ok_or(Error::not_found("stage"))?;
        if before.version != edit.version {
            return Err(Error::conflict(&shown(before)).into());
        }
        check_name(&stages, Some(edit.id), &edit.name)?;
        let stage = store::rename_stage(&tx, before, edit.name).await?;
        Ok(tx.commit(pb::UpdateLeadStageResponse { stage: Some(shown(stage)) }).await?)
    }

    async fn reorder_lead_stages(
        &self,
        request: Request<pb::ReorderLeadStagesRequest>,
    ) -> Result<Response<pb::ReorderLeadStagesResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let stages = store::locked(&tx).await?;
        for (position, stage) in (1_i32..).zip(order(&req.stage_ids, &stages)?) {
            store::place_stage(&tx, stage, position).await?;
        }
        Ok(tx.commit(pb::ReorderLeadStagesResponse {}).await?)
    }

    async fn archive_lead_stage(
        &self,
        request: Request<pb::ArchiveLeadStageRequest>,
    ) -> Result<Response<pb::ArchiveLeadStageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::STAGE, &req.stage_id).ok_or(Error::not_found("stage"))?;
        let tx = ctx.write_whole_org().await?;
        let stages = store::locked(&tx).await?;
        if !req.archived {
            restore(&tx, &stages, id).await?;
            return Ok(tx.commit(pb::ArchiveLeadStageResponse {}).await?);
        }
        let other_open = stages.iter().any(|stage| stage.kind == "open" && stage.id != id);
        let known = stages.iter().any(|stage| stage.id == id);
        if known && !other_open {
            return Err(Error::refused(reason::LAST_OPEN_STAGE, "A pipeline needs a stage for leads to begin in.").into());
        }
        store::archive_stage(&tx, id, ctx.now()).await?;
        Ok(tx.commit(pb::ArchiveLeadStageResponse {}).await?)
    }
}

/// Brings a stage back as the last one. One that is on the board already stays as it is.
async fn restore(tx: &TenantDb, stages: &[Model], id: Uuid) -> Result<()> {
    let stage = store::stage(tx, id).await?;
    if stage.archived_at.is_none() {
        return Ok(());
    }
    check_room(stages)?;
    if check_name(stages, None, &stage.name).is_err() {
        let text = format!("There is a stage {} by now. Rename it first.", stage.name);
        return Err(Error::refused(reason::STAGE_NAME_TAKEN, text));
    }
    store::restore_stage(tx, stage, after(stages)).await.map(drop)
}

/// The place behind all others.
fn after(stages: &[Model]) -> i32 {
    stages.iter().map(|stage| stage.position).max().unwrap_or_default() + 1
}

fn check_room(stages: &[Model]) -> Result<()> {
    if stages.len() < MOST_STAGES {
        return Ok(());
    }
    let text = format!("A pipeline has at most {MOST_STAGES} stages. Archive one first.");
    Err(Error::refused(reason::TOO_MANY_STAGES, text))
}

/// Counts are the board's matter.
fn shown(stage: Model) -> pb::LeadStage {
    stage.into_pb(0, Money::default())
}

fn check_name(stages: &[Model], own: Option<Uuid>, name: &str) -> Result<()> {
    let wanted = name.to_lowercase();
    match stages.iter().find(|stage| Some(stage.id) != own && stage.name.to_lowercase() == wanted) {
        Some(_) => Err(Error::invalid("stage.name", "There is a stage of this name already.")),
        None => Ok(()),
    }
}

/// The stages as named, then those not named.
fn order(ids: &[String], stages: &[Model]) -> Result<Vec<Model>> {
    let mut wanted: Vec<Model> = Vec::with_capacity(stages.len());
    for text in ids.iter().take(stages.len() + 1) {
        let found = ids::parse(prefix::STAGE, text).and_then(|id| stages.iter().find(|stage| stage.id == id));
        match found {
            Some(stage) if !wanted.contains(stage) => wanted.push(stage.clone()),
            _ => return Err(Error::invalid("stage_ids", "Name each stage once.")),
        }
    }
    let rest: Vec<Model> = stages.iter().filter(|stage| !wanted.contains(stage)).cloned().collect();
    wanted.extend(rest);
    Ok(wanted)
}
