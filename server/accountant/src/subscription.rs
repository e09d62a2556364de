//! `streamflow.accountant.v1.SubscriptionService`. Nothing of it is kept here: the system that knows the companies is asked each time.

use streamflow_kernel::{ctx::Ctx, error::Error};
use streamflow_proto::{
    accountant::v1::{self as pb, subscription_service_server::SubscriptionService},
    common::v1::PageInfo,
    federation::v1::{self as federation, subscription_directory_service_client::SubscriptionDirectoryServiceClient},
    reason::Reason,
};
use tonic::{Code, Request, Response, Status};

const DIRECTORY: &str = "streamflow.federation.v1.SubscriptionDirectoryService";

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SubscriptionService for Api {
    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let channel = ctx.federation().serving(DIRECTORY)?;
        let ask = federation::ListSubscriptionsRequest {
            page_size: req.page_size,
            page_token: req.page_token,
            filter: req.filter,
            order_by: req.order_by,
        };
        let answer = SubscriptionDirectoryServiceClient::new(channel).list_subscriptions(ask).await;
        let answer = answer.map_err(refused)?.into_inner();
        let page = Some(PageInfo { next_page_token: answer.next_page_token, ..PageInfo::default() });
        Ok(Response::new(pb::ListSubscriptionsResponse {
            subscriptions: answer.subscriptions.into_iter().map(into_pb).collect(),
            page,
        }))
    }
}

/// What is wrong with filter, order or page is told as it is: the fields have the same names there.
fn refused(status: Status) -> Status {
    match status.code() {
        Code::InvalidArgument => Status::with_details(status.code(), status.message(), status.details().to_vec().into()),
        Code::Unavailable | Code::DeadlineExceeded | Code::Unauthenticated | Code::ResourceExhausted => {
            tracing::warn!(%status, "the system that knows the companies did not answer");
            let text = "The system that knows the companies does not answer right now. Try again in a moment.";
            Error::refused(Reason::TENANTS_AWAY, text).into()
        }
        _ => Error::internal(format!("the system that knows the companies refused: {status}")).into(),
    }
}

fn into_pb(subscription: federation::Subscription) -> pb::Subscription {
    pb::Subscription {
        tenant_id: subscription.tenant_id,
        name: subscription.name,
        external_customer_id: subscription.external_customer_id,
        plan: subscription.plan,
        state: subscription.state,
        since: subscription.since,
        trial_ends_at: subscription.trial_ends_at,
        suspended_at: subscription.suspended_at,
    }
}
