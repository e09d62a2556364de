//! `ErrorGroupService`: failures of the pages of every portal, grouped, without a word of whom they happened to.

use chrono::TimeDelta;
use streamflow_kernel::clock::Clock as _;
use streamflow_proto::{
    accountant::v1::{self as accountant_pb, client_error_service_client::ClientErrorServiceClient as AccountantErrors},
    client::v1::{self as client_pb, client_error_service_client::ClientErrorServiceClient},
    dev::v1::{self as pb, error_group_service_client::ErrorGroupServiceClient},
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::Person,
    world::World,
};
use tonic::Status;

use super::health::Fleet;

async fn groups(fleet: &Fleet, days: i32) -> Result<pb::ListErrorGroupsResponse, Status> {
    let ask = fleet.dev.ask(pb::ListErrorGroupsRequest { days }).await;
    Ok(ErrorGroupServiceClient::new(fleet.dev.channel.clone()).list_error_groups(ask).await?.into_inner())
}

async fn report(world: &World, by: &Person, message: &str, page: &str, build: &str) {
    let report = client_pb::LogClientErrorRequest {
        message: message.into(),
        page: page.into(),
        build: build.into(),
        ..Default::default()
    };
    ClientErrorServiceClient::new(world.channel.clone()).log_client_error(by.ask(report)).await.unwrap();
    world.pass(TimeDelta::seconds(1));
}

on_both! {
    async fn failures_are_one_group_however_their_numbers_and_names_differ(world) {
        let (owner, other) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let first = world.now().timestamp();
        report(&world, &owner, "no row 12 for \"Ada Lovelace\"", "/tenant/harrow-pike/client/leads/led_1", "1.0.0").await;
        report(&world, &owner, "no row 7 for \"ada@example.com\"", "/tenant/harrow-pike/client/leads/led_2", "1.0.0").await;
        report(&world, &other, "no row 1203 for \"Bob\"", "/tenant/other-ltd/client/leads/led_3", "1.0.0").await;
        report(&world, &owner, "no row 1 for \"Cy\"", "/tenant/harrow-pike/client/customers", "1.0.0").await;
        report(&world, &owner, "no row 1 for \"Cy\"", "/tenant/harrow-pike/client/leads/led_1", "1.1.0").await;
        let fleet = Fleet::start(&world).await;
        let report = accountant_pb::LogClientErrorRequest { message: "it broke".into(), page: "/accounting/audit".into(), ..Default::default() };
        let mut accountants = AccountantErrors::new(fleet.accountant.channel.clone());
        accountants.log_client_error(fleet.accountant.request(report, None)).await.unwrap();

        let reply = groups(&fleet, 7).await.unwrap();
        let told: Vec<_> = reply
            .groups
            .iter()
            .map(|group| (group.system.as_str(), group.message.as_str(), group.place.as_str(), group.build.as_str(), group.count, group.companies))
            .collect();
        let shape = "no row 0 for \"…\"";
        assert_eq!(told[0], ("client", shape, "leads/…", "1.0.0", 3, 2));
        for one in [
            ("client", shape, "customers", "1.0.0", 1, 1),
            ("client", shape, "leads/…", "1.1.0", 1, 1),
            ("accountant", "it broke", "audit", "", 1, 0),
        ] {
            assert!(told[1..].contains(&one), "{one:?} is not in {told:?}");
        }
        assert_eq!(told.len(), 4);
        let most = &reply.groups[0];
        assert_eq!((most.first_at.unwrap().seconds, most.last_at.unwrap().seconds), (first, first + 2));
        let sources: Vec<_> =
            reply.sources.iter().map(|source| (source.system.as_str(), source.away, source.counted, source.capped)).collect();
        assert_eq!(
            sources,
            [("dev", false, 0, false), ("client", false, 5, false), ("provider", true, 0, false), ("accountant", false, 1, false)]
        );
        let all = format!("{reply:?}").to_lowercase();
        for name in ["lovelace", "harrow", "other", "bob", "led_", "@"] {
            assert!(!all.contains(name), "{name} is in {all}");
        }

        // What is older than the range is left out.
        for desk in [&fleet.dev, &fleet.accountant] {
            desk.clock.set(desk.clock.now() + TimeDelta::days(3));
        }
        world.pass(fleet.dev.clock.now() - world.now());
        assert!(groups(&fleet, 2).await.unwrap().groups.is_empty());
        assert_eq!(groups(&fleet, 30).await.unwrap().groups.len(), 4);
        for days in [0, -1, 31] {
            assert_eq!(fields(&groups(&fleet, days).await.unwrap_err()), ["days"], "{days}");
        }
        let stranger = fleet.dev.request(pb::ListErrorGroupsRequest { days: 7 }, None);
        let refused = ErrorGroupServiceClient::new(fleet.dev.channel.clone()).list_error_groups(stranger).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_SIGNED_IN");
    }
}
