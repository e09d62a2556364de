//! Guesses are slowed down, and the person guessed at is not locked out.

use chrono::TimeDelta;
use streamflow_kernel::{db::Backend, error::Error, kernel::Kernel, rate_limit, server::proxies::TrustedProxies};
use streamflow_migrations::System;
use streamflow_proto::{
    client::v1::{self as pb, account_service_client::AccountServiceClient, session_service_client::SessionServiceClient},
    provider::v1 as desk_pb,
};
use streamflow_tests::{
    on_both, operator,
    person::{PASSWORD, request},
    world::{ORIGIN, Setup, World},
};
use tonic::{Code, Request, Response, Status, metadata::MetadataMap};

const STRANGER: &str = "203.0.113.9";
const HOME: &str = "198.51.100.7";

/// The device's token, if an answer leaves one in the browser.
fn device(metadata: &MetadataMap, space: &str) -> Option<String> {
    let cookies = metadata.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let mut values = cookies.filter_map(|cookie| cookie.strip_prefix(&format!("__Host-sf_{space}_device="))?.split(';').next());
    values.next().map(str::to_owned)
}

async fn sign_in(
    world: &World,
    email: &str,
    password: &str,
    from: &str,
    device: Option<&str>,
) -> Result<Response<pb::SignInResponse>, Status> {
    let sign_in = pb::SignInRequest { email: email.into(), password: password.into(), return_token: true };
    let mut request: Request<_> = request(sign_in, None);
    request.metadata_mut().insert("x-forwarded-for", from.parse().unwrap());
    if let Some(device) = device {
        request.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
        request.metadata_mut().insert("cookie", format!("__Host-sf_client_device={device}").parse().unwrap());
    }
    SessionServiceClient::new(world.channel.clone()).sign_in(request).await
}

/// The code of a wrong guess.
async fn guess(world: &World, email: &str, from: &str, device: Option<&str>) -> Code {
    sign_in(world, email, "not-the-right-password", from, device).await.unwrap_err().code()
}

async fn rows(kernel: &Kernel, table: &str) -> i64 {
    let db = kernel.database.system_read().await.unwrap();
    let counts: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS rows FROM {table}"), vec![]).await.unwrap();
    counts[0].rows
}

#[derive(sea_orm::FromQueryResult)]
struct Count {
    rows: i64,
}

