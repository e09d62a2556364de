//! `SignUpService`, and what becomes of a trial.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use sea_orm::{FromQueryResult, Value};
use streamflow_client::org::plan::set_plan;
use streamflow_kernel::ids;
use streamflow_proto::client::v1::{
    self as pb, org_service_client::OrgServiceClient, saved_view_service_client::SavedViewServiceClient,
    session_service_client::SessionServiceClient, sign_up_service_client::SignUpServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::{Setup, World},
};
use tonic::{Code, Status};

use super::{
    customer, record,
    registration::{WELCOMED, comes_to_be, jobs},
};

const ADA: &str = "ada@example.com";

pub async fn start(world: &World, email: &str) -> Result<pb::StartSignUpResponse, Status> {
    let start = pb::StartSignUpRequest { email: email.to_owned(), display_name: "Ada Moreno".to_owned() };
    Ok(SignUpServiceClient::new(world.channel.clone()).start_sign_up(request(start, None)).await?.into_inner())
}

pub async fn confirm(world: &World, token: &str, password: &str) -> Result<pb::ConfirmSignUpResponse, Status> {
    let confirm = pb::ConfirmSignUpRequest { token: token.to_owned(), password: password.to_owned() };
    Ok(SignUpServiceClient::new(world.channel.clone()).confirm_sign_up(request(confirm, None)).await?.into_inner())
}

pub async fn set_up(world: &World, wanted: pb::SetUpCompanyRequest) -> Result<pb::SetUpCompanyResponse, Status> {
    Ok(SignUpServiceClient::new(world.channel.clone()).set_up_company(request(wanted, None)).await?.into_inner())
}

pub fn glow(set_up_token: &str) -> pb::SetUpCompanyRequest {
    pb::SetUpCompanyRequest {
        set_up_token: set_up_token.to_owned(),
        name: "Glow Spa".to_owned(),
        tenant_id: String::new(),
        industry: "med-spa".to_owned(),
        time_zone: "Europe/London".to_owned(),
        currency_code: "GBP".to_owned(),
    }
}

/// The secret of somebody new who has clicked the link.
async fn confirmed(world: &World, email: &str) -> String {
    start(world, email).await.unwrap();
    confirm(world, &link_token(world, email).await, PASSWORD).await.unwrap().set_up_token
}

/// The owner of a company that somebody set up by themselves.
async fn set_up_by(world: &World, email: &str) -> Person {
    set_up(world, glow(&confirmed(world, email).await)).await.unwrap();
    assert!(comes_to_be(world, WELCOMED).await);
    Person::sign_in(world, email, PASSWORD).await
}

async fn me(person: &Person) -> pb::MeResponse {
    SessionServiceClient::new(person.channel.clone()).me(person.ask(pb::MeRequest {})).await.unwrap().into_inner()
}

/// Past everything that people can do.
async fn change(world: &World, sql: &str, values: Vec<Value>) {
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, values).await.unwrap();
    db.commit().await.unwrap();
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

async fn count(world: &World, from: &str, values: Vec<Value>) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS n FROM {from}"), values).await.unwrap();
    rows[0].n
}

