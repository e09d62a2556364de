//! `EmailCodeService`: signing in by a mailed code.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::ids;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, audit_service_client::AuditServiceClient,
    customer_service_client::CustomerServiceClient, email_code_service_client::EmailCodeServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, request},
    world::{ORIGIN, Setup, World},
};
use tonic::{Code, Request, Response, Status};

use super::registration::jobs;

const NOBODY: &str = "nobody@example.com";

async fn ask(world: &World, email: &str) -> Result<pb::SendCodeResponse, Status> {
    let ask = pb::SendCodeRequest { email: email.to_owned() };
    Ok(EmailCodeServiceClient::new(world.channel.clone()).send_code(request(ask, None)).await?.into_inner())
}

fn with_code(email: &str, code: &str) -> pb::SignInWithCodeRequest {
    pb::SignInWithCodeRequest { email: email.to_owned(), code: code.to_owned(), return_token: true }
}

/// The clock goes on, so that whoever tries next is not slowed down.
async fn sign_in(world: &World, email: &str, code: &str) -> Result<pb::SignInWithCodeResponse, Status> {
    let call = EmailCodeServiceClient::new(world.channel.clone()).sign_in_with_code(request(with_code(email, code), None)).await;
    world.pass(TimeDelta::seconds(11));
    Ok(call?.into_inner())
}

