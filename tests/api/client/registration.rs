//! `RegistrationService` of the client portal, and what follows from it behind the answer.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sea_orm::{FromQueryResult, Value};
use streamflow_client::registration::token;
use streamflow_kernel::jobs::Runner;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, org_service_client::OrgServiceClient,
    registration_service_client::RegistrationServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    federation::{Pair, Shape},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    sql,
    world::{Setup, World},
};
use tonic::{Code, Status};

/// Makes a token that is good for a week.
pub async fn sign_up_token(world: &World) -> String {
    token::create(&world.kernel, TimeDelta::days(7)).await.unwrap().reveal().to_owned()
}

/// Does the client system's jobs until it is dropped.
pub async fn jobs(world: &World) -> Runner {
    world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap()
}

pub fn wanted(token: &str, number: &str) -> pb::RegisterTenantRequest {
    pb::RegisterTenantRequest {
        sign_up_token: token.to_owned(),
        external_customer_id: number.to_owned(),
        name: "Glow Spa".to_owned(),
        industry: "med-spa".to_owned(),
        time_zone: "Europe/London".to_owned(),
        currency_code: "GBP".to_owned(),
        owner: Some(pb::RegistrationOwner { email: "Ada@Example.com".to_owned(), display_name: "Ada".to_owned() }),
        ..Default::default()
    }
}

pub async fn register(world: &World, wanted: pb::RegisterTenantRequest) -> Result<pb::RegisterTenantResponse, Status> {
    let mut registrations = RegistrationServiceClient::new(world.channel.clone());
    Ok(registrations.register_tenant(request(wanted, None)).await?.into_inner())
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

#[derive(FromQueryResult)]
struct Name {
    tenant_id: String,
}

/// Rows that the client system has, past the row policies.
pub async fn count(world: &World, from: &str, values: Vec<Value>) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS n FROM {from}"), values).await.unwrap();
    rows[0].n
}

