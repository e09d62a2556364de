//! What companies do, counted by their own system when somebody asks.

use std::collections::HashMap;

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    federation::FederationChannel,
    operator::ask::{is_away, refused},
};
use streamflow_proto::{
    federation::v1::{self as federation, usage_service_client::UsageServiceClient},
    provider::v1 as pb,
};

use super::fleet::{self, Range};
use crate::federation::standing::last_answer_at;

const SERVICE: &str = "streamflow.federation.v1.UsageService";

/// How many there are of what one company has, and how many of them are new.
pub async fn of_tenant(ctx: &Ctx, tenant_id: String, days: i32) -> Result<Vec<pb::TenantUsage>> {
    let ask = federation::GetUsageRequest { tenant_ids: vec![tenant_id], days };
    let answer = UsageServiceClient::new(serving(ctx)?).get_usage(ask).await;
    let usages = answer.map_err(|status| refused(&status, "company"))?.into_inner().usages;
    let usage = usages.into_iter().next().ok_or(Error::not_found("company"))?;
    let counts =
        [("members", usage.members), ("customers", usage.customers), ("contacts", usage.contacts), ("leads", usage.leads)];
    Ok(counts.into_iter().filter_map(|(name, count)| Some(count_into_pb(name, count?))).collect())
}

/// The same of all companies together. The overview is there without it, so a system that is away is an answer.
pub async fn of_all(ctx: &Ctx, range: Range) -> Result<pb::GetFleetUsageResponse> {
    let channel = serving(ctx)?;
    let system = channel.peer();
    let days = i32::try_from(range.days()).map_err(Error::internal)?;
    match UsageServiceClient::new(channel).get_analytics(federation::GetAnalyticsRequest { days }).await {
        Ok(answer) => Ok(counted(answer.into_inner(), range)),
        Err(status) if is_away(&status) => {
            let last_answer_at = last_answer_at(ctx, system).await?;
            Ok(pb::GetFleetUsageResponse { away: true, last_answer_at, ..Default::default() })
        }
        Err(status) => Err(refused(&status, "company")),
    }
}

fn counted(answer: federation::GetAnalyticsResponse, range: Range) -> pb::GetFleetUsageResponse {
    let kind = |count: federation::KindCount| pb::FleetCount { name: count.kind, value: count.value };
    pb::GetFleetUsageResponse {
        sign_ins: Some(by_day(&answer.sign_ins_by_day, range)),
        customers: Some(by_day(&answer.customers_by_day, range)),
        leads: Some(by_day(&answer.leads_by_day, range)),
        leads_by_kind: answer.leads_by_stage_kind.into_iter().map(kind).collect(),
        ..Default::default()
    }
}

fn by_day(counts: &[federation::TimeCount], range: Range) -> pb::FleetUsage {
    let day = |count: &federation::TimeCount| Some((count.at?.seconds.div_euclid(fleet::DAY), count.value));
    let by_day = range.by_day(&counts.iter().filter_map(day).collect::<HashMap<_, _>>());
    pb::FleetUsage { figure: Some(fleet::sum(&by_day)), by_day }
}

fn count_into_pb(name: &str, count: federation::UsageCount) -> pb::TenantUsage {
    let made = Some(pb::Figure { value: count.value, before: count.before });
    pb::TenantUsage { name: name.to_owned(), total: count.total, made }
}

fn serving(ctx: &Ctx) -> Result<FederationChannel> {
    ctx.federation().serving(SERVICE)
}
