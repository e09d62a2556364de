//! Two real processes with databases of their own speak with each other: over TCP, through a rotation of keys, and again after one
//! of them died. They do all that one process with all systems does.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use streamflow_kernel::{
    password::{Params, PasswordHasher},
    totp,
};
use streamflow_proto::{
    accountant::v1 as accountant,
    common::v1::TenantState,
    dev::v1 as dev,
    provider::v1::{
        self as pb, federation_service_client::FederationServiceClient, session_service_client::SessionServiceClient,
    },
};
use streamflow_tests::{
    fleet::{self, Fleet},
    operator::{Caller, EMAIL, PASSWORD},
    postgres::Cluster,
    process::Server,
};
use tonic::{Request, transport::Channel};

/// Space, prefix of its variables, place after the first port.
const OPERATORS: [(&str, &str, u16); 3] = [("provider", "PROVIDER", 2), ("dev", "DEVELOPER", 3), ("accountant", "ACCOUNTANT", 4)];

/// The operator of the second process.
pub struct Admin {
    channel: Channel,
    token: String,
}

fn request<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", "provider".parse().unwrap());
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

impl Admin {
    /// Gives a server its operator, of all portals that have one. The authenticator's secret comes back.
    pub async fn appoint(server: &mut Server) -> Vec<u8> {
        let secret = totp::generate_secret().to_vec();
        let hash = PasswordHasher::new(Params::BREAK_GLASS).hash(PASSWORD).await.unwrap();
        for (_, prefix, _) in OPERATORS {
            server.set(&format!("{prefix}_EMAIL"), EMAIL);
            server.set(&format!("{prefix}_PASSWORD_HASH"), &hash);
            server.set(&format!("{prefix}_TOTP_SECRET"), totp::to_base32(&secret));
        }
        secret
    }

    pub async fn sign_in(server: &Server, secret: &[u8]) -> Self {
        let url = format!("http://127.0.0.1:{}", server.port_base + 2);
        let channel = Channel::from_shared(url).unwrap().connect_lazy();
        let mut sessions = SessionServiceClient::new(channel.clone());
        let sign_in = pb::SignInRequest { email: EMAIL.into(), password: PASSWORD.into(), return_token: true };
        let begun = sessions.sign_in(request(sign_in, None)).await.expect("a sign-in").into_inner().token;
        let code = totp::code_at(secret, chrono::Utc::now()).expect("a code");
        let verify = pb::VerifySecondFactorRequest { code, return_token: true };
        let done = sessions.verify_second_factor(request(verify, Some(&begun))).await.expect("a second factor");
        Self { channel, token: done.into_inner().token }
    }

    pub async fn greet(&self) -> pb::CheckPeerResponse {
        let check = request(pb::CheckPeerRequest { name: "client".into() }, Some(&self.token));
        FederationServiceClient::new(self.channel.clone()).check_peer(check).await.expect("an answer").into_inner()
    }

