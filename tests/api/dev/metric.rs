//! `MetricService`: what every system measured of itself, over time and beside the range before.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use sea_orm::FromQueryResult;
use streamflow_kernel::{meter::sampling::Sampler, prune};
use streamflow_proto::{
    client::v1::{self as client_pb, session_service_client::SessionServiceClient},
    dev::v1::{self as pb, metric_service_client::MetricServiceClient},
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{Person, request},
    world::World,
};
use tonic::Status;

use super::health::Fleet;

async fn metrics(fleet: &Fleet, hours: i32, system: &str) -> Result<pb::GetMetricsResponse, Status> {
    let ask = fleet.dev.ask(pb::GetMetricsRequest { hours, system: system.into() }).await;
    Ok(MetricServiceClient::new(fleet.dev.channel.clone()).get_metrics(ask).await?.into_inner())
}

/// Three answers, a wrong password and, after many of those, a refusal.
async fn work(world: &World, owner: &Person) {
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    for _ in 0..3 {
        sessions.me(owner.ask(client_pb::MeRequest {})).await.unwrap();
    }
    let wrong = client_pb::SignInRequest { email: owner.email.clone(), password: "not the password".into(), return_token: true };
    sessions.sign_in(request(wrong, None)).await.unwrap_err();
}

/// The minute passes for everybody.
fn pass(world: &World, fleet: &Fleet, time: TimeDelta) {
    world.pass(time);
    for desk in [&fleet.dev, &fleet.accountant] {
        desk.clock.set(world.now());
    }
}

fn of(systems: &[pb::SystemMetrics], name: &str) -> pb::MetricFigures {
    systems.iter().find(|system| system.name == name && !system.away).unwrap().now.unwrap()
}

#[derive(FromQueryResult)]
struct Kept {
    seconds: i64,
    rows: i64,
}

async fn kept(world: &World) -> Vec<(i64, i64)> {
    let sql = "SELECT seconds, COUNT(*) AS rows FROM metric_samples GROUP BY seconds ORDER BY seconds";
    let rows: Vec<Kept> = world.kernel.database.system_read().await.unwrap().query(sql, vec![]).await.unwrap();
    rows.into_iter().map(|row| (row.seconds, row.rows)).collect()
}

