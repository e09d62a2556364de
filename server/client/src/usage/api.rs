//! `streamflow.federation.v1.UsageService`. Companies are counted one after the other, each within its own walls, so that nothing
//! new may read across companies; only the numbers are added up.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Violations},
};
use streamflow_proto::federation::v1::{self as pb, usage_service_server::UsageService};
use tonic::{Request, Response, Status};

use super::store::{self, Range};
use crate::tenant::{self, store::Since};

const MAX_TENANTS: usize = 50;
const MAX_DAYS: i32 = 366;
/// Companies read at a time.
const BATCH: i64 = 200;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl UsageService for Api {
    async fn get_usage(&self, request: Request<pb::GetUsageRequest>) -> Result<Response<pb::GetUsageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut wrong = Violations::new();
        if !(1..=MAX_TENANTS).contains(&req.tenant_ids.len()) {
            wrong.add("tenant_ids", "Name 1 to 50 companies.");
        }
        check_days(req.days, &mut wrong);
        wrong.into_result()?;
        let range = range(ctx.now(), req.days);
        let mut usages = Vec::new();
        for tenant_id in req.tenant_ids {
            let tenant = tenant::store::tenant(&ctx.system_read().await?, &tenant_id).await?;
            let Some(tenant) = tenant else { continue };
            let db = ctx.company(tenant.id).await?;
            let count = async |table| -> Result<Option<pb::UsageCount>, Error> {
                let count = store::count(&db, table, range).await?;
                Ok(Some(pb::UsageCount { total: count.total, value: count.value, before: count.before }))
            };
            usages.push(pb::TenantUsage {
                tenant_id,
                members: count("memberships").await?,
                customers: count("customers").await?,
                contacts: count("contacts").await?,
                leads: count("leads").await?,
            });
        }
        Ok(Response::new(pb::GetUsageResponse { usages }))
    }

    async fn get_analytics(
        &self,
        request: Request<pb::GetAnalyticsRequest>,
    ) -> Result<Response<pb::GetAnalyticsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut wrong = Violations::new();
        check_days(req.days, &mut wrong);
        wrong.into_result()?;
        let from = range(ctx.now(), req.days).from;
        let (mut tenants, mut after) = (0, None);
        let (mut kinds, mut weeks) = (BTreeMap::<String, i64>::new(), BTreeMap::<i64, i64>::new());
        loop {
            let page = tenant::store::tenants(&ctx.system_read().await?, after, Since::default(), BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for tenant in page {
                let db = ctx.company(tenant.id).await?;
                tenants += 1;
                for row in store::leads_by_kind(&db).await? {
                    *kinds.entry(row.kind).or_default() += row.value;
                }
                for row in store::customers_by_week(&db, from).await? {
                    *weeks.entry(row.slot).or_default() += row.value;
                }
            }
        }
        let sign_ins = store::sign_ins_by_day(&ctx.system_read().await?, from).await?;
        Ok(Response::new(pb::GetAnalyticsResponse {
            tenants,
            leads_by_stage_kind: kinds.into_iter().map(|(kind, value)| pb::KindCount { kind, value }).collect(),
            sign_ins_by_day: sign_ins.into_iter().map(|row| time_count(row.slot * store::DAY, row.value)).collect(),
            customers_by_week: weeks.into_iter().map(|(week, value)| time_count(store::week_begin(week), value)).collect(),
        }))
    }
}

fn check_days(days: i32, wrong: &mut Violations) {
    if !(1..=MAX_DAYS).contains(&days) {
        wrong.add("days", "Choose 1 to 366 days.");
    }
}

fn range(now: DateTime<Utc>, days: i32) -> Range {
    let length = Duration::days(i64::from(days));
    Range { from: now - length, before: now - length - length }
}

fn time_count(seconds: i64, value: i64) -> pb::TimeCount {
    pb::TimeCount { at: DateTime::from_timestamp(seconds, 0).and_then(timestamp), value }
}
