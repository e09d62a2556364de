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

/// First parts of the pages that an app names, and of what all of a company's or a portal's begin with.
fn first_parts(app: &str) -> Vec<&str> {
    let paths = app.split("path!(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut parts: Vec<&str> = paths.filter_map(|path| path.trim_start_matches('/').split('/').next()).collect();
    // Those of a parent's own pages, and what takes any part, are no first parts.
    parts.retain(|part| !part.is_empty() && !part.starts_with([':', '*']) && !["board", "duplicates"].contains(part));
    parts
}

#[test]
fn each_page_of_an_app_is_one_that_its_portal_knows() {
    for (app, portal) in [
        (include_str!("../../../web-client/src/app.rs"), streamflow_client::system::PORTAL),
        (include_str!("../../../web-provider/src/app.rs"), streamflow_provider::system::PORTAL),
        (include_str!("../../../web-dev/src/app.rs"), streamflow_dev::system::PORTAL),
        (include_str!("../../../web-accountant/src/app.rs"), streamflow_accountant::system::PORTAL),
    ] {
        let begin = portal.pages.split('/').nth(1).unwrap();
        let mut has: Vec<&str> = first_parts(app).into_iter().filter(|part| *part != begin).collect();
        has.sort_unstable();
        has.dedup();
        assert_eq!(has, portal.first_parts, "{}", portal.space);
    }
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
        report(&world, &owner, "lost", "/tenant/harrow-pike/client/harrow-pike", "1.0.0").await;
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
            ("client", "lost", "…", "1.0.0", 1, 1),
            ("accountant", "it broke", "audit", "", 1, 0),
        ] {
            assert!(told[1..].contains(&one), "{one:?} is not in {told:?}");
        }
        assert_eq!(told.len(), 5);
        let most = &reply.groups[0];
        assert_eq!((most.first_at.unwrap().seconds, most.last_at.unwrap().seconds), (first, first + 2));
        let sources: Vec<_> =
            reply.sources.iter().map(|source| (source.system.as_str(), source.away, source.counted, source.capped)).collect();
        assert_eq!(
            sources,
            [("dev", false, 0, false), ("client", false, 6, false), ("provider", true, 0, false), ("accountant", false, 1, false)]
        );
        assert!(reply.sources.iter().all(|source| source.left_out == 0), "{reply:?}");
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
        assert_eq!(groups(&fleet, 30).await.unwrap().groups.len(), 5);
        for days in [0, -1, 31] {
            assert_eq!(fields(&groups(&fleet, days).await.unwrap_err()), ["days"], "{days}");
        }
        let stranger = fleet.dev.request(pb::ListErrorGroupsRequest { days: 7 }, None);
        let refused = ErrorGroupServiceClient::new(fleet.dev.channel.clone()).list_error_groups(stranger).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_SIGNED_IN");
    }
}
