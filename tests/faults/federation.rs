//! Two real processes with databases of their own speak with each other: over TCP, through a rotation of keys, and again after one
//! of them died.

use std::time::{Duration, Instant};

use streamflow_kernel::{
    password::{Params, PasswordHasher},
    totp,
};
use streamflow_proto::provider::v1::{
    self as pb, federation_service_client::FederationServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::process::Server;
use tonic::{Request, transport::Channel};

const EMAIL: &str = "operator@example.com";
const PASSWORD: &str = "an-operators-Own-7-passphrase";

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
    /// Gives a server its operator, whose authenticator's secret comes back.
    pub async fn appoint(server: &mut Server) -> Vec<u8> {
        let secret = totp::generate_secret().to_vec();
        server.set("PROVIDER_EMAIL", EMAIL);
        server.set("PROVIDER_PASSWORD_HASH", PasswordHasher::new(Params::BREAK_GLASS).hash(PASSWORD).await.unwrap());
        server.set("PROVIDER_TOTP_SECRET", totp::to_base32(&secret));
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
