//! `GithubService`, with a GitHub of the tests' own.

mod connecting;
mod trouble;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_proto::client::v1::{
    self as pb, github_service_client::GithubServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    github::{Account, CLIENT_SECRET, FakeGithub},
    on_both,
    person::{PASSWORD, Person, request},
    world::{ORIGIN, Setup, World},
};
use tonic::{Code, Request, Response, Status, transport::Channel};
use uuid::Uuid;

pub const OCTOCAT: Account = Account { id: 583_231, login: "octocat" };
pub const HUBOT: Account = Account { id: 480_938, login: "hubot" };
const COOKIE: &str = "__Host-sf_client_github=";

/// A server of the same system that people sign in to with GitHub.
pub async fn with_github(world: &World) -> (World, FakeGithub) {
    let github = FakeGithub::start().await;
    let site = world.twin_with(Setup { github: Some(github.provider()), ..Setup::default() }).await;
    (site, github)
}

pub fn client(site: &World) -> GithubServiceClient<Channel> {
    GithubServiceClient::new(site.channel.clone())
}

/// Somebody on the way to GitHub.
#[derive(Clone, Debug)]
pub struct Way {
    pub url: String,
    /// What the browser keeps.
    pub cookie: String,
}

impl Way {
    fn of<T>(response: &Response<T>, url: &str) -> Self {
        let cookie = response.metadata().get("set-cookie").unwrap().to_str().unwrap();
        for word in ["HttpOnly", "Secure", "SameSite=", "Path=/", "Max-Age=600"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        let cookie = cookie.strip_prefix(COOKIE).unwrap().split(';').next().unwrap().to_owned();
        Self { url: url.to_owned(), cookie }
    }
}

/// A request as a browser with this cookie sends it; no cookie where it is empty.
pub fn with_cookie<T>(mut request: Request<T>, cookie: &str) -> Request<T> {
    request.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
    if !cookie.is_empty() {
        request.metadata_mut().insert("cookie", format!("{COOKIE}{cookie}").parse().unwrap());
    }
    request
}

pub async fn begin(site: &World) -> Way {
    let begun = client(site).begin_github_sign_in(request(pb::BeginGithubSignInRequest {}, None)).await.unwrap();
    Way::of(&begun, &begun.get_ref().authorize_url)
}

pub async fn finish(
    site: &World,
    cookie: &str,
    (code, state): (String, String),
) -> Result<pb::FinishGithubSignInResponse, Status> {
    let finish = pb::FinishGithubSignInRequest { code, state, return_token: true };
    Ok(client(site).finish_github_sign_in(with_cookie(request(finish, None), cookie)).await?.into_inner())
}

/// All of it, as somebody with this account.
pub async fn sign_in(site: &World, github: &FakeGithub, account: Account) -> Result<pb::FinishGithubSignInResponse, Status> {
    let way = begin(site).await;
    finish(site, &way.cookie, github.authorize(&way.url, account)).await
}

pub async fn begin_connecting(person: &Person, password: &str, code: &str) -> Result<Way, Status> {
    let begin = pb::BeginGithubConnectionRequest { current_password: password.to_owned(), code: code.to_owned() };
    let begun = GithubServiceClient::new(person.channel.clone()).begin_github_connection(person.ask(begin)).await?;
    Ok(Way::of(&begun, &begun.get_ref().authorize_url))
}

pub async fn finish_connecting(
    person: &Person,
    cookie: &str,
    (code, state): (String, String),
) -> Result<pb::GithubConnection, Status> {
    let finish = with_cookie(person.ask(pb::FinishGithubConnectionRequest { code, state }), cookie);
    let finished = GithubServiceClient::new(person.channel.clone()).finish_github_connection(finish).await?;
    Ok(finished.into_inner().connection.unwrap())
}

/// All of it, for somebody without an authenticator.
pub async fn connect(person: &Person, github: &FakeGithub, account: Account) -> Result<pb::GithubConnection, Status> {
    let way = begin_connecting(person, PASSWORD, "").await?;
    finish_connecting(person, &way.cookie, github.authorize(&way.url, account)).await
}

pub async fn staff(site: &World) -> Person {
    site.company("Harrow & Pike").await.hire(site, pb::Role::Staff, "").await
}

/// What is told of a refusal.
pub fn told(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

async fn me(site: &World, token: &str) -> Result<pb::MeResponse, Status> {
    let me = SessionServiceClient::new(site.channel.clone()).me(request(pb::MeRequest {}, Some(token))).await?;
    Ok(me.into_inner())
}

#[derive(FromQueryResult)]
struct Kept {
    n: i64,
}

async fn count(site: &World, sql: &str, values: Vec<sea_orm::Value>) -> i64 {
    let rows: Vec<Kept> = site.kernel.database.system_read().await.unwrap().query(sql, values).await.unwrap();
    rows[0].n
}

fn uuid(id: &str) -> Uuid {
    streamflow_kernel::ids::parse(streamflow_kernel::ids::prefix::USER, id).unwrap()
}

on_both! {
    async fn a_connected_account_takes_the_place_of_the_password(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        connect(&staff, &github, OCTOCAT).await.unwrap();
        let signed_in = sign_in(&site, &github, OCTOCAT).await.unwrap();
        assert_eq!(signed_in.second_factor(), pb::SecondFactorState::Done);
        assert_eq!(me(&site, &signed_in.token).await.unwrap().user.unwrap().id, staff.user_id);
        // The company's audit says who came in, and which way.
        let sql = "SELECT COUNT(*) AS n FROM audit WHERE org_id = ? AND actor_id = ? AND category = 'sign_in' AND outcome = 'OK' \
                   AND path = '/streamflow.client.v1.GithubService/FinishGithubSignIn'";
        let org = streamflow_kernel::ids::parse(streamflow_kernel::ids::prefix::ORG, &staff.org_id).unwrap();
        assert_eq!(count(&site, sql, vec![org.into(), uuid(&staff.user_id).into()]).await, 1);
    }

    async fn a_browser_gets_its_session_as_a_cookie_and_comes_back_to_one_address(world) {
        let (site, github) = with_github(&world).await;
        connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
        let way = begin(&site).await;
        assert_eq!(FakeGithub::redirect_uri(&way.url), format!("{ORIGIN}/sign-in/github"));
        let (code, state) = github.authorize(&way.url, OCTOCAT);
        let finish = pb::FinishGithubSignInRequest { code, state, return_token: false };
        let finished = client(&site).finish_github_sign_in(with_cookie(request(finish, None), &way.cookie)).await.unwrap();
        let cookies: Vec<_> = finished.metadata().get_all("set-cookie").iter().map(|one| one.to_str().unwrap().to_owned()).collect();
        assert!(cookies.iter().any(|one| one.starts_with("__Host-sf_client=") && one.contains("SameSite=Strict")), "{cookies:?}");
        assert!(cookies.iter().any(|one| one.starts_with("__Host-sf_client_device=")), "{cookies:?}");
        assert_eq!(finished.get_ref().token, "");
    }

    async fn a_code_is_asked_for_as_after_a_password(world) {
        let (site, github) = with_github(&world).await;
        let owner = site.company("Harrow & Pike").await;
        let way = begin_connecting(&owner, PASSWORD, &owner.code(&site)).await.unwrap();
        finish_connecting(&owner, &way.cookie, github.authorize(&way.url, OCTOCAT)).await.unwrap();
        site.pass(TimeDelta::seconds(31));
        let half = sign_in(&site, &github, OCTOCAT).await.unwrap();
        assert_eq!(half.second_factor(), pb::SecondFactorState::CodeNeeded);
        let mut sessions = SessionServiceClient::new(site.channel.clone());
        let early = sessions.list_sessions(request(pb::ListSessionsRequest::default(), Some(&half.token))).await.unwrap_err();
        assert_eq!(early.code(), Code::Unauthenticated);
        let verify = |code: String| request(pb::VerifySecondFactorRequest { code, return_token: true }, Some(&half.token));
        let wrong = sessions.verify_second_factor(verify("000000".to_owned())).await.unwrap_err();
        assert_eq!(fields(&wrong), ["code"]);
        site.pass(TimeDelta::seconds(31));
        let full = sessions.verify_second_factor(verify(owner.code(&site))).await.unwrap().into_inner();
        assert_eq!(me(&site, &full.token).await.unwrap().user.unwrap().id, owner.user_id);
    }

    async fn a_way_is_good_once_however_many_come_back_at_once(world) {
        let (site, github) = with_github(&world).await;
        connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
        // What GitHub does about codes that come twice is GitHub's affair.
        github.forgive();
        let way = begin(&site).await;
        let came = github.authorize(&way.url, OCTOCAT);
        let before = github.calls();
        let all = futures::future::join_all((0..8).map(|_| finish(&site, &way.cookie, came.clone()))).await;
        let (good, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!(good.len(), 1);
        for refusal in refused.into_iter().filter_map(Result::err).chain(finish(&site, &way.cookie, came.clone()).await.err()) {
            assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_STATE".to_owned()));
        }
        assert_eq!(github.calls(), before + 2, "GitHub is asked once");
    }

    async fn only_the_browser_that_began_a_way_can_finish_it(world) {
        let (site, github) = with_github(&world).await;
        connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
        let (way, other) = (begin(&site).await, begin(&site).await);
        let came = github.authorize(&way.url, OCTOCAT);
        let before = github.calls();
        for cookie in ["", other.cookie.as_str(), "made-up"] {
            let refusal = finish(&site, cookie, came.clone()).await.unwrap_err();
            assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_STATE".to_owned()), "{cookie}");
        }
        assert_eq!(github.calls(), before, "GitHub was not asked");
        // Nobody has used it up for the one who began it.
        finish(&site, &way.cookie, came).await.unwrap();
    }

    async fn a_way_ends_after_ten_minutes(world) {
        let (site, github) = with_github(&world).await;
        connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
        let (way, late) = (begin(&site).await, begin(&site).await);
        let (came, came_late) = (github.authorize(&way.url, OCTOCAT), github.authorize(&late.url, OCTOCAT));
        site.pass(TimeDelta::seconds(599));
        finish(&site, &way.cookie, came).await.unwrap();
        site.pass(TimeDelta::seconds(1));
        let refusal = finish(&site, &late.cookie, came_late).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_STATE".to_owned()));
    }

    async fn what_nobody_began_leads_nowhere(world) {
        let (site, github) = with_github(&world).await;
        let way = begin(&site).await;
        let (code, state) = github.authorize(&way.url, OCTOCAT);
        let refusal = finish(&site, &way.cookie, (code.clone(), format!("{state}x"))).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_STATE".to_owned()));
        // GitHub sends nobody back without both; a refusal there comes without a code.
        for (came, problems) in [((String::new(), String::new()), vec!["code", "state"]), ((String::new(), state.clone()), vec!["code"])] {
            assert_eq!(fields(&finish(&site, &way.cookie, came).await.unwrap_err()), problems);
        }
        let long = finish(&site, &way.cookie, ("c".repeat(1_001), "s".repeat(101))).await.unwrap_err();
        assert_eq!(fields(&long), ["code", "state"]);
        // All that left the way open, and nobody has connected the account.
        let refusal = finish(&site, &way.cookie, (code, state)).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_NOT_CONNECTED".to_owned()));
    }

    async fn a_github_account_does_not_tell_who_is_here(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        connect(&staff, &github, OCTOCAT).await.unwrap();
        let unknown = sign_in(&site, &github, HUBOT).await.unwrap_err();
        for sql in ["UPDATE users SET disabled_at = ? WHERE id = ?", "UPDATE memberships SET disabled_at = ? WHERE user_id = ?"] {
            let db = site.kernel.database.system().await.unwrap();
            db.execute("UPDATE users SET disabled_at = NULL WHERE id = ?", vec![uuid(&staff.user_id).into()]).await.unwrap();
            db.execute(sql, vec![site.now().into(), uuid(&staff.user_id).into()]).await.unwrap();
            db.commit().await.unwrap();
            let disabled = sign_in(&site, &github, OCTOCAT).await.unwrap_err();
            assert_eq!((disabled.code(), disabled.message(), disabled.details()), (unknown.code(), unknown.message(), unknown.details()));
        }
        assert_eq!(told(&unknown), (Code::Unauthenticated, "GITHUB_NOT_CONNECTED".to_owned()));
        assert!(unknown.message().contains("connect it in your profile") && unknown.message().contains("invitation"));
    }

    async fn a_suspended_company_is_as_closed_as_after_a_password(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        connect(&staff, &github, OCTOCAT).await.unwrap();
        let db = site.kernel.database.system().await.unwrap();
        db.execute("UPDATE orgs SET suspended_at = ?", vec![site.now().into()]).await.unwrap();
        db.commit().await.unwrap();
        let signed_in = sign_in(&site, &github, OCTOCAT).await.unwrap();
        assert!(me(&site, &signed_in.token).await.unwrap().suspension.is_some());
        let ask = request(pb::GetGithubConnectionRequest {}, Some(&signed_in.token));
        assert_eq!(reason(&client(&site).get_github_connection(ask).await.unwrap_err()), "ORG_SUSPENDED");
    }

    async fn numbers_of_another_github_let_nobody_in(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        connect(&staff, &github, OCTOCAT).await.unwrap();
        let (moved, elsewhere) = with_github(&world).await;
        let refusal = sign_in(&moved, &elsewhere, OCTOCAT).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_NOT_CONNECTED".to_owned()));
        // There the person connects one of that GitHub, in place of the one of the other.
        let staff = Person { channel: moved.channel.clone(), ..staff };
        connect(&staff, &elsewhere, HUBOT).await.unwrap();
        sign_in(&moved, &elsewhere, HUBOT).await.unwrap();
        assert_eq!(told(&sign_in(&site, &github, OCTOCAT).await.unwrap_err()).1, "GITHUB_NOT_CONNECTED");
    }

    async fn where_it_is_not_set_up_everything_says_so(world) {
        let staff = staff(&world).await;
        let offered = client(&world).get_github_sign_in(request(pb::GetGithubSignInRequest {}, None)).await.unwrap();
        assert!(!offered.into_inner().offered);
        let off = (Code::FailedPrecondition, "GITHUB_OFF".to_owned());
        let begun = client(&world).begin_github_sign_in(request(pb::BeginGithubSignInRequest {}, None)).await.unwrap_err();
        assert_eq!(told(&begun), off);
        assert_eq!(told(&finish(&world, "", ("c".into(), "s".into())).await.unwrap_err()), off);
        assert_eq!(told(&begin_connecting(&staff, PASSWORD, "").await.unwrap_err()), off);
        assert_eq!(told(&finish_connecting(&staff, "", ("c".into(), "s".into())).await.unwrap_err()), off);
        let connection = client(&world).get_github_connection(staff.ask(pb::GetGithubConnectionRequest {})).await.unwrap();
        assert_eq!(connection.into_inner(), pb::GetGithubConnectionResponse::default());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ways_back_count_among_sign_ins_of_an_address() {
    let world = World::sqlite().await;
    let github = FakeGithub::start().await;
    let limits = [("sign_in".to_owned(), 2)].into();
    let site = world.twin_with(Setup { github: Some(github.provider()), limits, ..Setup::default() }).await;
    for _ in 0..2 {
        assert_eq!(sign_in(&site, &github, OCTOCAT).await.unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(sign_in(&site, &github, OCTOCAT).await.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ways_that_nobody_finished_are_deleted() {
    let world = World::sqlite().await;
    let (site, _github) = with_github(&world).await;
    let left = || count(&site, "SELECT COUNT(*) AS n FROM github_attempts", Vec::new());
    let _runner = site.kernel.run_jobs(vec![Arc::new(streamflow_client::github::PRUNE)]).await.unwrap();
    begin(&site).await;
    site.pass(TimeDelta::hours(25));
    begin(&site).await;
    for _ in 0..1_000 {
        if left().await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} are left", left().await);
}

/// In the files of the database, which hold every row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_kept() {
    let world = World::sqlite().await;
    let (site, github) = with_github(&world).await;
    connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
    let open = begin(&site).await;
    let (code, state) = github.authorize(&open.url, OCTOCAT);
    sign_in(&site, &github, OCTOCAT).await.unwrap();
    let secrets = [github.tokens(), vec![code, state, open.cookie, CLIENT_SECRET.to_owned()]].concat();
    assert_eq!(github.tokens().len(), 2);
    let files: Vec<_> = ["client.db", "client.db-wal"].map(|name| std::fs::read(site.folder.path().join(name)).unwrap()).concat();
    assert!(memchr::memmem::find(&files, OCTOCAT.login.as_bytes()).is_some(), "the rows are there");
    for secret in secrets {
        assert!(memchr::memmem::find(&files, secret.as_bytes()).is_none(), "{secret}");
    }
}
