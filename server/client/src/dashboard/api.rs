//! `streamflow.client.v1.DashboardService`.

use chrono::NaiveDate;
use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::{
    client::v1::{self as pb, dashboard_service_server::DashboardService},
    common::v1::Money,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{store, weeks::Weeks};
use crate::{
    customer,
    lead::{self, stage},
    org::domain::today,
    record::kind::Kind,
    task,
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl DashboardService for Api {
    async fn get_dashboard(
        &self,
        request: Request<pb::GetDashboardRequest>,
    ) -> Result<Response<pb::GetDashboardResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let weeks = Weeks::ending(ctx.now(), req.weeks);
        let weeks = weeks.ok_or_else(|| Error::invalid("weeks", "Choose 4, 12 or 26 weeks."))?;
        let principal = ctx.principal()?;
        let today = today(&principal.org.time_zone, ctx.now());
        let tx = ctx.read().await?;
        let mut reply = pb::GetDashboardResponse::default();
        count_customers(&tx, weeks, &mut reply).await?;
        if principal.org.has_module("tasks") {
            count_tasks(&tx, weeks, today, &mut reply).await?;
        }
        if Kind::Lead.is_readable_by(principal) {
            count_leads(&tx, weeks, today, &principal.org.currency_code, &mut reply).await?;
        }
        Ok(Response::new(reply))
    }
}

async fn count_customers(tx: &TenantDb, weeks: Weeks, reply: &mut pb::GetDashboardResponse) -> Result<()> {
    let (before, range) = weeks.split(store::added::<customer::store::Entity>(tx, weeks.start_before()).await?);
    reply.customers_total = figure(store::customers(tx).await?);
    reply.customers_added = figure(range.iter().sum());
    reply.customers_added_before = figure(before.iter().sum());
    reply.new_customers = by_week(weeks, before, range);
    Ok(())
}

async fn count_tasks(tx: &TenantDb, weeks: Weeks, today: NaiveDate, reply: &mut pb::GetDashboardResponse) -> Result<()> {
    let (open, late) = task::store::own_open(tx, today).await?;
    (reply.tasks_open, reply.tasks_late) = (figure(open), figure(late));
    let (before, range) = weeks.split(store::tasks_done(tx, weeks.start_before()).await?);
    reply.tasks_done = by_week(weeks, before, range);
    Ok(())
}

fn by_week(weeks: Weeks, before: Vec<i64>, range: Vec<i64>) -> Vec<pb::WeekFigure> {
    let counts = range.into_iter().zip(before);
    let figures = weeks.mondays().zip(counts).map(|(monday, (count, before))| pb::WeekFigure {
        week_of: monday.to_string(),
        count: figure(count),
        before: figure(before),
    });
    figures.collect()
}

async fn count_leads(
    tx: &TenantDb,
    weeks: Weeks,
    today: NaiveDate,
    currency_code: &str,
    reply: &mut pb::GetDashboardResponse,
) -> Result<()> {
    let kinds: Vec<(Uuid, String)> = stage::stages(tx).await?.into_iter().map(|stage| (stage.id, stage.kind)).collect();
    let of_kind = |kind: &str| kinds.iter().filter(|(_, of)| of == kind).map(|(id, _)| *id).collect::<Vec<Uuid>>();
    let (open, won, lost) = (of_kind("open"), of_kind("won"), of_kind("lost"));
    let added = store::added_by_stage(tx, weeks.start_before(), weeks.start()).await?;
    let added_to = |stage: &str, late: bool| {
        let of_stage = added.iter().filter(|(id, in_range, _)| *in_range == late && ids::format(prefix::STAGE, *id) == stage);
        figure(of_stage.map(|(_, _, count)| count).sum())
    };
    let mut open_value = 0_i64;
    for summed in stage::summed(tx, currency_code).await? {
        let value = summed.lead_value.unwrap_or_default();
        if open.iter().any(|id| ids::format(prefix::STAGE, *id) == summed.id) {
            reply.leads_open = reply.leads_open.saturating_add(summed.lead_count);
            open_value = open_value.saturating_add(value.minor_units);
        }
        reply.leads_by_stage.push(pb::StageFigure {
            added: added_to(&summed.id, true),
            added_before: added_to(&summed.id, false),
            stage_id: summed.id,
            name: summed.name,
            count: summed.lead_count,
            value: Some(value),
        });
    }
    reply.open_value = Some(Money { currency_code: currency_code.to_owned(), minor_units: open_value });
    for (stage, in_range, count) in store::arrivals(tx, weeks.start_before(), weeks.start()).await? {
        match (won.contains(&stage), lost.contains(&stage), in_range) {
            (true, _, true) => reply.leads_won += figure(count),
            (true, _, false) => reply.leads_won_before += figure(count),
            (_, true, true) => reply.leads_lost += figure(count),
            _ => {}
        }
    }
    let (before, range) = weeks.split(store::added::<lead::store::Entity>(tx, weeks.start_before()).await?);
    reply.leads_added = figure(range.iter().sum());
    reply.leads_added_before = figure(before.iter().sum());
    reply.follow_ups_due = figure(store::follow_ups_due(tx, open, today).await?);
    Ok(())
}

fn figure(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