/// Mails with a code to somebody, oldest first, once there are so many.
async fn mailed(world: &World, email: &str, count: usize) -> Vec<String> {
    for _ in 0..1_000 {
        let mails = world.mails();
        let codes: Vec<_> = mails.iter().filter(|mail| mail.contains(email)).filter_map(|mail| code_in(mail)).collect();
        if codes.len() >= count {
            return codes;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail number {count} with a code for {email}");
}

/// The line "1234 5678" of a mail, as its reader types it.
fn code_in(mail: &str) -> Option<String> {
    let is_code = |line: &&str| {
        line.len() == 9 && line.bytes().enumerate().all(|(at, b)| if at == 4 { b == b' ' } else { b.is_ascii_digit() })
    };
    mail.lines().map(str::trim_end).find(is_code).map(str::to_owned)
}

/// A code that was just mailed to somebody who had none before.
async fn code(world: &World, email: &str) -> String {
    ask(world, email).await.unwrap();
    mailed(world, email, 1).await.remove(0)
}

/// Another code that was not mailed.
fn wrong(code: &str, by: u32) -> String {
    let code: String = code.split(' ').collect();
    format!("{:08}", (code.parse::<u32>().unwrap() + by) % 100_000_000)
}

#[derive(Debug, FromQueryResult)]
struct Row {
    code_mac: Vec<u8>,
    tries: i32,
}

/// What is kept of codes, once there are so many of them.
async fn rows(world: &World, count: usize) -> Vec<Row> {
    for _ in 0..1_000 {
        let db = world.kernel.database.system_read().await.unwrap();
        let rows: Vec<Row> = db.query("SELECT code_mac, tries FROM email_codes", vec![]).await.unwrap();
        if rows.len() == count {
            return rows;
        }
        drop(db);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no {count} rows");
}

async fn execute(world: &World, sql: &str, values: Vec<sea_orm::Value>) {
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, values).await.unwrap();
    db.commit().await.unwrap();
}

/// A device that the person is known by from now on.
async fn device(world: &World, email: &str) -> String {
    let sign_in = pb::SignInRequest { email: email.to_owned(), password: PASSWORD.to_owned(), return_token: true };
    let answer = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap();
    let cookies = answer.metadata().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let mut devices = cookies.filter_map(|cookie| cookie.strip_prefix("__Host-sf_client_device=")?.split(';').next());
    devices.next().unwrap().to_owned()
}

/// As the one browser of these tests sends it, which asks for a code and types it, so that two devices here have the same code.
fn from_device<T>(message: T, device: &str) -> Request<T> {
    let mut request = request(message, None);
    request.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
    let cookies = format!("__Host-sf_client_device={device}; __Host-sf_client_code={}", "b".repeat(43));
    request.metadata_mut().insert("cookie", cookies.parse().unwrap());
    request
}

/// What a caller can tell of a refusal.
fn told(status: &Status) -> (Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

on_both! {
    async fn a_mailed_code_takes_the_place_of_the_password(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        assert_eq!(ask(&world, &staff.email.to_uppercase()).await.unwrap().pause_seconds, 60);
        let code = mailed(&world, &staff.email, 1).await.remove(0);
        let kept = rows(&world, 1).await;
        assert_eq!((kept[0].code_mac.len(), kept[0].tries), (32, 0));
        let answer = EmailCodeServiceClient::new(world.channel.clone()).sign_in_with_code(request(with_code(&staff.email, &code), None)).await;
        let answer: Response<pb::SignInWithCodeResponse> = answer.unwrap();
        let cookies: Vec<_> = answer.metadata().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-sf_client=") && cookie.contains("HttpOnly")), "{cookies:?}");
        assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-sf_client_device=")), "{cookies:?}");
        let entered = answer.into_inner();
        assert_eq!(entered.second_factor(), pb::SecondFactorState::Done);
        let list = request(pb::ListCustomersRequest::default(), Some(&entered.token));
        CustomerServiceClient::new(world.channel.clone()).list_customers(list).await.unwrap();

        // The company reads of it as of any sign-in, without the code.
        let list = pb::ListAuditRequest { filter: "path : SignInWithCode".into(), ..Default::default() };
        let records = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
        let shown: Vec<_> = records.iter().map(|one| (one.category.as_str(), one.outcome.as_str(), one.payload.as_str())).collect();
        assert_eq!(shown, [("sign_in", "OK", "{}")]);
        assert_eq!(records[0].actor_id, staff.user_id);
    }

    async fn it_does_not_take_the_place_of_the_second_factor(world) {
        let owner = world.company("Harrow & Pike").await;
        world.pass(TimeDelta::seconds(1));
        let begun = sign_in(&world, &owner.email, &code(&world, &owner.email).await).await.unwrap();
        assert_eq!(begun.second_factor(), pb::SecondFactorState::CodeNeeded);
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let early = sessions.list_sessions(request(pb::ListSessionsRequest::default(), Some(&begun.token))).await.unwrap_err();
        assert_eq!(reason(&early), "SECOND_FACTOR_NEEDED");
        // Nor does it set up another authenticator, which needs the password.
        let enrol = pb::EnrolSecondFactorRequest { current_password: String::new(), code: owner.code(&world) };
        let refused = AccountServiceClient::new(world.channel.clone()).enrol_second_factor(request(enrol, Some(&begun.token))).await;
        assert_eq!(fields(&refused.unwrap_err()), ["current_password"]);
        let verify = pb::VerifySecondFactorRequest { code: owner.code(&world), return_token: true };
        let full = sessions.verify_second_factor(request(verify, Some(&begun.token))).await.unwrap().into_inner();
        assert!(sessions.list_sessions(request(pb::ListSessionsRequest::default(), Some(&full.token))).await.is_ok());
    }

    async fn a_code_is_good_once(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let first = code(&world, &staff.email).await;
        assert!(sign_in(&world, &staff.email, &first).await.is_ok());
        assert_eq!(reason(&sign_in(&world, &staff.email, &first).await.unwrap_err()), "WRONG_CODE");

        // Known devices are counted apart, so that no pause keeps one from being looked at.
        let mut devices = [device(&world, &staff.email).await, device(&world, &staff.email).await];
        for round in 2..6 {
            world.pass(TimeDelta::minutes(2));
            let ask = pb::SendCodeRequest { email: staff.email.clone() };
            EmailCodeServiceClient::new(world.channel.clone()).send_code(from_device(ask, &devices[0])).await.unwrap();
            let code = mailed(&world, &staff.email, round).await.pop().unwrap();
            let calls = devices.iter().zip([&world, &twin]).map(|(device, server)| {
                let mut codes = EmailCodeServiceClient::new(server.channel.clone());
                let ask = from_device(with_code(&staff.email, &code), device);
                async move { codes.sign_in_with_code(ask).await.map(Response::into_inner) }
            });
            let answers = futures::future::join_all(calls).await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "round {round}: {answers:?}");
            let refused = answers.iter().find_map(|answer| answer.as_ref().err()).unwrap();
            assert_eq!(reason(refused), "WRONG_CODE");
            // Whoever got in has a new device.
            world.pass(TimeDelta::seconds(11));
            devices = [device(&world, &staff.email).await, device(&world, &staff.email).await];
        }
    }

    async fn five_wrong_tries_end_a_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let right = code(&world, &staff.email).await;
        for n in 1..=5 {
            assert_eq!(reason(&sign_in(&world, &staff.email, &wrong(&right, n)).await.unwrap_err()), "WRONG_CODE");
        }
        assert_eq!(reason(&sign_in(&world, &staff.email, &right).await.unwrap_err()), "WRONG_CODE", "the sixth try");
        assert_eq!(rows(&world, 1).await[0].tries, 5);
        // The next one is good, and four mistakes spoil nothing.
        ask(&world, &staff.email).await.unwrap();
        let next = mailed(&world, &staff.email, 2).await.pop().unwrap();
        for n in 1..=4 {
            assert!(sign_in(&world, &staff.email, &wrong(&next, n)).await.is_err());
        }
        assert!(sign_in(&world, &staff.email, &next).await.is_ok());
    }

    async fn codes_are_guessed_as_slowly_as_passwords(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let right = code(&world, &staff.email).await;
        let guesses = (1..=24).map(|n| {
            let mut codes = EmailCodeServiceClient::new(world.channel.clone());
            let ask = request(with_code(&staff.email, &wrong(&right, n)), None);
            async move { codes.sign_in_with_code(ask).await.unwrap_err().code() }
        });
        let answers = futures::future::join_all(guesses).await;
        assert_eq!(answers.iter().filter(|code| **code == Code::Unauthenticated).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|code| **code == Code::ResourceExhausted).count(), 23, "{answers:?}");
        // It is one ladder with the password's.
        let sign_in = pb::SignInRequest { email: staff.email.clone(), password: PASSWORD.into(), return_token: true };
        let locked = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap_err();
        assert_eq!(locked.code(), Code::ResourceExhausted);
    }

    async fn a_code_ends_after_ten_minutes(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let first = code(&world, &staff.email).await;
        world.pass(TimeDelta::minutes(10));
        assert_eq!(reason(&sign_in(&world, &staff.email, &first).await.unwrap_err()), "WRONG_CODE");
        ask(&world, &staff.email).await.unwrap();
        let second = mailed(&world, &staff.email, 2).await.pop().unwrap();
        world.pass(TimeDelta::seconds(599));
        assert!(sign_in(&world, &staff.email, &second).await.is_ok());
    }

    async fn only_the_newest_code_is_good_and_an_address_gets_few(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let first = code(&world, &staff.email).await;
        // Answered alike, and nothing is sent: the first stays good.
        world.pass(TimeDelta::seconds(59));
        assert_eq!(ask(&world, &staff.email).await.unwrap().pause_seconds, 60);
        world.pass(TimeDelta::seconds(1));
        ask(&world, &staff.email).await.unwrap();
        let second = mailed(&world, &staff.email, 2).await.pop().unwrap();
        assert_eq!(reason(&sign_in(&world, &staff.email, &first).await.unwrap_err()), "WRONG_CODE");
        assert!(sign_in(&world, &staff.email, &second).await.is_ok());

        for nth in 3..=10 {
            world.pass(TimeDelta::minutes(1));
            ask(&world, &staff.email).await.unwrap();
            mailed(&world, &staff.email, nth).await;
        }
        world.pass(TimeDelta::hours(1));
        ask(&world, &staff.email).await.unwrap();
        // Others' mails are counted apart, and this one comes after the one that must not.
        code(&world, &owner.email).await;
        assert_eq!(mailed(&world, &staff.email, 10).await.len(), 10);
        world.pass(TimeDelta::days(1));
        ask(&world, &staff.email).await.unwrap();
        assert_eq!(mailed(&world, &staff.email, 11).await.len(), 11);
    }

    async fn strangers_are_answered_and_kept_like_people(world) {
        let owner = world.company("Harrow & Pike").await;
        let (staff, disabled) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Employee, "").await);
        let user_id = ids::parse(ids::prefix::USER, &disabled.user_id).unwrap();
        execute(&world, "UPDATE users SET disabled_at = ? WHERE id = ?", vec![world.now().into(), user_id.into()]).await;
        world.pass(TimeDelta::seconds(1));
        let mut answers = Vec::new();
        for email in [&staff.email, NOBODY, &disabled.email] {
            answers.push(ask(&world, email).await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        // The same rows are written for each, so that they take the same time, and cost an attacker the same.
        let kept = rows(&world, 3).await;
        assert!(kept.iter().all(|row| (row.code_mac.len(), row.tries) == (32, 0)), "{kept:?}");
        let right = mailed(&world, &staff.email, 1).await.remove(0);
        let mut refusals = Vec::new();
        for email in [&staff.email, NOBODY, &disabled.email, "never-asked@example.com"] {
            refusals.push(told(&sign_in(&world, email, &wrong(&right, 1)).await.unwrap_err()));
        }
        assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
        assert!(rows(&world, 3).await.iter().all(|row| row.tries == 1));
        // Nobody else was written to.
        let codes = world.mails().iter().filter(|mail| code_in(mail).is_some()).count();
        assert_eq!(codes, 1);
    }

    async fn a_code_is_bound_to_its_account(world) {
        let owner = world.company("Harrow & Pike").await;
        let (ada, bob) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Employee, "").await);
        world.pass(TimeDelta::seconds(1));
        let (adas, bobs) = (code(&world, &ada.email).await, code(&world, &bob.email).await);
        assert!(sign_in(&world, &bob.email, &adas).await.is_err());
        // Not even whoever can write to the table brings it to another account.
        let sql = "UPDATE email_codes SET code_id = (SELECT code_id FROM email_codes WHERE tries = 0), \
                   code_mac = (SELECT code_mac FROM email_codes WHERE tries = 0)";
        execute(&world, sql, vec![]).await;
        assert!(sign_in(&world, &bob.email, &adas).await.is_err() && sign_in(&world, &bob.email, &bobs).await.is_err());
        assert!(sign_in(&world, &ada.email, &adas).await.is_ok());
    }

    async fn a_new_password_ends_the_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let code = code(&world, &staff.email).await;
        let change = pb::ChangePasswordRequest { current_password: PASSWORD.into(), new_password: "entirely other words 4711".into() };
        AccountServiceClient::new(world.channel.clone()).change_password(staff.ask(change)).await.unwrap();
        assert_eq!(reason(&sign_in(&world, &staff.email, &code).await.unwrap_err()), "WRONG_CODE");
    }

    async fn whoever_may_not_enter_any_more_has_no_use_of_a_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.pass(TimeDelta::seconds(1));
        let code = code(&world, &staff.email).await;
        let user_id = ids::parse(ids::prefix::USER, &staff.user_id).unwrap();
        execute(&world, "UPDATE memberships SET disabled_at = ? WHERE user_id = ?", vec![world.now().into(), user_id.into()]).await;
        assert_eq!(reason(&sign_in(&world, &staff.email, &code).await.unwrap_err()), "WRONG_CODE");
        execute(&world, "UPDATE memberships SET disabled_at = NULL WHERE user_id = ?", vec![user_id.into()]).await;
        // A company that is closed to its people is entered, and says why, as after a password.
        execute(&world, "UPDATE orgs SET suspended_at = ?, suspend_reason = 'Unpaid'", vec![world.now().into()]).await;
        let entered = sign_in(&world, &staff.email, &code).await.unwrap();
        let closed = Person { token: entered.token, ..staff };
        let me = SessionServiceClient::new(world.channel.clone()).me(closed.ask(pb::MeRequest {})).await.unwrap().into_inner();
        assert_eq!(me.suspension.unwrap().reason, "Unpaid");
    }

    async fn every_problem_is_named(world) {
        let refused = ask(&world, "").await.unwrap_err();
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["email".to_owned()]));
        assert_eq!(fields(&ask(&world, "no address").await.unwrap_err()), ["email"]);
        for (email, code) in [("", ""), ("no address", "1234567"), ("\0", "123456789"), ("a@", "1234567x")] {
            let refused = sign_in(&world, email, code).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["email".to_owned(), "code".to_owned()]), "{email:?}");
        }
    }

    async fn old_codes_are_forgotten(world) {
        ask(&world, NOBODY).await.unwrap();
        rows(&world, 1).await;
        world.pass(TimeDelta::days(2) + TimeDelta::minutes(1));
        let _jobs = jobs(&world).await;
        rows(&world, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_few_tries_a_minute() {
    let setup = Setup { limits: [("sign_in".to_owned(), 3)].into(), ..Setup::default() };
    let world = World::with(streamflow_kernel::db::Backend::Sqlite, setup).await;
    // All within one minute of the clock.
    world.pass(TimeDelta::seconds(60 - world.now().timestamp() % 60));
    for _ in 0..2 {
        ask(&world, NOBODY).await.unwrap();
    }
    assert_eq!(sign_in(&world, NOBODY, "12345678").await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(ask(&world, NOBODY).await.unwrap_err().code(), Code::ResourceExhausted);
    assert_eq!(sign_in(&world, NOBODY, "12345678").await.unwrap_err().code(), Code::ResourceExhausted);
}
