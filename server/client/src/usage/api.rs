//! `streamflow.federation.v1.UsageService`. Companies are counted one after the other, each within its own walls, so that nothing
//! new may read across companies; only the numbers are added up.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Duration, NaiveTime, Utc};
use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::{Result, Violations},
};
use streamflow_proto::federation::v1::{self as pb, usage_service_server::UsageService};
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};

use super::store::{self, Range};
use crate::tenant::{self, store::Since};

const MAX_TENANTS: usize = 50;
const MAX_DAYS: i32 = 366;
/// Companies read at a time.
const BATCH: i64 = 200;
/// What was counted over all companies is told again for so long. Where there are many, counting takes longer than a caller waits:
/// it goes on, and who asks once more finds what it came to.
const KEPT: Duration = Duration::minutes(1);

#[derive(Debug, Default)]
pub struct Api {
    /// By length of the range, with the time of the request. Held while somebody counts, so that others wait instead of counting too.
    counted: Mutex<HashMap<i32, (DateTime<Utc>, pb::GetAnalyticsResponse)>>,
}

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
            let count = async |table| -> Result<Option<pb::UsageCount>> {
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
        let mut counted = self.counted.lock().await;
        let known = counted.get(&req.days).filter(|(at, _)| (ctx.now() - *at).abs() < KEPT);
        if let Some((_, known)) = known {
            return Ok(Response::new(known.clone()));
        }
        let fresh = analytics(&ctx, req.days).await?;
        counted.insert(req.days, (ctx.now(), fresh.clone()));
        Ok(Response::new(fresh))
    }
}

/// Counts company after company.
async fn analytics(ctx: &Ctx, days: i32) -> Result<pb::GetAnalyticsResponse> {
    let from = ctx.now().date_naive().and_time(NaiveTime::MIN).and_utc() - Duration::days(i64::from(days) * 2 - 1);
    let (mut tenants, mut after) = (0, None);
    let mut kinds = BTreeMap::<String, i64>::new();
    let (mut customers, mut leads) = (BTreeMap::<i64, i64>::new(), BTreeMap::<i64, i64>::new());
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
            for (table, by_day) in [("customers", &mut customers), ("leads", &mut leads)] {
                for row in store::made_by_day(&db, table, from).await? {
                    *by_day.entry(row.slot).or_default() += row.value;
                }
            }
        }
    }
    let sign_ins = store::sign_ins_by_day(&ctx.system_read().await?, from).await?;
    Ok(pb::GetAnalyticsResponse {
        tenants,
        leads_by_stage_kind: kinds.into_iter().map(|(kind, value)| pb::KindCount { kind, value }).collect(),
        sign_ins_by_day: sign_ins.into_iter().map(|row| day_count((row.slot, row.value))).collect(),
        customers_by_day: customers.into_iter().map(day_count).collect(),
        leads_by_day: leads.into_iter().map(day_count).collect(),
    })
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

/// `day` is one since 1970.
fn day_count((day, value): (i64, i64)) -> pb::TimeCount {
    pb::TimeCount { at: DateTime::from_timestamp(day * store::DAY, 0).and_then(timestamp), value }
}
