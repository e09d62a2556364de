//! `TenantService`: companies however they came to be, listed and counted; what is reported of them; usage on demand.

mod closing;
mod plan;
mod suspension;
mod usage;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_client::tenant::report::report;
use streamflow_kernel::{clock::timestamp, federation::Route, jobs::Runner};
use streamflow_proto::{
    client::v1::{self as client_pb, org_service_client::OrgServiceClient},
    common::v1::TenantState,
    federation::v1 as federation_pb,
    provider::v1::{self as pb, tenant_service_client::TenantServiceClient},
};
use streamflow_tests::{
    answer::{fields, reason},
    federation::{Pair, Shape},
    on_both,
    world::World,
};
use tonic::{Code, Request, Status, transport::Channel};

/// A provider system beside the client system of a world, on the same kind of database.
pub struct Fleet {
    pub pair: Pair,
    /// Of somebody who has taken on the right to close and open companies.
    pub token: String,
}

impl Fleet {
    pub async fn start(world: &World) -> Self {
        let pair = Pair::start_on(world, Shape::Tcp, world.backend).await;
        let token = pair.provider.elevated("tenants").await;
        Self { pair, token }
    }

    /// Does the provider system's jobs until it is dropped.
    pub async fn jobs(&self) -> Runner {
        self.pair.provider.kernel.run_jobs(streamflow_provider::system::works()).await.unwrap()
    }

    pub fn tenants(&self) -> TenantServiceClient<Channel> {
        TenantServiceClient::new(self.pair.provider.channel.clone())
    }

    pub fn ask<T>(&self, message: T) -> Request<T> {
        self.pair.provider.request(message, Some(&self.token))
    }

    pub async fn list(&self, filter: &str) -> Result<Vec<pb::Tenant>, Status> {
        let list = pb::ListTenantsRequest { filter: filter.to_owned(), order_by: "name".to_owned(), ..Default::default() };
        Ok(self.tenants().list_tenants(self.ask(list)).await?.into_inner().tenants)
    }

    pub async fn names(&self, filter: &str) -> Vec<String> {
        self.list(filter).await.unwrap().into_iter().map(|tenant| tenant.name).collect()
    }

    /// Waits for what the list shows.
    pub async fn shows(&self, filter: &str, names: &[&str]) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let shown = self.names(filter).await;
            if shown == names {
                return;
            }
            assert!(Instant::now() < until, "{shown:?} is not {names:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn get(&self, tenant_id: &str) -> Result<pb::GetTenantResponse, Status> {
        let get = pb::GetTenantRequest { tenant_id: tenant_id.to_owned() };
        Ok(self.tenants().get_tenant(self.ask(get)).await?.into_inner())
    }

    async fn usage(&self, tenant_id: &str, days: i32) -> Result<Vec<pb::TenantUsage>, Status> {
        let ask = pb::GetTenantUsageRequest { tenant_id: tenant_id.to_owned(), days };
        Ok(self.tenants().get_tenant_usage(self.ask(ask)).await?.into_inner().usages)
    }

    async fn fleet(&self, days: i32) -> Result<pb::GetFleetResponse, Status> {
        Ok(self.tenants().get_fleet(self.ask(pb::GetFleetRequest { days })).await?.into_inner())
    }
}

/// A company that is only told of.
pub struct Told<'a> {
    pub tenant_id: &'a str,
    pub name: &'a str,
    pub industry: &'a str,
    pub made: DateTime<Utc>,
    pub trial_ends: Option<DateTime<Utc>>,
}

pub async fn tell(world: &World, told: Told<'_>) {
    let tenant = federation_pb::Tenant {
        tenant_id: told.tenant_id.to_owned(),
        name: told.name.to_owned(),
        industry: told.industry.to_owned(),
        plan: "standard".to_owned(),
        external_customer_id: format!("K-{}", told.tenant_id),
        created_at: timestamp(told.made),
        trial_ends_at: told.trial_ends.and_then(timestamp),
        ..Default::default()
    };
    let event = federation_pb::TenantEvent {
        id: format!("evt-{}", told.tenant_id),
        kind: "registered".to_owned(),
        at: timestamp(world.now()),
        tenant: Some(tenant),
        details: r#"{"accepted_at": "2026-11-01T08:00:00Z", "tries": 2}"#.to_owned(),
    };
    assert_eq!(report(&world.kernel, vec![event]).await.unwrap(), 1);
}

