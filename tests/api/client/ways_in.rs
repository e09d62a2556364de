//! Ways into an account as somebody uses them who is not its owner: what strangers ask for in somebody's name, where guesses are
//! counted, and what a new password leaves open.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use streamflow_kernel::{db::Backend, server::proxies::TrustedProxies, totp};
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, email_code_service_client::EmailCodeServiceClient,
    session_service_client::SessionServiceClient, sign_up_service_client::SignUpServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::{ORIGIN, Setup, World},
};
use tonic::{Code, Request, Response, Status, transport::Channel};

const NEXT: &str = "entirely other words 4711";
const STRANGER: &str = "203.0.113.9";
const HOME: &str = "198.51.100.7";

/// A browser somewhere, with the cookies that it was left.
#[derive(Clone)]
struct Browser {
    channel: Channel,
    ip: String,
    jar: Vec<(String, String)>,
}

impl Browser {
    fn at(world: &World, ip: &str) -> Self {
        Self { channel: world.channel.clone(), ip: ip.to_owned(), jar: Vec::new() }
    }

    fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = request(message, None);
        request.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
        request.metadata_mut().insert("x-forwarded-for", self.ip.parse().unwrap());
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.metadata_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        }
        request
    }

    fn keep<T>(&mut self, answer: Result<Response<T>, Status>) -> Result<T, Status> {
        let answer = answer?;
        for cookie in answer.metadata().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.jar.retain(|(kept, _)| kept != name);
            self.jar.push((name.to_owned(), value.to_owned()));
        }
        Ok(answer.into_inner())
    }

    async fn ask_code(&mut self, email: &str) {
        let ask = self.ask(pb::SendCodeRequest { email: email.to_owned() });
        let answer = EmailCodeServiceClient::new(self.channel.clone()).send_code(ask).await;
        self.keep(answer).unwrap();
    }

    async fn type_code(&mut self, email: &str, code: &str) -> Result<pb::SignInWithCodeResponse, Status> {
        let ask = self.ask(pb::SignInWithCodeRequest { email: email.to_owned(), code: code.to_owned(), return_token: true });
        let answer = EmailCodeServiceClient::new(self.channel.clone()).sign_in_with_code(ask).await;
        self.keep(answer)
    }

    async fn ask_reset(&self, email: &str) {
        let ask = self.ask(pb::RequestPasswordResetRequest { email: email.to_owned() });
        AccountServiceClient::new(self.channel.clone()).request_password_reset(ask).await.unwrap();
    }

    async fn begin_sign_up(&self, email: &str) {
        let ask = self.ask(pb::StartSignUpRequest { email: email.to_owned(), display_name: "Ada".to_owned() });
        SignUpServiceClient::new(self.channel.clone()).start_sign_up(ask).await.unwrap();
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Result<pb::SignInResponse, Status> {
        let ask = self.ask(pb::SignInRequest { email: email.to_owned(), password: password.to_owned(), return_token: true });
        let answer = SessionServiceClient::new(self.channel.clone()).sign_in(ask).await;
        self.keep(answer)
    }

    async fn verify(&mut self, code: &str) -> Result<pb::VerifySecondFactorResponse, Status> {
        let ask = self.ask(pb::VerifySecondFactorRequest { code: code.to_owned(), return_token: true });
        let answer = SessionServiceClient::new(self.channel.clone()).verify_second_factor(ask).await;
        self.keep(answer)
    }
}

async fn behind_a_balancer(backend: Backend) -> World {
    let trusted_proxies = TrustedProxies::parse(&["127.0.0.0/8".to_owned()]).unwrap();
    World::with(backend, Setup { trusted_proxies, ..Setup::default() }).await
}

