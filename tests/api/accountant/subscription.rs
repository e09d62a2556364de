//! `SubscriptionService`: what each company is on, asked of the system that knows.

use chrono::TimeDelta;
use streamflow_client::tenant::report::report;
use streamflow_kernel::{clock::timestamp, federation::Route};
use streamflow_migrations::System;
use streamflow_proto::{
    accountant::v1::{self as pb, subscription_service_client::SubscriptionServiceClient},
    common::v1::TenantState,
    federation::v1 as federation_pb,
};
use streamflow_tests::{
    answer::{fields, reason},
    federation::{Pair, Shape, serve},
    on_both,
    operator::Desk,
};
use tokio::sync::watch;
use tonic::{Code, Status, service::Routes};

async fn list(desk: &Desk, list: pb::ListSubscriptionsRequest) -> Result<pb::ListSubscriptionsResponse, Status> {
    let ask = desk.ask(list).await;
    Ok(SubscriptionServiceClient::new(desk.channel.clone()).list_subscriptions(ask).await?.into_inner())
}

on_both! {
    async fn each_company_is_listed_with_plan_and_state(world) {
        let pair = Pair::start_on(&world, Shape::Tcp, world.backend).await;
        let desk = Desk::start_on(world.backend, System::Accountant).await;
        desk.clock.set(world.now());
        let (_stop, stopping) = watch::channel(false);
        serve(&desk.kernel, Routes::default(), &pair.keys, Shape::Memory, &stopping).await;
        desk.kernel.federation.connect("provider", pair.to_provider.clone());
        let events = [("ada", None), ("bob", Some(world.now() + TimeDelta::days(3)))].map(|(id, trial_ends_at)| federation_pb::TenantEvent {
            id: format!("evt-{id}"),
            kind: "registered".to_owned(),
            at: timestamp(world.now()),
            tenant: Some(federation_pb::Tenant {
                tenant_id: id.to_owned(),
                name: format!("{id} & Co"),
                plan: "standard".to_owned(),
                created_at: timestamp(world.now()),
                trial_ends_at: trial_ends_at.and_then(timestamp),
                ..Default::default()
            }),
            details: String::new(),
        });
        report(&world.kernel, events.to_vec()).await.unwrap();

        let asked = pb::ListSubscriptionsRequest { page_size: 1, order_by: "name".to_owned(), ..Default::default() };
        let first = list(&desk, asked.clone()).await.unwrap();
        let page_token = first.page.unwrap().next_page_token;
        let second = list(&desk, pb::ListSubscriptionsRequest { page_token, ..asked }).await.unwrap();
        let lines: Vec<_> = first.subscriptions.iter().chain(&second.subscriptions).collect();
        let shown: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.plan.as_str(), line.state())).collect();
        assert_eq!(shown, [("ada & Co", "standard", TenantState::Active), ("bob & Co", "standard", TenantState::Trial)]);
        assert!(lines[0].trial_ends_at.is_none() && lines[1].trial_ends_at.is_some() && lines[0].since == timestamp(world.now()));
        assert!(second.page.unwrap().next_page_token.is_empty());

        let wrong = pb::ListSubscriptionsRequest { page_size: -1, filter: "colour = red".into(), ..Default::default() };
        assert_eq!(fields(&list(&desk, wrong).await.unwrap_err()), ["page_size", "filter"]);
        desk.kernel.federation.connect("provider", Route::tcp("http://127.0.0.1:9").unwrap());
        let away = list(&desk, pb::ListSubscriptionsRequest::default()).await.unwrap_err();
        assert_eq!((away.code(), reason(&away).as_str()), (Code::Unavailable, "TENANTS_AWAY"));
    }
}