/// Three companies: one pays, one tries, one has tried.
pub async fn tell_of_three(world: &World) {
    let (now, day) = (world.now(), TimeDelta::days(1));
    let ada = Told { tenant_id: "ada", name: "Ada & Sons", industry: "field-service", made: now - day, trial_ends: None };
    let bob =
        Told { tenant_id: "bob", name: "bob’s", industry: "med-spa", made: now - day * 3, trial_ends: Some(now + day * 2) };
    let cy = Told { tenant_id: "cy", name: "Cy", industry: "med-spa", made: now - day * 20, trial_ends: Some(now - day * 6) };
    for told in [ada, bob, cy] {
        tell(world, told).await;
    }
}

fn counts(counts: &[pb::FleetCount]) -> Vec<(&str, i64)> {
    counts.iter().map(|count| (count.name.as_str(), count.value)).collect()
}

fn figure(figure: Option<pb::Figure>) -> (i64, i64) {
    let figure = figure.expect("a figure");
    (figure.value, figure.before)
}

on_both! {
    async fn a_clock_that_was_ahead_outweighs_nothing_for_long(world) {
        let fleet = Fleet::start(&world).await;
        let said = |id: &str, name: &str, at: DateTime<Utc>| federation_pb::TenantEvent {
            id: id.to_owned(),
            kind: "renamed".to_owned(),
            at: timestamp(at),
            tenant: Some(federation_pb::Tenant {
                tenant_id: "ada".to_owned(),
                name: name.to_owned(),
                created_at: timestamp(world.now()),
                ..Default::default()
            }),
            details: String::new(),
        };
        // Written down while the clock was an hour ahead, and reported once it was right.
        let ahead = said("evt-1", "Before", world.now() + TimeDelta::hours(1));
        assert_eq!(report(&world.kernel, vec![ahead]).await.unwrap(), 1);
        assert_eq!(fleet.names("").await, ["Before"]);
        world.pass(TimeDelta::minutes(3));
        fleet.pair.provider.clock.set(world.now());
        assert_eq!(report(&world.kernel, vec![said("evt-2", "After", world.now())]).await.unwrap(), 1);
        assert_eq!(fleet.names("").await, ["After"]);
    }

    async fn companies_nobody_reports_are_known_within_seconds(world) {
        let owner = world.company("Harrow & Pike").await;
        let fleet = Fleet::start(&world).await;
        let (to_client, nowhere) = (fleet.pair.to_client.clone(), Route::tcp("http://127.0.0.1:9").unwrap());
        assert!(fleet.list("").await.unwrap().is_empty());
        let jobs = fleet.jobs().await;
        fleet.shows("", &["Harrow & Pike"]).await;
        drop(jobs);

        // What was made and changed while the provider system was down is there after its start.
        world.company("Alder Spa").await;
        let org = client_pb::Org { name: "Pike & Harrow".to_owned(), version: 1, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["name".to_owned()] });
        let update = owner.once("key-0001", client_pb::UpdateOrgRequest { org: Some(org), update_mask });
        OrgServiceClient::new(world.channel.clone()).update_org(update).await.unwrap();
        fleet.pair.provider.clock.set(world.now());
        let _jobs = fleet.jobs().await;
        fleet.shows("", &["Alder Spa", "Pike & Harrow"]).await;

        // The list answers while the companies' system is away, and goes on by itself once that is back.
        fleet.pair.provider.kernel.federation.connect("client", nowhere);
        world.company("Brook Homes").await;
        fleet.pair.provider.clock.advance(TimeDelta::seconds(20));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(fleet.names("").await, ["Alder Spa", "Pike & Harrow"]);
        let tenant_id = fleet.list("").await.unwrap()[0].tenant_id.clone();
        let away = fleet.usage(&tenant_id, 7).await.unwrap_err();
        assert_eq!((away.code(), reason(&away).as_str()), (Code::Unavailable, "TENANTS_AWAY"));
        fleet.pair.provider.kernel.federation.connect("client", to_client);
        fleet.pair.provider.clock.advance(TimeDelta::seconds(4));
        fleet.shows("", &["Alder Spa", "Brook Homes", "Pike & Harrow"]).await;
        let counted = fleet.usage(&tenant_id, 7).await.unwrap();
        let counted: Vec<_> = counted.iter().map(|usage| (usage.name.as_str(), usage.total, figure(usage.made))).collect();
        assert_eq!(counted[..2], [("members", 1, (1, 0)), ("customers", 0, (0, 0))]);
    }

    async fn the_list_is_narrowed_ordered_and_paged(world) {
        let fleet = Fleet::start(&world).await;
        tell_of_three(&world).await;
        for (filter, names) in [
            ("", vec!["Ada & Sons", "bob’s", "Cy"]),
            ("state = ACTIVE", vec!["Ada & Sons"]),
            ("state = TRIAL", vec!["bob’s"]),
            ("state = TRIAL_ENDED", vec!["Cy"]),
            ("state = SUSPENDED", vec![]),
            ("state != TRIAL", vec!["Ada & Sons", "Cy"]),
            ("industry = med-spa AND plan = standard", vec!["bob’s", "Cy"]),
            (r#"search : "ADA""#, vec!["Ada & Sons"]),
            (r#"search : "k-cy""#, vec!["Cy"]),
            (r#"search : "%""#, vec![]),
            ("trial_ends_at < 2000-01-01", vec![]),
        ] {
            assert_eq!(fleet.names(filter).await, names, "{filter}");
        }
        let page = |order_by: &str, page_token: String| {
            let list = pb::ListTenantsRequest { page_size: 2, page_token, order_by: order_by.to_owned(), ..Default::default() };
            let ask = fleet.ask(list);
            let mut tenants = fleet.tenants();
            async move { tenants.list_tenants(ask).await.map(tonic::Response::into_inner) }
        };
        for (order, expected) in [("", "ada bob cy"), ("created_at", "cy bob ada"), ("name desc", "cy bob ada")] {
            let first = page(order, String::new()).await.unwrap();
            let token = first.page.unwrap().next_page_token;
            let second = page(order, token.clone()).await.unwrap();
            let ids: Vec<_> = first.tenants.iter().chain(&second.tenants).map(|tenant| tenant.tenant_id.as_str()).collect();
            assert_eq!((ids.join(" ").as_str(), second.page.unwrap().next_page_token.as_str()), (expected, ""), "{order}");
        }
        let token = page("", String::new()).await.unwrap().page.unwrap().next_page_token;
        assert_eq!(fields(&page("name", token).await.unwrap_err()), ["page_token"]);
        let wrong = pb::ListTenantsRequest { page_size: -1, filter: "state = GONE".into(), order_by: "x".into(), ..Default::default() };
        let refused = fleet.tenants().list_tenants(fleet.ask(wrong)).await.unwrap_err();
        assert_eq!(fields(&refused), ["page_size", "filter", "order_by"]);
    }

    async fn one_company_is_shown_with_what_was_reported(world) {
        let fleet = Fleet::start(&world).await;
        tell_of_three(&world).await;
        let shown = fleet.get("bob").await.unwrap();
        let tenant = shown.tenant.unwrap();
        assert_eq!((tenant.state(), tenant.external_customer_id.as_str()), (TenantState::Trial, "K-bob"));
        let event = &shown.events[0];
        let details: Vec<_> = event.details.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect();
        assert_eq!((event.kind.as_str(), details), ("registered", vec![("accepted_at", "2026-11-01T08:00:00Z"), ("tries", "2")]));
        assert_eq!(fleet.get("nobody").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&fleet.usage("bob", 0).await.unwrap_err()), ["days"]);
        // Known here and nowhere else.
        assert_eq!(fleet.usage("bob", 7).await.unwrap_err().code(), Code::NotFound);
    }

    async fn figures_have_a_range_and_the_one_before(world) {
        let fleet = Fleet::start(&world).await;
        tell_of_three(&world).await;
        let shown = fleet.fleet(7).await.unwrap();
        assert_eq!(shown.tenants, 3);
        assert_eq!(counts(&shown.by_state), [("ACTIVE", 1), ("TRIAL", 1), ("TRIAL_ENDED", 1)]);
        assert_eq!(counts(&shown.by_industry), [("med-spa", 2), ("field-service", 1)]);
        assert_eq!((counts(&shown.by_plan), figure(shown.trial_ends)), (vec![("standard", 3)], (1, 1)));
        assert_eq!((figure(shown.sign_ups), shown.sign_ups_by_day.len()), ((2, 0), 7));
        let days: Vec<i64> = shown.sign_ups_by_day.iter().map(|day| day.value).collect();
        assert_eq!(days, [0, 0, 0, 1, 0, 1, 0]);
        let ids = |tenants: &[pb::Tenant]| tenants.iter().map(|tenant| tenant.tenant_id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&shown.next_trial_ends), ids(&shown.newest)), (vec!["bob".to_owned()], vec!["ada".into(), "bob".into(), "cy".into()]));
        let month = fleet.fleet(30).await.unwrap();
        assert_eq!((figure(month.sign_ups), month.sign_ups_by_day.len()), ((3, 0), 30));
        for days in [0, 1, 31, -7] {
            assert_eq!(fields(&fleet.fleet(days).await.unwrap_err()), ["days"], "{days}");
        }
    }
}