/// A company behind a balancer, and the address and device of somebody in it who has no second factor.
async fn staff() -> (World, String, String) {
    let trusted_proxies = TrustedProxies::parse(&["127.0.0.0/8".to_owned()]).unwrap();
    let world = World::with(Backend::Sqlite, Setup { trusted_proxies, ..Setup::default() }).await;
    let owner = world.company("Harrow & Pike").await;
    let email = owner.hire(&world, pb::Role::Staff, "").await.email;
    let answer = sign_in(&world, &email, PASSWORD, HOME, None).await.unwrap();
    let device = device(answer.metadata(), "client").expect("a completed sign-in leaves a device cookie");
    (world, email, device)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_lock_themselves_out_and_nobody_else() {
    let (world, email, device) = staff().await;
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::Unauthenticated);
    let db = world.kernel.database.system().await.unwrap();
    db.execute("UPDATE lockouts SET failures = 200", vec![]).await.unwrap();
    db.commit().await.unwrap();
    world.pass(TimeDelta::seconds(31));
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::Unauthenticated);
    // The person's own device does not wait at all; elsewhere it is half a minute.
    sign_in(&world, &email, PASSWORD, STRANGER, Some(&device)).await.unwrap();
    assert_eq!(guess(&world, &email, HOME, None).await, Code::ResourceExhausted);
    world.pass(TimeDelta::seconds(31));
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::ResourceExhausted);
    sign_in(&world, &email, PASSWORD, HOME, None).await.unwrap();
    world.pass(TimeDelta::minutes(50));
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::ResourceExhausted);
    world.pass(TimeDelta::minutes(10));
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_counted_changes_and_is_forgotten() {
    let (world, email, first) = staff().await;
    assert_eq!(guess(&world, &email, HOME, Some(&first)).await, Code::Unauthenticated);
    assert_eq!(guess(&world, &email, STRANGER, Some(&first)).await, Code::ResourceExhausted);
    world.pass(TimeDelta::seconds(2));
    let answer = sign_in(&world, &email, PASSWORD, HOME, Some(&first)).await.unwrap();
    let second = device(answer.metadata(), "client").unwrap();
    // The first is good no longer: both guesses count for the account.
    assert_eq!(guess(&world, &email, STRANGER, Some(&first)).await, Code::Unauthenticated);
    assert_eq!(guess(&world, &email, HOME, Some(&first)).await, Code::ResourceExhausted);
    sign_in(&world, &email, PASSWORD, HOME, Some(&second)).await.unwrap();
    let answer = sign_in(&world, &email, PASSWORD, HOME, Some(&second)).await;
    assert_eq!(answer.unwrap_err().code(), Code::ResourceExhausted, "the second was replaced");
    world.pass(TimeDelta::days(181));
    let (devices, answer) =
        (rows(&world.kernel, "known_devices").await, sign_in(&world, &email, PASSWORD, HOME, None).await.unwrap());
    let last = device(answer.metadata(), "client").unwrap();
    assert_eq!(rows(&world.kernel, "known_devices").await, devices + 1);
    world.pass(TimeDelta::days(181));
    assert_eq!(guess(&world, &email, STRANGER, None).await, Code::Unauthenticated);
    assert_eq!(guess(&world, &email, HOME, Some(&last)).await, Code::ResourceExhausted, "it is too old to be known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaving_everywhere_and_a_new_password_forget_all_devices() {
    let (world, email, _) = staff().await;
    let mine = "(SELECT 1 FROM known_devices d JOIN users u ON u.id = d.user_id WHERE u.display_name LIKE 'Test %') mine";
    assert_eq!(rows(&world.kernel, mine).await, 2);
    let token = sign_in(&world, &email, PASSWORD, HOME, None).await.unwrap().into_inner().token;
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    sessions.sign_out_everywhere(request(pb::SignOutEverywhereRequest {}, Some(&token))).await.unwrap();
    assert_eq!(rows(&world.kernel, mine).await, 0);
    let token = sign_in(&world, &email, PASSWORD, HOME, None).await.unwrap().into_inner().token;
    assert_eq!(rows(&world.kernel, mine).await, 1);
    let change =
        pb::ChangePasswordRequest { current_password: PASSWORD.into(), new_password: "entirely other words 4711".into() };
    AccountServiceClient::new(world.channel.clone()).change_password(request(change, Some(&token))).await.unwrap();
    assert_eq!(rows(&world.kernel, mine).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_devices_are_known_too() {
    let desk = operator::Desk::start(System::Provider).await;
    let ask = |token: Option<&str>| {
        let mut request = request((), token);
        request.metadata_mut().insert("x-streamflow-portal", desk.space.parse().unwrap());
        request
    };
    let mut sessions = desk_pb::session_service_client::SessionServiceClient::new(desk.channel.clone());
    let sign_in =
        desk_pb::SignInRequest { email: operator::EMAIL.into(), password: operator::PASSWORD.into(), return_token: true };
    let pending = sessions.sign_in(ask(None).map(|()| sign_in)).await.unwrap();
    assert_eq!(device(pending.metadata(), desk.space), None, "half a sign-in makes no device known");
    let verify = desk_pb::VerifySecondFactorRequest { code: desk.code(), return_token: true };
    let full = sessions.verify_second_factor(ask(Some(&pending.into_inner().token)).map(|()| verify)).await.unwrap();
    assert!(device(full.metadata(), desk.space).is_some());
    assert_eq!(rows(&desk.kernel, "known_devices").await, 1);
    let token = full.into_inner().token;
    sessions.sign_out_everywhere(ask(Some(&token)).map(|()| desk_pb::SignOutEverywhereRequest {})).await.unwrap();
    assert_eq!(rows(&desk.kernel, "known_devices").await, 0);
}

on_both! {
    async fn the_ladder_forgets_after_a_day_and_ends_early_for_whole_accounts(world) {
        let database = &world.kernel.database;
        let mut now = world.now();
        let wait = async |now| match rate_limit::count_short(database, "anna", now).await {
            Err(Error::Throttled { retry_after, .. }) => TimeDelta::from_std(retry_after).unwrap(),
            other => panic!("{other:?}"),
        };
        for _ in 1..=120 {
            rate_limit::count_short(database, "anna", now).await.unwrap();
            now += wait(now).await;
        }
        rate_limit::count_short(database, "anna", now).await.unwrap();
        assert_eq!(wait(now).await, TimeDelta::seconds(30));
        rate_limit::refuse_while_locked(database, "anna", now).await.unwrap_err();
        rate_limit::refuse_while_locked(database, "anna", now + TimeDelta::seconds(30)).await.unwrap();
        now += TimeDelta::hours(24) + TimeDelta::seconds(1);
        rate_limit::count_short(database, "anna", now).await.unwrap();
        assert_eq!(wait(now).await, TimeDelta::seconds(1));
    }
}