/// Mails to an address, once there are as many as expected.
pub async fn mails_to(world: &World, email: &str, expected: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..6_000 {
        found = world.mails().into_iter().filter(|mail| mail.contains(email)).collect();
        if found.len() >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(found.len(), expected, "{email}");
    found
}

on_both! {
    async fn somebody_begins_and_works_in_their_own_company(world) {
        let _jobs = jobs(&world).await;
        start(&world, " Ada@Example.com").await.unwrap();
        let token = link_token(&world, ADA).await;
        let known = confirm(&world, &token, PASSWORD).await.unwrap();
        assert_eq!((known.email.as_str(), known.display_name.as_str(), known.industries.len()), (ADA, "Ada Moreno", 4));
        let spa = known.industries.iter().find(|one| one.name == "med-spa").unwrap();
        assert!(!spa.title.is_empty() && !spa.stages.is_empty() && !spa.customer_fields.is_empty());
        assert_eq!(count(&world, "users", vec![]).await + count(&world, "orgs", vec![]).await, 0, "nothing before the last act");

        let made = set_up(&world, glow(&known.set_up_token)).await.unwrap();
        assert_eq!((made.tenant_id.as_str(), made.state()), ("glow-spa", pb::RegistrationState::Ready));
        let owner = Person::sign_in(&world, ADA, PASSWORD).await;
        assert_eq!(owner.role, "OWNER");
        let org = OrgServiceClient::new(world.channel.clone()).get_org(owner.ask(pb::GetOrgRequest {})).await.unwrap();
        let org = org.into_inner().org.unwrap();
        assert_eq!((org.name.as_str(), org.industry.as_str(), org.plan.as_str()), ("Glow Spa", "med-spa", "trial"));
        let me = me(&owner).await;
        let days = (me.trial_ends_at.unwrap().seconds - world.now().timestamp()) / 86_400;
        assert_eq!((me.trial_ended, days), (false, 13), "fourteen but for the minute since");
        customer::create(&owner, customer::named("First")).await.unwrap();
        assert!(mails_to(&world, ADA, 2).await.iter().any(|mail| mail.contains("Sign in with the password you have")));

        // The audit names the person, and has no secret.
        let by_ada = "audit WHERE path LIKE '%SetUpCompany' AND actor_name = 'Ada Moreno' AND outcome = 'OK'";
        assert_eq!(count(&world, by_ada, vec![]).await, 1);
        let leaks = "audit WHERE CAST(payload AS TEXT) LIKE ? OR CAST(payload AS TEXT) LIKE ? OR CAST(payload AS TEXT) LIKE ?";
        let secrets = [token.as_str(), known.set_up_token.as_str(), PASSWORD].map(|secret| Value::from(format!("%{secret}%")));
        assert_eq!(count(&world, leaks, secrets.into()).await, 0);
        assert_eq!(count(&world, "sign_ups WHERE password_hash <> ''", vec![]).await, 0, "the account has it now");
        assert_eq!(count(&world, "idempotency WHERE rpc LIKE '%SignUpService%'", vec![]).await, 0);
    }

    async fn everything_that_is_wrong_is_told_at_once(world) {
        let mut sign_ups = SignUpServiceClient::new(world.channel.clone());
        let nothing = sign_ups.start_sign_up(request(pb::StartSignUpRequest::default(), None)).await.unwrap_err();
        assert_eq!(fields(&nothing), ["email", "display_name"]);
        start(&world, ADA).await.unwrap();
        let token = link_token(&world, ADA).await;
        for weak in ["", "short", "ada@example.com"] {
            assert_eq!(fields(&confirm(&world, &token, weak).await.unwrap_err()), ["password"], "{weak}");
        }
        let secret = confirm(&world, &token, PASSWORD).await.unwrap().set_up_token;
        let bad = pb::SetUpCompanyRequest { set_up_token: secret.clone(), tenant_id: "A".into(), industry: "bakery".into(), ..Default::default() };
        let all = ["name", "tenant_id", "time_zone", "currency_code", "industry"];
        assert_eq!(fields(&set_up(&world, bad).await.unwrap_err()), all);

        let other = world.company("Harrow & Pike").await;
        let taken = me(&other).await.tenant_id;
        let wish = pb::SetUpCompanyRequest { tenant_id: taken.clone(), ..glow(&secret) };
        assert_eq!(fields(&set_up(&world, wish.clone()).await.unwrap_err()), ["tenant_id"]);
        let both = pb::SetUpCompanyRequest { name: " ".into(), ..wish };
        assert_eq!(fields(&set_up(&world, both).await.unwrap_err()), ["name", "tenant_id"]);
        assert_eq!(count(&world, "registrations", vec![]).await + count(&world, "users WHERE email = ?", vec![ADA.into()]).await, 0);
    }

    async fn a_known_address_gets_the_same_answer_and_another_mail(world) {
        let owner = world.company("Harrow & Pike").await;
        let (known, unknown) = (start(&world, &owner.email.to_uppercase()).await.unwrap(), start(&world, ADA).await.unwrap());
        assert_eq!(known, unknown);
        let mails = mails_to(&world, &owner.email, 1).await;
        assert!(mails[0].contains("has an account already") && !mails[0].contains("token="));
        mails_to(&world, ADA, 1).await;
        // Both at most one in two minutes, whoever asks.
        for email in [owner.email.as_str(), ADA] {
            start(&world, email).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        mails_to(&world, &owner.email, 1).await;
        mails_to(&world, ADA, 1).await;
        world.pass(TimeDelta::minutes(3));
        start(&world, &owner.email).await.unwrap();
        mails_to(&world, &owner.email, 2).await;
    }

    async fn of_many_who_ask_at_once_for_one_address_one_mail_goes(world) {
        for answer in futures::future::join_all((0..50).map(|_| start(&world, ADA))).await {
            answer.unwrap();
        }
        mails_to(&world, ADA, 1).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        mails_to(&world, ADA, 1).await;
        assert_eq!(count(&world, "sign_ups", vec![]).await, 1);
    }

    async fn an_account_that_came_meanwhile_is_nobodys_to_take(world) {
        let _jobs = jobs(&world).await;
        let secret = confirmed(&world, ADA).await;
        let token = link_token(&world, ADA).await;
        let owner = world.company("Harrow & Pike").await;
        change(&world, "UPDATE users SET email = ? WHERE email = ?", vec![ADA.into(), owner.email.clone().into()]).await;
        for refused in [set_up(&world, glow(&secret)).await.unwrap_err(), confirm(&world, &token, PASSWORD).await.unwrap_err()] {
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "ACCOUNT_EXISTS"));
        }
        assert_eq!((count(&world, "orgs", vec![]).await, count(&world, "registrations", vec![]).await), (1, 0));
    }

    async fn whoever_left_their_company_may_begin_anew(world) {
        let _jobs = jobs(&world).await;
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let remove = pb::RemoveMemberRequest { user_id: staff.user_id.clone() };
        TeamServiceClient::new(world.channel.clone()).remove_member(owner.ask(remove)).await.unwrap();
        world.pass(TimeDelta::minutes(1));
        start(&world, &staff.email).await.unwrap();
        mails_to(&world, &staff.email, 2).await;
        let password = "another-Quiet-harbour-41";
        let secret = confirm(&world, &link_token(&world, &staff.email).await, password).await.unwrap().set_up_token;
        set_up(&world, glow(&secret)).await.unwrap();
        let again = Person::sign_in(&world, &staff.email, password).await;
        assert_eq!((again.role.as_str(), &again.user_id), ("OWNER", &staff.user_id));
        assert_ne!(again.org_id, owner.org_id);
    }

    async fn links_end_and_are_good_for_one_company(world) {
        let _jobs = jobs(&world).await;
        let closed = |refused: Status| assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "SIGN_UP_CLOSED"));
        start(&world, ADA).await.unwrap();
        let token = link_token(&world, ADA).await;
        closed(confirm(&world, "made-up", PASSWORD).await.unwrap_err());
        closed(set_up(&world, glow("")).await.unwrap_err());
        closed(set_up(&world, glow(&token)).await.unwrap_err());
        let first = confirm(&world, &token, "another-Quiet-harbour-41").await.unwrap().set_up_token;
        let second = confirm(&world, &token, PASSWORD).await.unwrap().set_up_token;
        closed(set_up(&world, glow(&first)).await.unwrap_err());
        let made = set_up(&world, glow(&second)).await.unwrap();
        // The link is used up; its own secret still tells what came of it, and makes nothing else.
        closed(confirm(&world, &token, PASSWORD).await.unwrap_err());
        assert_eq!(set_up(&world, glow(&second)).await.unwrap(), made);
        let other = pb::SetUpCompanyRequest { name: "Glow & Co".into(), ..glow(&second) };
        let refused = set_up(&world, other).await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::AlreadyExists, vec!["name".to_owned()]));
        assert_eq!(Person::sign_in(&world, ADA, PASSWORD).await.role, "OWNER", "with the password that was chosen last");

        // A secret opens nothing of somebody else's.
        let bob = confirmed(&world, "bob@example.com").await;
        assert_eq!(set_up(&world, glow(&bob)).await.unwrap().tenant_id, "glow-spa-2");
        assert_eq!(count(&world, "memberships", vec![]).await, 2);
        start(&world, "late@example.com").await.unwrap();
        let late = link_token(&world, "late@example.com").await;
        let begun = confirm(&world, &late, PASSWORD).await.unwrap().set_up_token;
        world.pass(TimeDelta::hours(25));
        closed(confirm(&world, &late, PASSWORD).await.unwrap_err());
        closed(set_up(&world, glow(&begun)).await.unwrap_err());
        closed(set_up(&world, glow(&second)).await.unwrap_err());
    }

    async fn however_often_it_is_sent_one_company_comes_of_it(world) {
        let _jobs = jobs(&world).await;
        let secret = confirmed(&world, ADA).await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (mut sign_ups, wanted) = (SignUpServiceClient::new(world.channel.clone()), glow(&secret));
            calls.spawn(async move { sign_ups.set_up_company(request(wanted, None)).await });
        }
        let names: HashSet<String> = calls.join_all().await.into_iter().map(|answer| answer.unwrap().into_inner().tenant_id).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["glow-spa"]);
        assert!(comes_to_be(&world, WELCOMED).await);
        for (rows, n) in [("orgs", 1), ("registrations", 1), ("memberships", 1), ("users", 1)] {
            assert_eq!(count(&world, rows, vec![]).await, n, "{rows}");
        }
        let number = "registrations WHERE external_customer_id LIKE 'sign-up:%'";
        assert_eq!(count(&world, number, vec![]).await, 1);
    }

    async fn a_trial_that_has_ended_changes_nothing_and_hides_nothing(world) {
        let _jobs = jobs(&world).await;
        let (owner, other) = (set_up_by(&world, ADA).await, world.company("Elsewhere").await);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let kept = customer::create(&owner, customer::named("Kept")).await.unwrap();
        let org = ids::parse(ids::prefix::ORG, &owner.org_id).unwrap();
        let ends = world.now() + TimeDelta::minutes(5);
        let move_end = "UPDATE orgs SET trial_ends_at = ? WHERE id = ?";
        change(&world, move_end, vec![Some(ends).into(), org.into()]).await;
        customer::create(&staff, customer::named("In time")).await.unwrap();
        world.pass(TimeDelta::minutes(6));

        for person in [&owner, &staff] {
            let refused = customer::create(person, customer::named("Late")).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "TRIAL_ENDED"));
            assert!(refused.message().contains("trial has ended") && refused.message().contains("whoever runs StreamFlow"));
            let me = me(person).await;
            assert!(me.trial_ended && me.trial_ends_at.is_some());
            let has = |right: &str| me.permissions.iter().any(|known| known == right);
            assert!(has("customer.read") && !has("customer.write"));
        }
        assert_eq!(customer::get(&owner, &kept.id).await.unwrap(), kept);
        assert!(record::export(&owner, pb::RecordKind::Customer.into(), "", &["name"]).await.unwrap().contains("Kept"));
        // What is a person's own goes on, signing out included.
        let view = pb::SavedView { kind: pb::ListKind::Customer.into(), name: "Mine".into(), ..Default::default() };
        let view = pb::CreateSavedViewRequest { view: Some(view) };
        SavedViewServiceClient::new(world.channel.clone()).create_saved_view(staff.ask(view)).await.unwrap();
        SessionServiceClient::new(world.channel.clone()).sign_out(staff.ask(pb::SignOutRequest {})).await.unwrap();
        assert_eq!(Person::sign_in(&world, &staff.email, PASSWORD).await.role, "STAFF");
        customer::create(&other, customer::named("Elsewhere")).await.unwrap();
        assert!(me(&other).await.trial_ends_at.is_none());

        // The operator's own hand ends it, and the company reads so in its audit.
        let tenant_id = me(&owner).await.tenant_id;
        assert_eq!(reason(&set_plan(&world.kernel, "nobody", "standard").await.unwrap_err().into()), "NOT_FOUND");
        set_plan(&world.kernel, &tenant_id, "standard").await.unwrap();
        customer::create(&owner, customer::named("Paid for")).await.unwrap();
        let paid = me(&owner).await;
        assert!(!paid.trial_ended && paid.trial_ends_at.is_none());
        assert_eq!(count(&world, "audit WHERE org_id = ? AND path = 'streamflow tenant plan'", vec![org.into()]).await, 1);
        set_plan(&world.kernel, &tenant_id, "trial").await.unwrap();
        assert_eq!(me(&owner).await.trial_ends_at.unwrap().seconds, (world.now() + TimeDelta::days(14)).timestamp());
    }

    async fn sign_ups_are_forgotten(world) {
        start(&world, ADA).await.unwrap();
        mails_to(&world, ADA, 1).await;
        world.pass(TimeDelta::days(3));
        let _jobs = jobs(&world).await;
        for _ in 0..2_000 {
            if count(&world, "sign_ups", vec![]).await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(count(&world, "sign_ups", vec![]).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_ask_for_few_links_a_minute() {
    let setup = Setup { limits: [("sign_in".to_owned(), 3)].into(), ..Setup::default() };
    let world = World::with(streamflow_kernel::db::Backend::Sqlite, setup).await;
    let mut codes = Vec::new();
    for n in 0..4 {
        codes.push(start(&world, &format!("n{n}@example.com")).await.map_or_else(|refused| refused.code(), |_| Code::Ok));
    }
    assert_eq!(codes, [Code::Ok, Code::Ok, Code::Ok, Code::ResourceExhausted]);
}