    /// Greets until the answer is as wanted.
    pub async fn greet_until(&self, what: &str, is_wanted: impl Fn(&pb::CheckPeerResponse) -> bool) -> pb::CheckPeerResponse {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.greet().await;
            if is_wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < until, "{what}: {answer:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_speak_with_each_other() {
    let (north, south) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut clients = Server::of("client", north.path(), None);
    let mut others = Server::of("provider,dev,accountant", south.path(), None);
    let secret = Admin::appoint(&mut others).await;
    others.set("STREAMFLOW_FEDERATION_URLS__CLIENT", format!("http://127.0.0.1:{}", clients.port_base + 10));

    // Without the first one's keys the second does not start, and says what to do.
    let (is_done, text) = others.run(&["serve", "--systems", "provider", "--port-base", &others.port_base.to_string()]);
    assert!(!is_done && text.contains("streamflow federation keys"), "{text}");
    let file = south.path().join("federation-keys.json");
    let export = ["federation", "keys", "--systems", "provider,dev,accountant", "--out", file.to_str().unwrap()];
    let (is_done, text) = clients.run(&export);
    assert!(is_done, "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    clients.start();
    others.start();
    let admin = Admin::sign_in(&others, &secret).await;
    let first = admin.greet().await;
    assert!(first.reached, "{first:?}");

    // A rotation, with both running: who checks learns of the new key before who signs.
    let (is_done, text) = clients.run(&["federation", "rotate-keys", "--pair", "provider>client"]);
    assert!(is_done && text.contains("provider>client"), "{text}");
    // Longer than a running server takes to find the changed file, which it says to nobody.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(admin.greet().await.key_id, first.key_id, "the older key stays good");
    let (is_done, text) = clients.run(&export);
    assert!(is_done, "{text}");
    admin.greet_until("the new key", |answer| answer.reached && answer.key_id != first.key_id).await;

    clients.kill();
    let lost = admin.greet_until("the loss", |answer| !answer.reached).await;
    assert!(lost.problem.contains("can't be reached"), "{lost:?}");
    clients.start();
    admin.greet_until("the return", |answer| answer.reached).await;
}

/// Somebody who is signed in at one of the operators' portals.
struct Operator {
    caller: Caller,
    token: String,
}

impl Operator {
    /// One of each portal.
    async fn all(server: &Server, secret: &[u8]) -> [Self; 3] {
        let at = async |(space, _, offset): (&'static str, &str, u16)| {
            let caller = Caller { space, channel: server.channel_at(offset) };
            let begun = caller.begin(EMAIL, PASSWORD).await.unwrap();
            // The one before is good too, and the present one is left for a right that is taken on.
            let before = chrono::Utc::now() - chrono::TimeDelta::seconds(30);
            let token = caller.verify(&begun, totp::code_at(secret, before).unwrap()).await.unwrap();
            Self { caller, token }
        };
        let [provider, dev, accountant] = OPERATORS;
        [at(provider).await, at(dev).await, at(accountant).await]
    }

    /// Once: a code works once.
    async fn take_on(&self, right: &str, secret: &[u8]) {
        let (scopes, password) = (vec![right.to_owned()], PASSWORD.to_owned());
        let code = totp::code_at(secret, chrono::Utc::now()).unwrap();
        let ask = pb::ElevateRequest { scopes, minutes: 5, password, code, ..Default::default() };
        let _: pb::ElevateResponse = self.caller.ask("ElevationService/Elevate", Some(&self.token), &ask).await.unwrap();
    }

    /// Asks until the answer is as wanted.
    async fn until<Req, Res>(&self, rpc: &str, ask: Req, is_wanted: impl Fn(&Res) -> bool) -> Res
    where
        Req: prost::Message,
        Res: prost::Message + Default + Debug,
    {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let answer: Res = self.caller.ask(rpc, Some(&self.token), &ask).await.unwrap();
            if is_wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < until, "{rpc}: {answer:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn health(&self, is_wanted: impl Fn(&[(&str, dev::SystemState, &str)]) -> bool) {
        let shown = |health: &dev::GetHealthResponse| {
            let systems = health.systems.iter().map(|one| (one.name.as_str(), one.state(), one.place.as_str()));
            is_wanted(&systems.collect::<Vec<_>>())
        };
        self.until("HealthService/GetHealth", dev::GetHealthRequest {}, shown).await;
    }
}

/// A company registers at the one server, and each portal of the other knows of it what is its to know. `clients` is where the portals'
/// server sees the companies' system.
async fn all_is_done(server: &Server, others: &Server, secret: &[u8], clients: &str) -> [Operator; 3] {
    let key = fleet::registration_key(server);
    let made = fleet::register(&server.channel(), &key, 7).await.unwrap();
    assert_eq!(made.tenant_id, "company-7");
    let operators = Operator::all(others, secret).await;
    let [provider, dev, accountant] = &operators;

    let has_come = |found: &pb::ListTenantsResponse| found.tenants.iter().any(|one| one.tenant_id == "company-7");
    provider.until("TenantService/ListTenants", pb::ListTenantsRequest::default(), has_come).await;
    let told = |found: &pb::GetTenantResponse| found.events.iter().any(|event| event.kind == "registered");
    provider.until("TenantService/GetTenant", pb::GetTenantRequest { tenant_id: made.tenant_id.clone() }, told).await;
    // Which the companies' system has to do.
    provider.take_on("tenants", secret).await;
    let (tenant_id, reason, contact) = (made.tenant_id.clone(), "unpaid".to_owned(), "the office".to_owned());
    let suspend = pb::SuspendTenantRequest { tenant_id, reason, contact };
    let _: pb::SuspendTenantResponse =
        provider.caller.ask("TenantService/SuspendTenant", Some(&provider.token), &suspend).await.unwrap();
    dev.health(|systems| {
        let mut names: Vec<_> = systems.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        let place = systems.iter().find(|(name, ..)| *name == "client").map(|(_, _, place)| *place);
        names == ["accountant", "client", "dev", "provider"]
            && place == Some(clients)
            && systems.iter().all(|(_, state, _)| *state == dev::SystemState::Working)
    })
    .await;
    let is_listed = |found: &accountant::ListSubscriptionsResponse| {
        found.subscriptions.iter().any(|one| one.name == "Company 7" && one.state() == TenantState::Suspended)
    };
    accountant.until("SubscriptionService/ListSubscriptions", accountant::ListSubscriptionsRequest::default(), is_listed).await;
    operators
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_does_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::of("client,provider,dev,accountant", folder.path(), None);
    let secret = Admin::appoint(&mut server).await;
    server.start();
    all_is_done(&server, &server, &secret, "in this process").await;
    server.stop();
}

/// The same by two, and what is left of it when the companies' system is away.
async fn two_processes(cluster: Option<Cluster>) {
    let folder = tempfile::tempdir().unwrap();
    let mut fleet = Fleet::of("provider,dev,accountant", folder.path(), cluster.as_ref(), None).await;
    let secret = Admin::appoint(&mut fleet.others).await;
    fleet.clients.start();
    fleet.others.start();
    let clients = format!("http://127.0.0.1:{}", fleet.clients.port_base + 10);
    let [_, dev, accountant] = all_is_done(&fleet.clients, &fleet.others, &secret, &clients).await;

    fleet.clients.kill();
    let state_of = |systems: &[(&str, dev::SystemState, &str)], name: &str| {
        systems.iter().find(|(known, ..)| *known == name).map(|(_, state, _)| *state)
    };
    let down = |systems: &[(&str, dev::SystemState, &str)]| {
        state_of(systems, "client") == Some(dev::SystemState::Down)
            && state_of(systems, "provider") == Some(dev::SystemState::Working)
    };
    dev.health(down).await;
    let all = accountant::ListSubscriptionsRequest::default();
    let is_listed = |found: &accountant::ListSubscriptionsResponse| found.subscriptions.len() == 1;
    accountant.until("SubscriptionService/ListSubscriptions", all, is_listed).await;
    fleet.clients.start();
    dev.health(|systems| state_of(systems, "client") == Some(dev::SystemState::Working)).await;
    fleet.others.stop();
    fleet.clients.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_do_all_that_one_does_on_sqlite() {
    two_processes(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_do_all_that_one_does_on_postgres() {
    two_processes(Some(tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap())).await;
}
