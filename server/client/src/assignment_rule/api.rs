//! `streamflow.client.v1.AssignmentRuleService`.

use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, assignment_rule_service_server::AssignmentRuleService},
};
use tonic::{Request, Response, Status};

use super::{
    domain::{Known, Rule, RuleEdit},
    store::{self, Stored},
};
use crate::{custom_field, record::kind::Kind, team};

/// Rules of a company: each new lead may have to be held against all of them.
const MOST: usize = 50;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl AssignmentRuleService for Api {
    async fn list_assignment_rules(
        &self,
        request: Request<pb::ListAssignmentRulesRequest>,
    ) -> Result<Response<pb::ListAssignmentRulesResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let rules = store::rules(&ctx.read().await?).await?;
        Ok(Response::new(pb::ListAssignmentRulesResponse { rules: rules.into_iter().map(Stored::into_pb).collect() }))
    }

    async fn create_assignment_rule(
        &self,
        request: Request<pb::CreateAssignmentRuleRequest>,
    ) -> Result<Response<pb::CreateAssignmentRuleResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let rules = store::locked(&tx).await?;
        let rule = Rule::parse(req.rule.unwrap_or_default(), &known(&ctx, &tx).await?)?;
        if rules.len() >= MOST {
            let text = format!("A company has at most {MOST} rules. Delete one first.");
            return Err(Error::refused(reason::TOO_MANY_RULES, text).into());
        }
        rule.check_name(rules.iter().map(|rule| rule.row.name.as_str()))?;
        let last = rules.last().map_or(0, |rule| rule.row.position);
        let rule = store::insert_rule(&tx, ctx.new_id(), rule, last + 1, ctx.now()).await?;
        Ok(tx.commit(pb::CreateAssignmentRuleResponse { rule: Some(rule.into_pb()) }).await?)
    }

    async fn update_assignment_rule(
        &self,
        request: Request<pb::UpdateAssignmentRuleRequest>,
    ) -> Result<Response<pb::UpdateAssignmentRuleResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let rules = store::locked(&tx).await?;
        let mut known = known(&ctx, &tx).await?;
        let asked = req.rule.unwrap_or_default();
        // Who is in the rule may stay in it, at work or not: they take turns again when they are back.
        let people =
            rules.iter().filter(|rule| ids::format(prefix::RULE, rule.row.id) == asked.id).flat_map(|rule| &rule.user_ids);
        known.people.extend(people);
        let edit = RuleEdit::parse(asked, &known)?;
        let (mut same, others): (Vec<Stored>, Vec<Stored>) = rules.into_iter().partition(|rule| rule.row.id == edit.id);
        let before = same.pop().ok_or(Error::not_found("rule"))?;
        if before.row.version != edit.version {
            return Err(Error::conflict(&before.into_pb()).into());
        }
        edit.rule.check_name(others.iter().map(|rule| rule.row.name.as_str()))?;
        let rule = store::update_rule(&tx, before, edit.rule).await?;
        Ok(tx.commit(pb::UpdateAssignmentRuleResponse { rule: Some(rule.into_pb()) }).await?)
    }

    async fn reorder_assignment_rules(
        &self,
        request: Request<pb::ReorderAssignmentRulesRequest>,
    ) -> Result<Response<pb::ReorderAssignmentRulesResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        let rules = store::locked(&tx).await?;
        for (position, rule) in (1_i32..).zip(order(&req.rule_ids, rules)?) {
            store::place_rule(&tx, rule.row, position).await?;
        }
        Ok(tx.commit(pb::ReorderAssignmentRulesResponse {}).await?)
    }

    async fn delete_assignment_rule(
        &self,
        request: Request<pb::DeleteAssignmentRuleRequest>,
    ) -> Result<Response<pb::DeleteAssignmentRuleResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::RULE, &req.rule_id).ok_or(Error::not_found("rule"))?;
        let tx = ctx.write().await?;
        let rules = store::locked(&tx).await?;
        let rule = rules.into_iter().find(|rule| rule.row.id == id).ok_or(Error::not_found("rule"))?;
        store::delete_rule(&tx, &rule.row).await?;
        Ok(tx.commit(pb::DeleteAssignmentRuleResponse {}).await?)
    }
}

/// What a rule may name.
async fn known(ctx: &Ctx, tx: &TenantDb) -> Result<Known> {
    Ok(Known {
        fields: custom_field::store::live(tx, Kind::Lead).await?,
        people: store::workers(tx).await?,
        teams: team::store::all_teams(tx).await?.into_iter().map(|team| team.id).collect(),
        currency_code: ctx.principal()?.org.currency_code.clone(),
    })
}

/// The rules as named, then those not named.
fn order(ids: &[String], mut rules: Vec<Stored>) -> Result<Vec<Stored>> {
    let mut wanted = Vec::with_capacity(rules.len());
    for text in ids {
        let found = ids::parse(prefix::RULE, text).and_then(|id| rules.iter().position(|rule| rule.row.id == id));
        let at = found.ok_or_else(|| Error::invalid("rule_ids", "Name each rule once."))?;
        wanted.push(rules.remove(at));
    }
    wanted.extend(rules);
    Ok(wanted)
}