/// Mails of one subject to somebody, oldest first, once there are so many.
async fn mailed(world: &World, email: &str, subject: &str, count: usize) -> Vec<String> {
    for _ in 0..2_000 {
        let mails: Vec<_> = world.mails().into_iter().filter(|mail| mail.contains(email) && mail.contains(subject)).collect();
        if mails.len() >= count {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail number {count} about “{subject}”");
}

/// The line "1234 5678" of the newest mail with a code.
async fn code(world: &World, email: &str, count: usize) -> String {
    let is_code = |line: &&str| {
        line.len() == 9 && line.bytes().enumerate().all(|(at, b)| if at == 4 { b == b' ' } else { b.is_ascii_digit() })
    };
    let mail = mailed(world, email, "Your code to sign in", count).await.pop().unwrap();
    mail.lines().map(str::trim_end).find(is_code).unwrap().to_owned()
}

fn wrong(code: &str, by: u32) -> String {
    format!("{:08}", (code.replace(' ', "").parse::<u32>().unwrap() + by) % 100_000_000)
}

async fn execute(world: &World, sql: &str) {
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, vec![]).await.unwrap();
    db.commit().await.unwrap();
}

async fn staff(world: &World) -> Person {
    let staff = world.company("Harrow & Pike").await.hire(world, pb::Role::Staff, "").await;
    world.pass(TimeDelta::seconds(1));
    staff
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_asks_for_uses_up_nobodys_codes() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let staff = staff(&world).await;
        for nth in 1..=10 {
            Browser::at(&world, STRANGER).ask_code(&staff.email).await;
            code(&world, &staff.email, nth).await;
            world.pass(TimeDelta::seconds(61));
        }
        // The next house of the same network is the same stranger.
        Browser::at(&world, STRANGER).ask_code(&staff.email).await;
        Browser::at(&world, "203.0.113.77").ask_code(&staff.email).await;
        let mut home = Browser::at(&world, HOME);
        home.ask_code(&staff.email).await;
        let own = code(&world, &staff.email, 11).await;
        home.type_code(&staff.email, &own).await.unwrap();
        assert_eq!(mailed(&world, &staff.email, "Your code to sign in", 11).await.len(), 11);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_strangers_together_ask_for_fifty_a_day_and_a_known_device_for_its_own() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let staff = staff(&world).await;
        let mut known = Browser::at(&world, HOME);
        known.sign_in(&staff.email, PASSWORD).await.unwrap();
        for nth in 1..=50 {
            Browser::at(&world, &format!("203.0.{}.9", nth % 6)).ask_code(&staff.email).await;
            code(&world, &staff.email, nth).await;
            world.pass(TimeDelta::seconds(11));
        }
        world.pass(TimeDelta::minutes(2));
        Browser::at(&world, "192.0.2.1").ask_code(&staff.email).await;
        known.ask_code(&staff.email).await;
        let own = code(&world, &staff.email, 51).await;
        known.type_code(&staff.email, &own).await.unwrap();
        assert_eq!(mailed(&world, &staff.email, "Your code to sign in", 51).await.len(), 51);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_request_and_tries_leave_a_code_good() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let staff = staff(&world).await;
        let mut home = Browser::at(&world, HOME);
        home.ask_code(&staff.email).await;
        let own = code(&world, &staff.email, 1).await;
        world.pass(TimeDelta::seconds(61));
        let mut stranger = Browser::at(&world, STRANGER);
        stranger.ask_code(&staff.email).await;
        code(&world, &staff.email, 2).await;
        for n in 1..=6 {
            assert_eq!(reason(&stranger.type_code(&staff.email, &wrong(&own, n)).await.unwrap_err()), "WRONG_CODE");
            world.pass(TimeDelta::seconds(11));
        }
        // Whoever is told a code on the telephone has no use of it: it is good where it was asked for.
        for elsewhere in [stranger, Browser::at(&world, HOME)] {
            let mut elsewhere = elsewhere;
            assert_eq!(reason(&elsewhere.type_code(&staff.email, &own).await.unwrap_err()), "WRONG_CODE");
            world.pass(TimeDelta::seconds(11));
        }
        // The browser may have come to another network meanwhile.
        home.ip = "192.0.2.44".to_owned();
        home.type_code(&staff.email, &own).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stranger_asks_for_uses_up_nobodys_links() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let staff = staff(&world).await;
        for nth in 1..=10 {
            Browser::at(&world, STRANGER).ask_reset(&staff.email).await;
            mailed(&world, &staff.email, "Set a new password", nth).await;
            world.pass(TimeDelta::seconds(121));
        }
        Browser::at(&world, STRANGER).ask_reset(&staff.email).await;
        Browser::at(&world, HOME).ask_reset(&staff.email).await;
        mailed(&world, &staff.email, "Set a new password", 11).await;

        for nth in 1..=10 {
            Browser::at(&world, STRANGER).begin_sign_up("ada@example.com").await;
            mailed(&world, "ada@example.com", "Confirm your address", nth).await;
            world.pass(TimeDelta::seconds(121));
        }
        Browser::at(&world, STRANGER).begin_sign_up("ada@example.com").await;
        Browser::at(&world, HOME).begin_sign_up("ada@example.com").await;
        mailed(&world, "ada@example.com", "Confirm your address", 11).await;
        assert_eq!(mailed(&world, &staff.email, "Set a new password", 11).await.len(), 11);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_a_link_at_the_same_moment_takes_it_from_nobody() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let asking = (0..8).map(|nth| {
            let stranger = Browser::at(&world, &format!("203.0.{nth}.9"));
            async move { stranger.begin_sign_up("ada@example.com").await }
        });
        join_all(asking).await;
        mailed(&world, "ada@example.com", "Confirm your address", 8).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_the_password_alone_keeps_nobody_from_their_second_factor() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let owner = world.company("Harrow & Pike").await;
        let mut home = Browser::at(&world, HOME);
        home.sign_in(&owner.email, PASSWORD).await.unwrap();
        home.verify(&owner.code(&world)).await.unwrap();
        world.pass(TimeDelta::seconds(31));

        let mut thief = Browser::at(&world, STRANGER);
        thief.sign_in(&owner.email, PASSWORD).await.unwrap();
        assert_eq!(fields(&thief.verify("000000").await.unwrap_err()), ["code"]);
        execute(&world, "UPDATE lockouts SET failures = 200").await;
        world.pass(TimeDelta::seconds(2));
        assert_eq!(fields(&thief.verify("000000").await.unwrap_err()), ["code"]);
        home.sign_in(&owner.email, PASSWORD).await.unwrap();
        home.verify(&owner.code(&world)).await.unwrap();
        // What the owner got right is no new beginning for the other.
        world.pass(TimeDelta::minutes(9));
        assert_eq!(thief.verify("000000").await.unwrap_err().code(), Code::ResourceExhausted);
        // A known device is slowed down as well.
        home.sign_in(&owner.email, PASSWORD).await.unwrap();
        assert_eq!(fields(&home.verify("000000").await.unwrap_err()), ["code"]);
        assert_eq!(home.verify("000000").await.unwrap_err().code(), Code::ResourceExhausted);
        // The right password begins that one not anew.
        home.sign_in(&owner.email, PASSWORD).await.unwrap();
        assert_eq!(home.verify("000000").await.unwrap_err().code(), Code::ResourceExhausted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_guess_without_end_keep_nobody_from_a_new_password() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = behind_a_balancer(backend).await;
        let staff = staff(&world).await;
        let (mut home, mut stranger) = (Browser::at(&world, HOME), Browser::at(&world, STRANGER));
        home.ask_reset(&staff.email).await;
        mailed(&world, &staff.email, "Set a new password", 1).await;
        let reset = pb::ResetPasswordRequest { token: link_token(&world, &staff.email).await, new_password: NEXT.into() };
        let reset = home.ask(reset);
        let answer = AccountServiceClient::new(world.channel.clone()).reset_password(reset).await;
        home.keep(answer).unwrap();
        assert_eq!(reason(&stranger.sign_in(&staff.email, "a guess").await.unwrap_err()), "WRONG_CREDENTIALS");
        assert_eq!(Browser::at(&world, HOME).sign_in(&staff.email, NEXT).await.unwrap_err().code(), Code::ResourceExhausted);
        home.sign_in(&staff.email, NEXT).await.unwrap();

        // Where there is a second factor, the mailbox alone is no device: each would be guessed from anew.
        let owner = world.company("Other Ltd").await;
        world.pass(TimeDelta::minutes(3));
        let mut home = Browser::at(&world, HOME);
        home.ask_reset(&owner.email).await;
        mailed(&world, &owner.email, "Set a new password", 1).await;
        let reset = pb::ResetPasswordRequest { token: link_token(&world, &owner.email).await, new_password: NEXT.into() };
        let reset = home.ask(reset);
        let answer = AccountServiceClient::new(world.channel.clone()).reset_password(reset).await;
        home.keep(answer).unwrap();
        assert!(home.jar.is_empty(), "{:?}", home.jar);
    }
}

/// A reset link of somebody, used.
async fn reset(world: &World, email: &str) {
    world.pass(TimeDelta::seconds(1));
    let mut accounts = AccountServiceClient::new(world.channel.clone());
    let ask = request(pb::RequestPasswordResetRequest { email: email.to_owned() }, None);
    accounts.request_password_reset(ask).await.unwrap();
    mailed(world, email, "Set a new password", 1).await;
    let reset = pb::ResetPasswordRequest { token: link_token(world, email).await, new_password: NEXT.into() };
    accounts.reset_password(request(reset, None)).await.unwrap();
    world.pass(TimeDelta::seconds(6));
}

async fn begin_authenticator(world: &World, person: &Person) -> Vec<u8> {
    let enrol = pb::EnrolSecondFactorRequest { current_password: PASSWORD.into(), code: String::new() };
    let mut accounts = AccountServiceClient::new(world.channel.clone());
    totp::from_base32(&accounts.enrol_second_factor(person.ask(enrol)).await.unwrap().into_inner().secret).unwrap()
}

async fn confirm(world: &World, token: &str, secret: &[u8]) -> Result<(), Status> {
    let confirm = pb::ConfirmSecondFactorRequest { code: totp::code_at(secret, world.now()).unwrap(), return_token: true };
    AccountServiceClient::new(world.channel.clone()).confirm_second_factor(request(confirm, Some(token))).await.map(|_| ())
}

on_both! {
    async fn a_session_on_its_way_in_is_no_second_ladder_for_the_password(world) {
        let owner = world.company("Harrow & Pike").await;
        world.pass(TimeDelta::seconds(1));
        let mut anywhere = Browser::at(&world, HOME);
        anywhere.ask_code(&owner.email).await;
        let mailed = code(&world, &owner.email, 1).await;
        let begun = anywhere.type_code(&owner.email, &mailed).await.unwrap();
        assert_eq!(begun.second_factor(), pb::SecondFactorState::CodeNeeded);
        let enrol = |password: &str| {
            let ask = pb::EnrolSecondFactorRequest { current_password: password.into(), code: String::new() };
            let mut accounts = AccountServiceClient::new(world.channel.clone());
            let ask = request(ask, Some(&begun.token));
            async move { accounts.enrol_second_factor(ask).await.unwrap_err() }
        };
        assert_eq!(fields(&enrol("a guess").await), ["current_password"]);
        let mut elsewhere = Browser::at(&world, STRANGER);
        assert_eq!(elsewhere.sign_in(&owner.email, "a guess").await.unwrap_err().code(), Code::ResourceExhausted);
        world.pass(TimeDelta::seconds(11));
        assert_eq!(reason(&elsewhere.sign_in(&owner.email, "a guess").await.unwrap_err()), "WRONG_CREDENTIALS");
        assert_eq!(enrol("a guess").await.code(), Code::ResourceExhausted);
        // Whoever knows it goes on.
        world.pass(TimeDelta::seconds(11));
        assert_eq!(fields(&enrol(PASSWORD).await), ["code"]);
        elsewhere.sign_in(&owner.email, PASSWORD).await.unwrap();
    }

    async fn an_authenticator_that_was_begun_ends_with_the_password(world) {
        let owner = world.company("Harrow & Pike").await;
        let (ada, bob) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Staff, "").await);
        // By somebody who knew the password and keeps the secret for later.
        let (adas, bobs) = (begin_authenticator(&world, &ada).await, begin_authenticator(&world, &bob).await);
        reset(&world, &ada.email).await;
        let later = Browser::at(&world, HOME).sign_in(&ada.email, NEXT).await.unwrap();
        assert_eq!(reason(&confirm(&world, &later.token, &adas).await.unwrap_err()), "ENROLMENT_NEEDED");
        let change = pb::ChangePasswordRequest { current_password: PASSWORD.into(), new_password: NEXT.into() };
        AccountServiceClient::new(world.channel.clone()).change_password(bob.ask(change)).await.unwrap();
        assert_eq!(reason(&confirm(&world, &bob.token, &bobs).await.unwrap_err()), "ENROLMENT_NEEDED");
    }
}
