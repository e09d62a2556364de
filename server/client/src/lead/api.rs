//! `streamflow.client.v1.LeadService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, lead_service_server::LeadService};
use tonic::{Request, Response, Status};

use super::{
    convert,
    domain::{Change, LeadPatch, NewLead, Worth},
    place::{Reached, Target},
    stage,
    store::{self, Entity, Model, write},
};
use crate::{
    custom_field::{filter, read::Asked},
    record::{
        edit::{self, Plan},
        kind::Kind,
        list,
        people::{self, People},
        row,
        writer::Writer,
    },
    support_session::mask::{self, Masked as _},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl LeadService for Api {
    async fn list_leads(&self, request: Request<pb::ListLeadsRequest>) -> Result<Response<pb::ListLeadsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let request = ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: req.count_total,
        };
        let reader = ctx.principal()?;
        mask::check_filter(reader, &req.filter, &req.order_by)?;
        let tx = ctx.read().await?;
        let asked = filter::read::<Entity>(&tx, request).await?;
        let of = |row: Model| pb::ListLeadsResponse { leads: vec![row.into_pb().for_reader(reader)], page: None };
        let end = |info| pb::ListLeadsResponse { leads: Vec::new(), page: Some(info) };
        Ok(list::pieces::<Entity, _>(&tx, &asked, &store::sort(&tx, &asked).await?, of, end).await?.into_response())
    }

    async fn get_lead(&self, request: Request<pb::GetLeadRequest>) -> Result<Response<pb::GetLeadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Lead.parse_id(&req.lead_id)?;
        let tx = ctx.read().await?;
        let lead = row::seen::<Entity>(&tx, tx.scope(), id).await?;
        let lead = lead.into_pb().for_reader(ctx.principal()?);
        Ok(Response::new(pb::GetLeadResponse { lead: Some(lead) }))
    }

    async fn create_lead(&self, request: Request<pb::CreateLeadRequest>) -> Result<Response<pb::CreateLeadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = Asked::of_new(Kind::Lead, &req.lead.as_ref().map(|lead| lead.custom.clone()).unwrap_or_default());
        let new = match NewLead::parse(req.lead) {
            Ok(new) => new,
            Err(error) => return Err(asked.explain(&ctx, error).await.into()),
        };
        let given = People { owner: new.owner_id, assignee: new.assignee_id, team: new.team_id };
        people::check_right(ctx.principal()?, "lead", &given.given())?;
        let people = given.claimed_by(ctx.principal()?);
        let tx = people::write(&ctx, people.are_seen_by(&ctx.scope()?)).await?;
        people::check_exist(&tx, "lead", &people.places()).await?;
        let stage = stage::chosen(&tx, new.stage_id, "lead.stage_id").await?;
        let new = NewLead {
            stage_id: Some(stage.id),
            value: in_org_currency(&ctx, new.value)?,
            owner_id: people.owner,
            assignee_id: people.assignee,
            team_id: people.team,
            custom: asked.values(&tx).await?,
            ..new
        };
        let lead = write::insert_lead(&tx, &Writer::of(&ctx), new).await?;
        Ok(tx.commit(pb::CreateLeadResponse { lead: Some(lead.into_pb()) }).await?)
    }

    async fn update_lead(&self, request: Request<pb::UpdateLeadRequest>) -> Result<Response<pb::UpdateLeadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = edited(req.lead.as_ref(), req.update_mask.as_ref());
        let mut patch = match LeadPatch::parse(req.lead, req.update_mask) {
            Ok(patch) => patch,
            Err(error) => return Err(asked.explain(&ctx, error).await.into()),
        };
        for change in &mut patch.changes {
            if let Change::Value(worth) = change {
                *worth = in_org_currency(&ctx, std::mem::take(worth))?;
            }
        }
        let tx = people::write(&ctx, edit::keeps_people::<Entity>(&patch)).await?;
        patch.changes.extend(asked.sets(&tx).await?.into_iter().map(Change::Custom));
        let plan = edit::plan::<Entity>(&tx, &ctx.scope()?, &patch).await?;
        if plan.is_refused() {
            return Err(conflict(plan).into());
        }
        people::check_right(ctx.principal()?, "lead", &plan.places())?;
        people::check_exist(&tx, "lead", &plan.places()).await?;
        for change in &plan.merge.apply {
            if let Change::Stage(id) = change {
                let chosen = stage::chosen(&tx, *id, "lead.stage_id").await?;
                stage::may_move(&plan.row, chosen.id)?;
            }
        }
        let lead = write::update_lead(&tx, &Writer::of(&ctx), plan.row, &plan.merge.apply).await?;
        let merged_fields = plan.merge.merged;
        Ok(tx.commit(pb::UpdateLeadResponse { lead: Some(lead.into_pb()), merged_fields }).await?)
    }

    async fn move_lead(&self, request: Request<pb::MoveLeadRequest>) -> Result<Response<pb::MoveLeadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Lead.parse_id(&req.lead_id)?;
        let target = Target::read(&req)?;
        let Reached { tx, lead, was_before, position, spread } = target.reach(&ctx, id).await?;
        let lead = write::move_lead(&tx, &Writer::of(&ctx), lead, target.stage_id, position).await?;
        if spread {
            target.announce_spread(&tx);
        }
        let was_before_lead_id = was_before.map(|id| Kind::Lead.format(id)).unwrap_or_default();
        Ok(tx.commit(pb::MoveLeadResponse { lead: Some(lead.into_pb()), was_before_lead_id }).await?)
    }

    async fn convert_lead(&self, request: Request<pb::ConvertLeadRequest>) -> Result<Response<pb::ConvertLeadResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = Kind::Lead.parse_id(&req.lead_id)?;
        let tx = ctx.write().await?;
        let lead = row::locked::<Entity>(&tx, tx.scope(), id).await?;
        let theirs = edit::changes_since(&tx, Kind::Lead.as_str(), id, req.version, lead.version).await?;
        if lead.customer_id.is_none() && lead.version != req.version {
            return Err(stale(lead, theirs).into());
        }
        let (lead, customer) = convert::convert(&tx, &Writer::of(&ctx), ctx.principal()?, lead).await?;
        let customer_id = Kind::Customer.format(customer.id);
        Ok(tx.commit(pb::ConvertLeadResponse { lead: Some(lead.into_pb()), customer_id }).await?)
    }

    async fn list_lead_stages(
        &self,
        request: Request<pb::ListLeadStagesRequest>,
    ) -> Result<Response<pb::ListLeadStagesResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let tx = ctx.read().await?;
        let stages = stage::summed(&tx, &ctx.principal()?.org.currency_code).await?;
        Ok(Response::new(pb::ListLeadStagesResponse { stages }))
    }
}

