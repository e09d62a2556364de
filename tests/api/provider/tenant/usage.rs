//! What companies do, over all of them, and whether the other systems answer: there also while the companies' own system is away.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use streamflow_kernel::{
    clock::{Clock as _, timestamp},
    federation::Route,
};
use streamflow_proto::{
    client::v1::Role,
    provider::v1::{self as pb, federation_service_client::FederationServiceClient},
};
use streamflow_tests::{
    answer::fields,
    on_both,
    person::{PASSWORD, Person},
};
use tonic::Status;

use super::{Fleet, counts, figure};
use crate::{
    client::{customer, lead},
    provider::admin,
};

impl Fleet {
    async fn fleet_usage(&self, days: i32) -> Result<pb::GetFleetUsageResponse, Status> {
        Ok(self.tenants().get_fleet_usage(self.ask(pb::GetFleetUsageRequest { days })).await?.into_inner())
    }

    async fn standing(&self, name: &str) -> pb::PeerStanding {
        let ask = self.ask(pb::ListPeerStandingsRequest {});
        let mut service = FederationServiceClient::new(self.pair.provider.channel.clone());
        let standings = service.list_peer_standings(ask).await.unwrap().into_inner().standings;
        standings.into_iter().find(|standing| standing.name == name).expect("a system of that name")
    }
}

fn sum(usage: Option<&pb::FleetUsage>) -> (i64, i64) {
    figure(usage.expect("a usage").figure)
}

/// Value and comparison of each day.
fn by_day(usage: Option<&pb::FleetUsage>) -> Vec<(i64, i64)> {
    usage.expect("a usage").by_day.iter().map(|day| (day.value, day.before)).collect()
}

on_both! {
    async fn what_companies_do_is_counted_over_all_with_the_range_before(world) {
        let (owner, other) = (world.company("Harrow & Pike").await, world.company("Second & Co").await);
        let staff = owner.hire(&world, Role::Staff, "").await;
        customer::create(&owner, customer::named("Ada")).await.unwrap();
        lead::create(&other, lead::named("Roof")).await.unwrap();
        world.pass(TimeDelta::days(8));
        let staff = Person::sign_in(&world, &staff.email, PASSWORD).await;
        for name in ["Bob", "Cy"] {
            customer::create(&staff, customer::named(name)).await.unwrap();
        }
        lead::create(&staff, lead::named("Pipe")).await.unwrap();
        let fleet = Fleet::start(&world).await;

        let week = fleet.fleet_usage(7).await.unwrap();
        assert!(!week.away);
        assert_eq!((sum(week.sign_ins.as_ref()), sum(week.customers.as_ref()), sum(week.leads.as_ref())), ((1, 3), (2, 1), (1, 1)));
        let nothing = (0, 0);
        assert_eq!(by_day(week.customers.as_ref()), [nothing, nothing, nothing, nothing, nothing, (0, 1), (2, 0)]);
        assert_eq!(by_day(week.sign_ins.as_ref())[5..], [(0, 3), (1, 0)]);
        assert_eq!(counts(&week.leads_by_kind), [("open", 2)]);
        let month = fleet.fleet_usage(30).await.unwrap();
        assert_eq!((sum(month.sign_ins.as_ref()), sum(month.customers.as_ref()), by_day(month.leads.as_ref()).len()), ((4, 0), (3, 0), 30));
        for days in [0, 1, 31, -7] {
            assert_eq!(fields(&fleet.fleet_usage(days).await.unwrap_err()), ["days"], "{days}");
        }

        // What was counted is told again for a minute: it may have taken long.
        customer::create(&staff, customer::named("Di")).await.unwrap();
        assert_eq!(sum(fleet.fleet_usage(7).await.unwrap().customers.as_ref()), (2, 1));
        world.pass(TimeDelta::minutes(1));
        fleet.pair.provider.clock.set(world.now());
        assert_eq!(sum(fleet.fleet_usage(7).await.unwrap().customers.as_ref()), (3, 1));
    }

    async fn while_the_companies_system_is_away_the_overview_says_since_when(world) {
        let fleet = Fleet::start(&world).await;
        let viewer = admin::Person::first(&fleet.pair.provider).await;
        let viewer = viewer.hire(&fleet.pair.provider, "v@example.com", pb::Role::Viewer).await;
        let fleet = Fleet { token: viewer.token, ..fleet };
        let now = fleet.pair.provider.clock.now();
        world.pass(now - world.now());
        let (to_client, nowhere) = (fleet.pair.to_client.clone(), Route::tcp("http://127.0.0.1:9").unwrap());
        let federation = fleet.pair.provider.kernel.federation.clone();
        federation.connect("client", nowhere.clone());
        let never = fleet.fleet_usage(7).await.unwrap();
        assert!(never.away && never.last_answer_at.is_none() && never.sign_ins.is_none(), "{never:?}");
        let down = fleet.standing("client").await;
        assert_eq!((down.state(), down.last_answer_at, down.problem.is_empty()), (pb::PeerState::Down, None, false));
        assert_eq!(fleet.standing("dev").await.state(), pb::PeerState::Unconnected);

        federation.connect("client", to_client);
        let answered = timestamp(now);
        let up = fleet.standing("client").await;
        assert_eq!((up.state(), up.last_answer_at, up.problem.as_str()), (pb::PeerState::Answers, answered, ""));
        assert!(!fleet.fleet_usage(7).await.unwrap().away);

        // Which answer was the last is written down beside it.
        federation.connect("client", nowhere);
        let until = Instant::now() + Duration::from_secs(30);
        while fleet.fleet_usage(7).await.unwrap().last_answer_at != answered {
            assert!(Instant::now() < until, "an answer is noted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        fleet.pair.provider.clock.advance(TimeDelta::minutes(5));
        let down = fleet.standing("client").await;
        assert_eq!((down.state(), down.last_answer_at), (pb::PeerState::Down, answered));
        assert_eq!(fleet.fleet(7).await.unwrap().tenants, 0, "the rest of the overview is there");
    }
}
