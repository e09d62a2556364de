//! `streamflow.client.v1.AnomalyService`.

use streamflow_kernel::{
    anomaly::{change, rules::Rule},
    clock::timestamp,
    ctx::Ctx,
    error::Error,
    feed::Op,
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::{
    client::v1::{self as pb, anomaly_service_server::AnomalyService},
    common::v1::PageInfo,
};
use tonic::{Request, Response, Status};

use super::store::{self, Model};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl AnomalyService for Api {
    async fn list_anomalies(
        &self,
        request: Request<pb::ListAnomaliesRequest>,
    ) -> Result<Response<pb::ListAnomaliesResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = ListRequest { page_size: req.page_size, page_token: &req.page_token, ..ListRequest::default() };
        let list = store::spec(req.open_only).read(asked).map_err(Error::from)?;
        let (rows, next_page_token) = store::anomalies(&ctx.read().await?, &list, req.open_only).await?;
        let page = Some(PageInfo { next_page_token, ..PageInfo::default() });
        Ok(Response::new(pb::ListAnomaliesResponse { anomalies: rows.into_iter().map(into_pb).collect(), page }))
    }

    async fn acknowledge_anomaly(
        &self,
        request: Request<pb::AcknowledgeAnomalyRequest>,
    ) -> Result<Response<pb::AcknowledgeAnomalyResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let missing = || Error::not_found("anomaly");
        let id = ids::parse(prefix::ANOMALY, &req.anomaly_id).ok_or_else(missing)?;
        let tx = ctx.write().await?;
        let (row, changed) = store::acknowledge(&tx, id, ctx.principal()?.user_id, ctx.now()).await?.ok_or_else(missing)?;
        if changed {
            tx.record(change(id, row.version, Op::Updated));
        }
        Ok(tx.commit(pb::AcknowledgeAnomalyResponse { anomaly: Some(into_pb(row)) }).await?)
    }
}

fn into_pb(row: Model) -> pb::Anomaly {
    let rule = match Rule::ALL.into_iter().find(|rule| rule.as_str() == row.rule) {
        Some(Rule::GuessedAccount) => pb::AnomalyRule::AccountGuessing,
        Some(Rule::PasswordSpray) => pb::AnomalyRule::PasswordSpray,
        Some(Rule::SignInWave) => pb::AnomalyRule::SignInWave,
        Some(Rule::RateLimit) => pb::AnomalyRule::RateLimit,
        Some(Rule::CrossTenant) => pb::AnomalyRule::CrossTenant,
        Some(Rule::Refused) => pb::AnomalyRule::Refused,
        None => pb::AnomalyRule::Unspecified,
    };
    pb::Anomaly {
        id: ids::format(prefix::ANOMALY, row.id),
        rule: rule.into(),
        person_id: ids::format_option(prefix::USER, row.person_id),
        person_name: row.person_name,
        address: row.address,
        events: row.events,
        first_at: timestamp(row.first_at),
        last_at: timestamp(row.last_at),
        acknowledged_at: row.acknowledged_at.and_then(timestamp),
        acknowledged_by: ids::format_option(prefix::USER, row.acknowledged_by),
        version: row.version,
    }
}