/// Whether the other system comes to know the company.
async fn is_known_soon(pair: &Pair, tenant_id: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    let query = "SELECT COUNT(*) AS n FROM tenants WHERE tenant_id = ? AND industry = 'med-spa' AND external_customer_id = 'K-1'";
    while Instant::now() < until {
        let row = sql::row(&pair.provider.kernel.database, query, vec![tenant_id.into()]).await;
        if row.try_get::<i64>("", "n").unwrap() == 1 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Registrations that have nothing left that their owners would notice. A machine that is busy answers before it has come so far.
pub const WELCOMED: &str = "registrations WHERE welcomed_at IS NOT NULL";

/// Whether there soon is one such row.
pub async fn comes_to_be(world: &World, rows: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if count(world, rows, vec![]).await == 1 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

on_both! {
    async fn a_company_comes_with_everything_and_its_owner_gets_in(world) {
        let (_jobs, pair) = (jobs(&world).await, Pair::start(&world, Shape::Tcp).await);
        let token = sign_up_token(&world).await;
        let made = register(&world, wanted(&token, "K-1")).await.unwrap();
        assert_eq!((made.tenant_id.as_str(), made.state()), ("glow-spa", pb::RegistrationState::Ready));
        assert_eq!(made.url, "http://localhost:7001/tenant/glow-spa/client/dashboard");
        assert!(is_known_soon(&pair, "glow-spa").await);

        let link = link_token(&world, "ada@example.com").await;
        let reset = pb::ResetPasswordRequest { token: link, new_password: PASSWORD.into() };
        AccountServiceClient::new(world.channel.clone()).reset_password(request(reset, None)).await.unwrap();
        let owner = Person::sign_in(&world, "ada@example.com", PASSWORD).await;
        assert_eq!(owner.role, "OWNER");
        let org = OrgServiceClient::new(world.channel.clone()).get_org(owner.ask(pb::GetOrgRequest {})).await.unwrap();
        let org = org.into_inner().org.unwrap();
        assert_eq!((org.name.as_str(), org.industry.as_str(), org.plan.as_str()), ("Glow Spa", "med-spa", "standard"));

        // The company finds each step in its own audit.
        let id = streamflow_kernel::ids::parse(streamflow_kernel::ids::prefix::ORG, &owner.org_id).unwrap();
        assert_eq!(count(&world, "audit WHERE org_id = ? AND category = 'provisioning'", vec![id.into()]).await, 2);
        assert_eq!(count(&world, "audit WHERE org_id = ? AND category = 'federation' AND outcome = 'OK'", vec![id.into()]).await, 1);

        // An account that is there keeps its password, and is told of one more company.
        let second = register(&world, wanted(&sign_up_token(&world).await, "K-2")).await.unwrap();
        assert_eq!((second.tenant_id.as_str(), second.state()), ("glow-spa-2", pb::RegistrationState::Ready));
        let told = |mails: Vec<String>| mails.into_iter().filter(|mail| mail.contains("Sign in with the password you have")).count();
        for _ in 0..2_000 {
            if told(world.mails()) > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(told(world.mails()), 1);
        assert_eq!(count(&world, "users", vec![]).await, 1);
    }

    async fn a_number_is_one_company_however_often_it_is_sent(world) {
        let _jobs = jobs(&world).await;
        let token = sign_up_token(&world).await;
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..100 {
            // Half of them bring a token of their own.
            let token = if n % 2 == 0 { token.clone() } else { sign_up_token(&world).await };
            let mut registrations = RegistrationServiceClient::new(world.channel.clone());
            calls.spawn(async move { registrations.register_tenant(request(wanted(&token, "K-1"), None)).await });
        }
        let answers = calls.join_all().await;
        let names: std::collections::HashSet<String> =
            answers.into_iter().map(|answer| answer.unwrap().into_inner().tenant_id).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["glow-spa"]);
        assert!(comes_to_be(&world, WELCOMED).await);
        for (rows, n) in [("orgs", 1), ("registrations", 1), ("memberships", 1), ("users", 1), ("mail_outbox", 1)] {
            assert_eq!(count(&world, rows, vec![]).await, n, "{rows}");
        }
    }

    async fn other_content_is_told_to_its_own_token_alone(world) {
        let _jobs = jobs(&world).await;
        let token = sign_up_token(&world).await;
        register(&world, wanted(&token, "K-1")).await.unwrap();
        let other = |token: &str| {
            let mut other = wanted(token, "K-1");
            other.name = "Glow & Co".into();
            other.owner.as_mut().unwrap().email = "eve@example.com".into();
            other
        };
        let refused = register(&world, other(&token)).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::AlreadyExists, vec!["name".to_owned(), "owner.email".to_owned()]));
        // Of somebody else's registration a token learns no more than that it is there.
        let refused = register(&world, other(&sign_up_token(&world).await)).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::AlreadyExists, vec!["external_customer_id".to_owned()]));
        assert_eq!(count(&world, "users", vec![]).await, 1);
    }

    async fn a_token_is_good_for_one_company(world) {
        let _jobs = jobs(&world).await;
        let token = sign_up_token(&world).await;
        register(&world, wanted(&token, "K-1")).await.unwrap();
        let late = sign_up_token(&world).await;
        world.pass(TimeDelta::days(8));
        for (token, number) in [(token.as_str(), "K-2"), ("made-up", "K-1"), (late.as_str(), "K-3")] {
            let refused = register(&world, wanted(token, number)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "SIGN_UP_TOKEN"), "{number}");
        }
        assert_eq!(register(&world, wanted(&token, "K-1")).await.unwrap().tenant_id, "glow-spa", "its own stays good");
        assert_eq!(count(&world, "orgs", vec![]).await, 1);
    }

    async fn everything_that_is_wrong_is_told_at_once(world) {
        let nothing = register(&world, pb::RegisterTenantRequest::default()).await.unwrap_err();
        let all = ["sign_up_token", "external_customer_id", "name", "time_zone", "currency_code", "owner.email", "owner.display_name"];
        assert_eq!(fields(&nothing), all);
        let mut bad = wanted("x", "ada@example.com");
        (bad.tenant_id, bad.plan, bad.industry) = ("A".into(), "No 1".into(), "bakery".into());
        assert_eq!(fields(&register(&world, bad).await.unwrap_err()), ["external_customer_id", "tenant_id", "industry", "plan"]);

        world.company("Harrow & Pike").await;
        let taken = world.kernel.database.system_read().await.unwrap();
        let taken: Vec<Name> = taken.query("SELECT tenant_id FROM orgs", vec![]).await.unwrap();
        let mut wish = wanted(&sign_up_token(&world).await, "K-1");
        wish.tenant_id.clone_from(&taken[0].tenant_id);
        assert_eq!(fields(&register(&world, wish).await.unwrap_err()), ["tenant_id"]);
        assert_eq!(count(&world, "registrations", vec![]).await, 0);
    }

    async fn another_system_that_is_away_fails_nothing_and_hears_of_it_later(world) {
        let _jobs = jobs(&world).await;
        let made = register(&world, wanted(&sign_up_token(&world).await, "K-1")).await.unwrap();
        assert_eq!(made.state(), pb::RegistrationState::Ready);
        assert!(comes_to_be(&world, "registrations WHERE step = 'welcomed' AND attempts > 0 AND last_error <> ''").await);
        for _ in 0..3 {
            world.pass(TimeDelta::seconds(3));
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
        let tried = "audit WHERE category = 'federation' AND outcome = 'UNAVAILABLE'";
        assert!((1..=2).contains(&count(&world, tried, vec![]).await), "once a minute");

        let pair = Pair::start(&world, Shape::Tcp).await;
        world.pass(TimeDelta::seconds(3));
        assert!(is_known_soon(&pair, "glow-spa").await);
        // The other system knows it before this one has its answer.
        assert!(comes_to_be(&world, "registrations WHERE step = 'told' AND attempts = 0").await);
    }

    async fn without_anybody_to_finish_it_a_registration_is_pending(world) {
        let token = sign_up_token(&world).await;
        let begun = register(&world, wanted(&token, "K-1")).await.unwrap();
        assert_eq!((begun.state(), begun.tenant_id.as_str()), (pb::RegistrationState::Pending, "glow-spa"));
        // Meanwhile its name is kept, for others and from the operator's own hand alike.
        let other = register(&world, wanted(&sign_up_token(&world).await, "K-2")).await.unwrap();
        assert_eq!(other.tenant_id, "glow-spa-2");
        let _jobs = jobs(&world).await;
        // A busy machine may need more than the seconds that one call waits. The clock stands, so the first try has to do it, though
        // both companies have the same new owner.
        let until = Instant::now() + Duration::from_secs(60);
        while register(&world, wanted(&token, "K-1")).await.unwrap().state() != pb::RegistrationState::Ready {
            assert!(Instant::now() < until, "nobody finished it");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_accepted_is_answered_though_nobody_can_look_how_far_it_has_come() {
    let world = World::sqlite().await;
    let wish = wanted(&sign_up_token(&world).await, "K-1");
    let (call, hidden) = tokio::join!(register(&world, wish.clone()), async {
        assert!(comes_to_be(&world, "registrations").await);
        sql::execute(&world.kernel.database, "ALTER TABLE registrations RENAME TO hidden", vec![]).await
    });
    hidden.unwrap();
    let begun = call.unwrap();
    assert_eq!((begun.state(), begun.tenant_id.as_str()), (pb::RegistrationState::Pending, "glow-spa"));
    sql::execute(&world.kernel.database, "ALTER TABLE hidden RENAME TO registrations", vec![]).await.unwrap();
    assert_eq!(register(&world, wish).await.unwrap(), begun);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_try_few_tokens_a_minute() {
    let setup = Setup { limits: [("registration".to_owned(), 3)].into(), ..Setup::default() };
    let world = World::with(streamflow_kernel::db::Backend::Sqlite, setup).await;
    let mut codes = Vec::new();
    for n in 0..4 {
        codes.push(register(&world, wanted(&format!("guess-{n}"), "K-1")).await.unwrap_err().code());
    }
    assert_eq!(codes, [Code::Unauthenticated, Code::Unauthenticated, Code::Unauthenticated, Code::ResourceExhausted]);
}
