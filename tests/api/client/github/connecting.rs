//! Connecting an account in the profile, and parting from it.

use chrono::TimeDelta;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, github_service_client::GithubServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    github::FakeGithub,
    on_both,
    person::{PASSWORD, Person, request},
    world::World,
};
use tonic::{Code, Status};

use super::super::account::mails_about;
use super::{
    HUBOT, OCTOCAT, begin, begin_connecting, client, connect, finish, finish_connecting, sign_in, staff, told, with_cookie,
    with_github,
};

async fn connection(person: &Person) -> pb::GetGithubConnectionResponse {
    let ask = person.ask(pb::GetGithubConnectionRequest {});
    GithubServiceClient::new(person.channel.clone()).get_github_connection(ask).await.unwrap().into_inner()
}

async fn disconnect(person: &Person) -> Result<(), Status> {
    let ask = person.ask(pb::DisconnectGithubRequest {});
    GithubServiceClient::new(person.channel.clone()).disconnect_github(ask).await.map(|_| ())
}

async fn mail_about(world: &World, subject: &str) -> String {
    for _ in 0..1_000 {
        if let Some(mail) = world.mails().into_iter().find(|mail| mail.contains(subject)) {
            return mail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no mail about {subject}");
}

on_both! {
    async fn a_person_connects_an_account_and_disconnects_it(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        assert_eq!(connection(&staff).await, pb::GetGithubConnectionResponse { offered: true, connection: None });
        let made = connect(&staff, &github, OCTOCAT).await.unwrap();
        assert_eq!((made.login.as_str(), made.connected_at), ("octocat", streamflow_kernel::clock::timestamp(site.now())));
        assert_eq!(connection(&staff).await.connection, Some(made));
        let mail = mail_about(&site, "A GitHub account was connected").await;
        assert!(mail.contains(&staff.email) && mail.contains("octocat"), "{mail}");

        // People rename themselves there; the number stays.
        let renamed = streamflow_tests::github::Account { login: "octopus", ..OCTOCAT };
        sign_in(&site, &github, renamed).await.unwrap();
        assert_eq!(connection(&staff).await.connection.unwrap().login, "octopus");

        disconnect(&staff).await.unwrap();
        assert_eq!(connection(&staff).await.connection, None);
        assert_eq!(told(&sign_in(&site, &github, OCTOCAT).await.unwrap_err()).1, "GITHUB_NOT_CONNECTED");
        let mail = mail_about(&site, "Your GitHub account was disconnected").await;
        assert!(mail.contains(&staff.email) && mail.contains("octopus"), "{mail}");
        assert_eq!(disconnect(&staff).await.unwrap_err().code(), Code::NotFound);
    }

    async fn a_session_alone_connects_nothing(world) {
        let (site, _github) = with_github(&world).await;
        let staff = staff(&site).await;
        assert_eq!(fields(&begin_connecting(&staff, "not the password", "").await.unwrap_err()), ["current_password"]);
        let owner = site.company("Meadow Lane").await;
        assert_eq!(fields(&begin_connecting(&owner, PASSWORD, "000000").await.unwrap_err()), ["code"]);
        site.pass(TimeDelta::seconds(31));
        // The password is looked at first, and guesses at it are counted.
        let mut last = None;
        for _ in 0..20 {
            last = begin_connecting(&owner, "not the password", &owner.code(&site)).await.err();
        }
        assert_eq!(last.map(|refusal| refusal.code()), Some(Code::ResourceExhausted));
        assert_eq!(connection(&owner).await.connection, None);
    }

    async fn nobody_connects_without_a_session(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        let way = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        let (code, state) = github.authorize(&way.url, OCTOCAT);
        let ask = with_cookie(request(pb::FinishGithubConnectionRequest { code, state }, None), &way.cookie);
        assert_eq!(client(&site).finish_github_connection(ask).await.unwrap_err().code(), Code::Unauthenticated);
        let ask = request(pb::BeginGithubConnectionRequest::default(), None);
        assert_eq!(client(&site).begin_github_connection(ask).await.unwrap_err().code(), Code::Unauthenticated);
        // Whoever still owes a code has proved nothing.
        let owner = site.company("Meadow Lane").await;
        let half = pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true };
        let half = SessionServiceClient::new(site.channel.clone()).sign_in(request(half, None)).await.unwrap().into_inner().token;
        let ask = request(pb::BeginGithubConnectionRequest { current_password: PASSWORD.into(), ..Default::default() }, Some(&half));
        assert_eq!(client(&site).begin_github_connection(ask).await.unwrap_err().code(), Code::Unauthenticated);
    }

    async fn one_account_is_one_persons_and_one_person_has_one(world) {
        let (site, github) = with_github(&world).await;
        let (staff, other) = (staff(&site).await, staff(&site).await);
        let second = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        connect(&staff, &github, OCTOCAT).await.unwrap();
        let taken = connect(&other, &github, OCTOCAT).await.unwrap_err();
        assert_eq!(told(&taken), (Code::FailedPrecondition, "GITHUB_TAKEN".to_owned()));
        // On the way already, and before it.
        let late = finish_connecting(&staff, &second.cookie, github.authorize(&second.url, HUBOT)).await.unwrap_err();
        assert_eq!(told(&late), (Code::FailedPrecondition, "GITHUB_CONNECTED".to_owned()));
        assert_eq!(reason(&begin_connecting(&staff, PASSWORD, "").await.unwrap_err()), "GITHUB_CONNECTED");
        assert_eq!(connection(&other).await.connection, None);
        assert_eq!(connection(&staff).await.connection.unwrap().login, "octocat");
        // It is free once its person lets go of it.
        disconnect(&staff).await.unwrap();
        connect(&other, &github, OCTOCAT).await.unwrap();
        assert_eq!(connection(&other).await.connection.unwrap().login, "octocat");
    }

    async fn of_two_who_connect_one_account_at_once_one_gets_it(world) {
        let (site, github) = with_github(&world).await;
        let people = [staff(&site).await, staff(&site).await];
        let ways = futures::future::join_all(people.iter().map(|person| begin_connecting(person, PASSWORD, ""))).await;
        let ends = people.iter().zip(ways).map(|(person, way)| {
            let way = way.unwrap();
            let came = github.authorize(&way.url, OCTOCAT);
            async move { finish_connecting(person, &way.cookie, came).await }
        });
        let ends = futures::future::join_all(ends).await;
        assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
        let refusal = ends.into_iter().find_map(Result::err).unwrap();
        assert_eq!(told(&refusal), (Code::FailedPrecondition, "GITHUB_TAKEN".to_owned()));
    }

    /// Else somebody could have their own account connected to whoever follows a link (RFC 9700, section 4.7).
    async fn a_way_is_good_for_what_it_was_begun_for(world) {
        let (site, github) = with_github(&world).await;
        let (staff, other) = (staff(&site).await, staff(&site).await);
        let connecting = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        let signing_in = begin(&site).await;
        let came = github.authorize(&connecting.url, OCTOCAT);
        let calls = github.calls();
        let refusal = finish(&site, &connecting.cookie, came.clone()).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_STATE".to_owned()));
        let state = (Code::FailedPrecondition, "GITHUB_CONNECT_STATE".to_owned());
        let nothing = |refusal: Status| assert_eq!(told(&refusal), state);
        nothing(finish_connecting(&other, &connecting.cookie, came.clone()).await.unwrap_err());
        nothing(finish_connecting(&staff, &signing_in.cookie, came.clone()).await.unwrap_err());
        nothing(finish_connecting(&staff, "", came.clone()).await.unwrap_err());
        nothing(finish_connecting(&staff, &signing_in.cookie, github.authorize(&signing_in.url, OCTOCAT)).await.unwrap_err());
        assert_eq!(github.calls(), calls, "GitHub was not asked");
        finish_connecting(&staff, &connecting.cookie, came.clone()).await.unwrap();
        nothing(finish_connecting(&staff, &connecting.cookie, came).await.unwrap_err());
    }

    async fn wrong_input_is_told_at_once(world) {
        let (site, _github) = with_github(&world).await;
        let staff = staff(&site).await;
        assert_eq!(fields(&finish_connecting(&staff, "", (String::new(), String::new())).await.unwrap_err()), ["code", "state"]);
    }

    async fn a_browser_goes_on_with_a_new_session(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        let way = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        let (code, state) = github.authorize(&way.url, OCTOCAT);
        let ask = pb::FinishGithubConnectionRequest { code, state };
        let mut ask = with_cookie(request(ask, None), &format!("{}; __Host-sf_client={}", way.cookie, staff.token));
        ask.metadata_mut().insert("idempotency-key", "key-connect".parse().unwrap());
        let finished = client(&site).finish_github_connection(ask).await.unwrap();
        let cookie = finished.metadata().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        let token = cookie.strip_prefix("__Host-sf_client=").unwrap().split(';').next().unwrap().to_owned();
        let before = client(&site).get_github_connection(staff.ask(pb::GetGithubConnectionRequest {})).await.unwrap_err();
        assert_eq!(reason(&before), "SESSION_ENDED");
        assert!(connection(&Person { token, ..staff }).await.connection.is_some());
    }
}

/// Whoever has connected one may be the reason for the reset, or have had the address before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_set_by_mail_takes_the_connection_out() {
    let world = World::sqlite().await;
    let (site, github): (World, FakeGithub) = with_github(&world).await;
    let staff = staff(&site).await;
    connect(&staff, &github, OCTOCAT).await.unwrap();
    let mut accounts = AccountServiceClient::new(site.channel.clone());
    let ask = pb::RequestPasswordResetRequest { email: staff.email.clone() };
    accounts.request_password_reset(request(ask, None)).await.unwrap();
    let link = "/reset/confirm#token=";
    mails_about(&site, link, 1).await;
    let mail = site.mails().into_iter().find(|mail| mail.contains(link)).unwrap();
    let token = mail.split(link).nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap().to_owned();
    let reset = pb::ResetPasswordRequest { token, new_password: "entirely other words 4711".into() };
    accounts.reset_password(request(reset, None)).await.unwrap();
    assert_eq!(sign_in(&site, &github, OCTOCAT).await.unwrap_err().code(), Code::Unauthenticated);
}

/// So that nobody who reads the mail of a company's deletion finds one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_goes_with_the_account() {
    let world = World::sqlite().await;
    let (site, github): (World, FakeGithub) = with_github(&world).await;
    let staff = staff(&site).await;
    connect(&staff, &github, OCTOCAT).await.unwrap();
    let db = site.kernel.database.system().await.unwrap();
    for sql in [
        "DELETE FROM sessions WHERE user_id = ?",
        "DELETE FROM memberships WHERE user_id = ?",
        "DELETE FROM known_devices WHERE user_id = ?",
        "DELETE FROM users WHERE id = ?",
    ] {
        db.execute(sql, vec![super::uuid(&staff.user_id).into()]).await.unwrap();
    }
    db.commit().await.unwrap();
    assert_eq!(super::count(&site, "SELECT COUNT(*) AS n FROM github_accounts", Vec::new()).await, 0);
}
