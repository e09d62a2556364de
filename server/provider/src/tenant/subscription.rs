//! `streamflow.federation.v1.SubscriptionDirectoryService`.

use streamflow_kernel::{clock::timestamp, ctx::Ctx, list::ListRequest};
use streamflow_proto::federation::v1::{self as pb, subscription_directory_service_server::SubscriptionDirectoryService};
use tonic::{Request, Response, Status};

use super::list;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SubscriptionDirectoryService for Api {
    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: false,
        };
        let now = ctx.now();
        let (rows, next_page_token) = list::tenants(&ctx.system_read().await?, asked, now).await?;
        let subscriptions = rows
            .into_iter()
            .map(|row| pb::Subscription {
                state: row.state(now).into(),
                tenant_id: row.tenant_id,
                name: row.name,
                external_customer_id: row.external_customer_id,
                plan: row.plan,
                since: timestamp(row.created_at),
                trial_ends_at: row.trial_ends_at.and_then(timestamp),
                suspended_at: row.suspended_at.and_then(timestamp),
            })
            .collect();
        Ok(Response::new(pb::ListSubscriptionsResponse { subscriptions, next_page_token }))
    }
}