on_both! {
    async fn what_was_measured_is_there_by_minute_and_by_hour(world) {
        let fleet = Fleet::start(&world).await;
        // So that it is known which minutes are one hour's.
        let hour = DateTime::from_timestamp((world.now().timestamp() / 3_600 + 1) * 3_600, 0).unwrap();
        pass(&world, &fleet, hour - world.now());
        let owner = world.company("Harrow & Pike").await;
        let mut before = Sampler::new(Arc::clone(&world.kernel));
        before.sample().await.unwrap();
        assert_eq!(metrics(&fleet, 1, "").await.unwrap().now.unwrap().requests, 0, "the minute is not over");
        pass(&world, &fleet, hour + TimeDelta::minutes(5) - world.now());
        let mut sampler = Sampler::new(Arc::clone(&world.kernel));
        for _ in 0..2 {
            work(&world, &owner).await;
            pass(&world, &fleet, TimeDelta::seconds(60));
            sampler.sample().await.unwrap();
        }
        // Of a process that began in the middle of the minute.
        let mut other = Sampler::new(Arc::clone(&world.kernel));
        work(&world, &owner).await;
        pass(&world, &fleet, TimeDelta::seconds(60));
        other.sample().await.unwrap();
        sampler.sample().await.unwrap();

        let told = metrics(&fleet, 1, "client").await.unwrap();
        assert_eq!((told.slots.len(), told.slots_before.len(), told.slot_seconds), (60, 60, 60));
        let last: Vec<_> = told.slots[57..].iter().map(|slot| slot.figures.unwrap()).collect();
        for (minute, figures) in last.iter().enumerate() {
            let counts = (figures.seconds, figures.failed_sign_ins, figures.faults, figures.limited);
            assert_eq!(counts, (60, 1, 0, 0), "minute {minute}: {figures:?}");
            assert!(figures.p50_micros > 0 && figures.p99_micros >= figures.p95_micros, "{figures:?}");
            assert!(figures.memory_bytes > 1_000_000 && figures.feed_lag_millis < 60_000, "{figures:?}");
        }
        assert_eq!(last[1].requests, 4);
        assert_eq!(last[2].requests, 4, "two processes add up");
        assert_eq!(told.slots[56].figures.unwrap().seconds, 0, "before the first sample nothing was measured");
        let now = told.now.unwrap();
        assert_eq!((now.seconds, now.refusals), (180, 3));
        let codes: Vec<_> = told.outcomes.iter().map(|code| (code.name.as_str(), code.before)).collect();
        assert_eq!(codes, [("OK", 0), ("UNAUTHENTICATED", 0)]);
        let names: Vec<_> = told.systems.iter().map(|system| (system.name.as_str(), system.away)).collect();
        assert_eq!(names, [("dev", false), ("client", false), ("provider", true), ("accountant", false)]);
        assert_eq!((of(&told.systems, "client").requests, of(&told.systems, "accountant").seconds), (now.requests, 0));
        assert_eq!(metrics(&fleet, 1, "").await.unwrap().now, Some(now), "only one of them measured");
        assert_eq!(metrics(&fleet, 1, "dev").await.unwrap().now.unwrap().seconds, 0);
        for hours in [24, 168] {
            let told = metrics(&fleet, hours, "client").await.unwrap();
            assert_eq!((told.now.unwrap().requests, told.now.unwrap().seconds), (now.requests, 180), "{hours} hours");
            assert_eq!(told.slots.last().unwrap().figures.unwrap().requests, now.requests, "{hours} hours");
        }

        // Then it is the range before, and in the end only hours are left of it.
        pass(&world, &fleet, TimeDelta::hours(1));
        let told = metrics(&fleet, 1, "client").await.unwrap();
        assert_eq!((told.now.unwrap().requests, told.before.unwrap().requests), (0, now.requests));
        assert_eq!((told.outcomes[0].now, told.outcomes[0].before > 0), (0, true));
        assert_eq!(kept(&world).await, [(60, 5), (3_600, 3)]);
        pass(&world, &fleet, TimeDelta::days(3));
        prune::prune(&world.kernel.database, world.now()).await.unwrap();
        assert_eq!(kept(&world).await, [(3_600, 3)]);
        assert_eq!(metrics(&fleet, 168, "client").await.unwrap().now.unwrap().requests, now.requests);
    }

    async fn refusals_of_a_limit_are_counted_by_class(world) {
        let fleet = Fleet::start(&world).await;
        let owner = world.company("Harrow & Pike").await;
        let mut sampler = Sampler::new(Arc::clone(&world.kernel));
        let wrong = client_pb::SignInRequest { email: owner.email.clone(), password: "not the password".into(), return_token: true };
        let mut refused = 0;
        for _ in 0..12 {
            let error = SessionServiceClient::new(world.channel.clone()).sign_in(request(wrong.clone(), None)).await.unwrap_err();
            refused += i64::from(error.code() == tonic::Code::ResourceExhausted);
        }
        pass(&world, &fleet, TimeDelta::seconds(61));
        sampler.sample().await.unwrap();
        pass(&world, &fleet, TimeDelta::seconds(60));
        let told = metrics(&fleet, 1, "client").await.unwrap();
        assert!(refused > 0);
        let limited: Vec<_> = told.limited.iter().map(|limit| (limit.name.as_str(), limit.now)).collect();
        assert_eq!(limited, [("sign_in", refused)]);
        let now = told.now.unwrap();
        assert_eq!((now.limited, now.failed_sign_ins, now.refusals), (refused, 12 - refused, 12));
    }

    async fn only_known_ranges_and_systems_are_told_and_only_to_engineers(world) {
        let fleet = Fleet::start(&world).await;
        for hours in [0, 2, -1, 720] {
            assert_eq!(fields(&metrics(&fleet, hours, "").await.unwrap_err()), ["hours"], "{hours}");
        }
        assert_eq!(fields(&metrics(&fleet, 1, "nobody").await.unwrap_err()), ["system"]);
        let stranger = fleet.dev.request(pb::GetMetricsRequest { hours: 1, system: String::new() }, None);
        let refused = MetricServiceClient::new(fleet.dev.channel.clone()).get_metrics(stranger).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_SIGNED_IN");
    }
}