/// A worth without a currency is in the company's own.
fn in_org_currency(ctx: &Ctx, worth: Worth) -> Result<Worth> {
    if !worth.currency_code.is_empty() {
        return Ok(worth);
    }
    Ok(Worth { currency_code: ctx.principal()?.org.currency_code.clone(), ..worth })
}

/// The custom fields of an edit.
fn edited(lead: Option<&pb::Lead>, mask: Option<&prost_types::FieldMask>) -> Asked {
    let custom = lead.map(|lead| lead.custom.clone()).unwrap_or_default();
    Asked::of_edit(Kind::Lead, mask.map_or(&[], |mask| &mask.paths), &custom)
}

fn conflict(plan: Plan<Entity>) -> Error {
    Error::conflict(&pb::LeadConflict {
        fields: plan.conflicting_fields(),
        changed_by: plan.merge.changed_by(),
        current: Some(plan.row.into_pb()),
    })
}

/// Whoever converts a lead has seen what becomes a customer: any change since is a conflict.
fn stale(lead: Model, theirs: Vec<crate::record::merge::TheirChange>) -> Error {
    let mut fields: Vec<String> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for change in theirs {
        if !fields.contains(&change.field) {
            fields.push(change.field);
        }
        if !names.contains(&change.by) {
            names.push(change.by);
        }
    }
    Error::conflict(&pb::LeadConflict { current: Some(lead.into_pb()), fields, changed_by: names.join(", ") })
}
