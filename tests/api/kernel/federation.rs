//! Calls between systems: who may, what is refused and why, in one process and across processes alike.

mod forged;

use chrono::{TimeDelta, Timelike as _};
use streamflow_client::tenant::report::report;
use streamflow_kernel::{clock::timestamp, federation::peer::handshake};
use streamflow_proto::{
    client::v1::{self as client_pb, customer_service_client::CustomerServiceClient},
    federation::v1::{
        self as pb, health_service_client::HealthServiceClient, tenant_directory_service_client::TenantDirectoryServiceClient,
        usage_service_client::UsageServiceClient,
    },
    provider::v1::{self as provider_pb, federation_service_client::FederationServiceClient},
};
use streamflow_tests::{
    federation::{Pair, SHAPES, Shape, reason},
    on_both,
};
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

fn registered(id: &str, tenant_id: &str, name: &str, at: chrono::DateTime<chrono::Utc>) -> pb::TenantEvent {
    let tenant =
        pb::Tenant { tenant_id: tenant_id.to_owned(), name: name.to_owned(), created_at: timestamp(at), ..Default::default() };
    pb::TenantEvent {
        id: id.to_owned(),
        kind: "registered".to_owned(),
        at: timestamp(at),
        tenant: Some(tenant),
        details: r#"{"steps": 3}"#.to_owned(),
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Kept {
    payload: String,
}

on_both! {
    async fn systems_learn_of_companies_from_each_other(world) {
        let owner = world.company("Harrow & Pike").await;
        world.company("Second & Co").await;
        let customer = client_pb::Customer { name: "Ada".to_owned(), ..Default::default() };
        let create = client_pb::CreateCustomerRequest { customer: Some(customer) };
        CustomerServiceClient::new(world.channel.clone()).create_customer(owner.once("key-0001", create)).await.unwrap();
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let mut directory = TenantDirectoryServiceClient::new(pair.client());
            let list = pb::ListTenantsRequest { page_size: 1, ..Default::default() };
            let first = directory.list_tenants(list.clone()).await.unwrap().into_inner();
            let list = pb::ListTenantsRequest { page_token: first.next_page_token, ..list };
            let second = directory.list_tenants(list).await.unwrap().into_inner();
            let names = [first.tenants[0].name.as_str(), second.tenants[0].name.as_str()];
            assert_eq!((names, second.next_page_token.as_str()), (["Harrow & Pike", "Second & Co"], ""), "{shape:?}");
            let since = timestamp(world.now() + TimeDelta::hours(1));
            let list = pb::ListTenantsRequest { created_since: since, ..Default::default() };
            assert!(directory.list_tenants(list).await.unwrap().into_inner().tenants.is_empty());

            let tenant_id = first.tenants[0].tenant_id.clone();
            let get = pb::GetTenantRequest { tenant_id: tenant_id.clone() };
            assert_eq!(directory.get_tenant(get).await.unwrap().into_inner().tenant.unwrap().name, "Harrow & Pike");
            let unknown = directory.get_tenant(pb::GetTenantRequest { tenant_id: "nobody".into() }).await.unwrap_err();
            assert_eq!(unknown.code(), Code::NotFound);

            let mut usage = UsageServiceClient::new(pair.client());
            let ask = pb::GetUsageRequest { tenant_ids: vec![tenant_id, "nobody".into()], days: 7 };
            let found = usage.get_usage(ask).await.unwrap().into_inner().usages;
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].members, Some(pb::UsageCount { total: 1, value: 1, before: 0 }));
            assert_eq!(found[0].customers, Some(pb::UsageCount { total: 1, value: 1, before: 0 }));
            assert_eq!(found[0].leads, Some(pb::UsageCount::default()));
            let all = usage.get_analytics(pb::GetAnalyticsRequest { days: 7 }).await.unwrap().into_inner();
            assert_eq!((all.tenants, all.customers_by_day.iter().map(|day| day.value).sum::<i64>()), (2, 1));
            assert_eq!(all.sign_ins_by_day.iter().map(|day| day.value).sum::<i64>(), 2);
            let wrong = usage.get_usage(pb::GetUsageRequest::default()).await.unwrap_err();
            assert_eq!(wrong.code(), Code::InvalidArgument);

            // What the other system may not ask is refused whatever its signature.
            let denied = HealthServiceClient::new(pair.client()).get_health(pb::GetHealthRequest {}).await.unwrap_err();
            assert_eq!((denied.code(), reason(&denied).as_str()), (Code::PermissionDenied, "ROLE"));
        }
    }

    async fn reads_that_say_the_same_are_one_record_an_hour_and_refusals_one_each(world) {
        let pair = Pair::start(&world, Shape::Memory).await;
        let later = |minutes| {
            world.pass(TimeDelta::minutes(minutes));
            pair.provider.clock.set(world.now());
        };
        // An hour's beginning, so that none falls between.
        later(60 - i64::from(world.now().minute()));
        for _ in 0..5 {
            handshake(pair.client()).await.unwrap();
            later(1);
        }
        let recorded = async |path: &str, outcome: &str| {
            let sql = "SELECT payload FROM audit WHERE path LIKE ? AND outcome = ? AND actor_name = 'provider' ORDER BY at, id";
            let db = world.kernel.database.system_read().await.unwrap();
            let rows: Vec<Kept> = db.query(sql, vec![format!("%{path}").into(), outcome.into()]).await.unwrap();
            rows.into_iter().map(|row| row.payload).collect::<Vec<_>>()
        };
        assert_eq!(recorded("Handshake", "OK").await, ["{}"]);
        later(60);
        handshake(pair.client()).await.unwrap();
        assert_eq!(recorded("Handshake", "OK").await, ["{}", r#"{"unrecorded":4}"#]);

        let mut directory = TenantDirectoryServiceClient::new(pair.client());
        for page_size in [1, 2, 2] {
            directory.list_tenants(pb::ListTenantsRequest { page_size, ..Default::default() }).await.unwrap();
        }
        assert_eq!(recorded("ListTenants", "OK").await, [r#"{"page_size":1}"#, r#"{"page_size":2}"#]);
        // A record holds the first twenty of a list; whoever asks for others after them has asked for something else.
        for last in ["one", "other", "other"] {
            let tenant_ids = (0..20).map(|n| format!("tenant-{n}")).chain([last.to_owned()]).collect();
            UsageServiceClient::new(pair.client()).get_usage(pb::GetUsageRequest { tenant_ids, days: 7 }).await.unwrap();
        }
        assert_eq!(recorded("GetUsage", "OK").await.len(), 2);
        for _ in 0..3 {
            HealthServiceClient::new(pair.client()).get_health(pb::GetHealthRequest {}).await.unwrap_err();
            directory.get_tenant(pb::GetTenantRequest { tenant_id: "nobody".into() }).await.unwrap_err();
        }
        assert_eq!(recorded("GetHealth", "PERMISSION_DENIED").await.len(), 3);
        assert_eq!(recorded("GetTenant", "NOT_FOUND").await.len(), 3);
    }

    async fn an_event_is_kept_once(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let events = vec![
                registered("evt-2", "harrow-pike", "Harrow & Pike", world.now()),
                registered("evt-1", "harrow-pike", "Old name", world.now() - TimeDelta::hours(1)),
            ];
            assert_eq!(report(&world.kernel, events.clone()).await.unwrap(), 2);
            assert_eq!(report(&world.kernel, events).await.unwrap(), 0);
            let sql = "SELECT name, (SELECT COUNT(*) FROM tenant_events) AS events FROM tenants";
            let row = streamflow_tests::sql::row(&pair.provider.kernel.database, sql, vec![]).await;
            let (name, count): (String, i64) = (row.try_get("", "name").unwrap(), row.try_get("", "events").unwrap());
            assert_eq!((name.as_str(), count), ("Harrow & Pike", 2), "an older event told late changes nothing");

            let mut wrong = registered("", "Harrow Pike", "x", world.now());
            "[]".clone_into(&mut wrong.details);
            let refused = report(&world.kernel, vec![wrong]).await.unwrap_err();
            let details = refused.get_error_details();
            let fields: Vec<&str> = details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
            assert_eq!(fields, ["events[0].id", "events[0].details", "events[0].tenant.tenant_id"]);
        }
    }

    async fn clocks_that_differ_are_told_with_both_times(world) {
        let pair = Pair::start(&world, Shape::Tcp).await;
        handshake(pair.client()).await.unwrap();
        pair.provider.clock.advance(TimeDelta::minutes(10));
        let refused = handshake(pair.client()).await.unwrap_err();
        assert_eq!(reason(&refused), "SKEW");
        let write = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        for part in [write(world.now()), write(world.now() + TimeDelta::minutes(10)), "600 seconds apart".to_owned()] {
            assert!(refused.message().contains(&part), "{part}: {}", refused.message());
        }
    }

    async fn a_new_key_takes_over_and_the_one_before_the_last_is_refused(world) {
        let pair = Pair::start(&world, Shape::Memory).await;
        let mut keys = pair.keys.clone();
        let first = handshake(pair.client()).await.unwrap().key_id;
        keys.rotate(Some("provider>client"), world.now());
        // The one who checks knows it first: calls with the older key still pass.
        world.kernel.federation.use_keys(&keys);
        assert_eq!(handshake(pair.client()).await.unwrap().key_id, first);
        pair.provider.kernel.federation.use_keys(&keys);
        assert_ne!(handshake(pair.client()).await.unwrap().key_id, first);
        pair.provider.kernel.federation.use_keys(&pair.keys);
        keys.rotate(Some("provider>client"), world.now());
        world.kernel.federation.use_keys(&keys);
        assert_eq!(reason(&handshake(pair.client()).await.unwrap_err()), "UNKNOWN_KEY");
    }

    async fn the_portal_shows_the_other_systems(world) {
        let pair = Pair::start(&world, Shape::Tcp).await;
        assert_eq!(report(&world.kernel, vec![registered("evt-1", "a", "A", world.now())]).await.unwrap(), 1);
        world.pass(TimeDelta::minutes(5));
        report(&world.kernel, vec![registered("evt-2", "a", "A", world.now())]).await.unwrap_err();

        let token = pair.provider.session("full").await;
        let ask = |name: &str| {
            let mut request = Request::new(provider_pb::CheckPeerRequest { name: name.to_owned() });
            request.metadata_mut().insert("x-streamflow-portal", "provider".parse().unwrap());
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            request
        };
        let mut federation = FederationServiceClient::new(pair.provider.channel.clone());
        let list = ask("").map(|_| provider_pb::ListPeersRequest {});
        let peers = federation.list_peers(list).await.unwrap().into_inner().peers;
        assert_eq!(peers.iter().map(|peer| peer.name.as_str()).collect::<Vec<_>>(), ["client", "dev", "accountant"]);
        let client = &peers[0];
        assert!(client.place.starts_with("http://127.0.0.1:") && client.last_seen_at.is_some() && client.keys_in.len() == 1);
        assert_eq!((client.refused, client.last_refusal.as_str()), (1, "SKEW"));
        let refusals: Vec<_> = client.refusals.iter().map(|one| (one.reason.as_str(), one.count, one.last_at.is_some())).collect();
        assert_eq!(refusals, [("SKEW", 1, true)]);
        assert_eq!(client.last_key_id, client.keys_in[0].id);
        assert!(client.keys_out[0].created_at.is_some() && peers[1].last_seen_at.is_none() && peers[1].place.is_empty());

        pair.provider.clock.set(world.now());
        let reached = federation.check_peer(ask("client")).await.unwrap().into_inner();
        assert!(reached.reached && reached.key_id == client.keys_out[0].id && reached.round_trip_micros > 0, "{reached:?}");
        let lost = federation.check_peer(ask("dev")).await.unwrap().into_inner();
        assert!(!lost.reached && lost.problem.contains("No way to the dev system"), "{lost:?}");
        assert_eq!(federation.check_peer(ask("provider")).await.unwrap_err().code(), Code::InvalidArgument);
    }
}
