//! Calls between systems by TLS: whom a caller believes, what it says of whom it does not, and certificates that are renewed while
//! the server runs.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use streamflow_kernel::{
    federation::{Keys, Route, peer::handshake},
    tls::certificate::Certificate,
};
use streamflow_migrations::System;
use streamflow_tests::{
    certificates::Authority,
    federation::{Secured, reason, serve_tls, switched},
    operator::Desk,
    world::World,
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
    sync::watch,
};
use tonic::{Code, Status};

/// The provider's system, and the way to the client's by TLS.
struct Line {
    world: World,
    provider: Desk,
    keys: Keys,
    authority: Authority,
    secured: Secured,
    stop: watch::Sender<bool>,
}

impl Line {
    async fn start() -> Self {
        let world = World::sqlite().await;
        let provider = Desk::start(System::Provider).await;
        provider.clock.set(world.now());
        let (stop, _) = watch::channel(false);
        let keys = Keys::generate(world.now());
        provider.kernel.federation.use_keys(&keys);
        let authority = Authority::new("ours");
        let router = switched(&world.kernel, streamflow_client::system::federated(), &keys);
        let issued = authority.issue_now("north.internal", world.now());
        let secured = serve_tls(&world.kernel, router, &issued, &stop.subscribe()).await;
        provider.kernel.federation.connect("client", secured.route(&authority));
        Self { world, provider, keys, authority, secured, stop }
    }

    async fn greet(&self) -> Result<(), Status> {
        handshake(self.provider.kernel.federation.peer("client").unwrap()).await.map(drop)
    }

    /// Greets by another way: what is said of it.
    async fn greet_by(&self, way: Route) -> Status {
        self.provider.kernel.federation.connect("client", way);
        let refused = self.greet().await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
        assert!(refused.message().starts_with("The client system can't be reached"), "{refused:?}");
        refused
    }

    /// What the provider's system has seen.
    fn seen(&self) -> Certificate {
        let certificates = self.provider.kernel.federation.certificates();
        certificates.into_iter().find(|(name, _)| *name == "client").expect("a certificate").1
    }

    fn pass(&self, time: TimeDelta) {
        self.world.clock.advance(time);
        self.provider.clock.advance(time);
    }

    async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(self.secured.address).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_believes_its_own_authority_and_no_other() {
    let line = Line::start().await;
    let federation = &line.provider.kernel.federation;
    assert!(federation.certificates().is_empty(), "nobody was called");
    line.greet().await.unwrap();
    assert_eq!(line.seen().names, ["127.0.0.1", "north.internal"]);
    assert_eq!(line.world.kernel.federation.certificates(), [("", line.seen())]);
    assert!(!federation.is_open("client") && federation.place("client").starts_with("https://127.0.0.1:"));

    let stranger = Authority::new("a stranger");
    let refused = line.greet_by(line.secured.route(&stranger)).await;
    assert_eq!(reason(&refused), "CERTIFICATE_ISSUER");
    assert!(refused.message().contains("signed by no authority that this system trusts"), "{refused:?}");

    // Somebody with a certificate of the same authority, which is not for this address.
    let router = switched(&line.world.kernel, streamflow_client::system::federated(), &line.keys);
    let (from, until) = (line.world.now() - TimeDelta::days(1), line.world.now() + TimeDelta::days(1));
    let issued = line.authority.issue_for(&["elsewhere.internal"], from, until);
    let elsewhere = serve_tls(&line.world.kernel, router, &issued, &line.stop.subscribe()).await;
    let refused = line.greet_by(elsewhere.route(&line.authority)).await;
    assert_eq!(reason(&refused), "CERTIFICATE_NAME");
    assert!(refused.message().contains("elsewhere.internal"), "{refused:?}");

    // By http to who speaks TLS, and the other way round.
    line.greet_by(Route::tcp(&format!("http://{}", line.secured.address)).unwrap()).await;
    assert!(federation.is_open("client"));
    let plain = Secured { address: line.world.address, ..elsewhere };
    let refused = line.greet_by(plain.route(&line.authority)).await;
    assert_eq!(reason(&refused), "TLS");
    assert!(refused.message().contains("speaks no TLS"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_believed_in_its_own_time_only() {
    let line = Line::start().await;
    line.pass(TimeDelta::days(-2));
    let refused = line.greet_by(line.secured.route(&line.authority)).await;
    assert_eq!(reason(&refused), "CERTIFICATE_NOT_YET_VALID");
    line.pass(TimeDelta::days(2));
    line.provider.kernel.federation.connect("client", line.secured.route(&line.authority));
    line.greet().await.unwrap();
    line.pass(TimeDelta::days(91));
    let ended = line.seen().not_after.format("%Y-%m-%d").to_string();
    let refused = line.greet_by(line.secured.route(&line.authority)).await;
    assert_eq!(reason(&refused), "CERTIFICATE_EXPIRED");
    assert!(refused.message().contains(&format!("its certificate expired on {ended}")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_never() {
    let line = Line::start().await;
    let (folder, now) = (line.secured.folder.path(), line.world.now());
    line.greet().await.unwrap();
    let first = line.seen();
    let look = || {
        line.secured.shown.look();
        line.secured.shown.certificate()
    };
    assert_eq!(look(), first);
    let other = line.authority.issue_now("other.internal", now);
    let expired = line.authority.issue("north.internal", now - TimeDelta::days(9), now - TimeDelta::days(1));
    expired.write(folder);
    assert_eq!(look(), first, "one that has expired");
    std::fs::write(folder.join("certificate.pem"), &other.certificate).unwrap();
    assert_eq!(look(), first, "one whose key is not there yet");
    std::fs::write(folder.join("certificate.pem"), "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n").unwrap();
    assert_eq!(look(), first, "one that is damaged");
    std::fs::remove_file(folder.join("key.pem")).unwrap();
    assert_eq!(look(), first, "none");
    line.greet().await.unwrap();

    other.write(folder);
    let next = look();
    assert_eq!(next.names, ["127.0.0.1", "other.internal"]);
    // Who has seen the one before is told to come again; a call that meets the connection while it closes is refused.
    for _ in 0..400 {
        if line.greet().await.is_ok() && line.seen() == next {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody came again: {:?}", line.seen());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_was_taken_out_is_believed_on_no_open_connection() {
    let line = Line::start().await;
    let (trust, folder) = (line.secured.trust(&line.authority), line.secured.folder.path());
    line.provider.kernel.federation.connect("client", line.secured.way(&trust));
    line.greet().await.unwrap();
    Authority::new("the next one").write(folder, "ca.pem");
    trust.look();
    let refused = line.greet().await.unwrap_err();
    assert_eq!(reason(&refused), "CERTIFICATE_ISSUER", "{refused:?}");
    line.authority.write(folder, "ca.pem");
    trust.look();
    line.greet().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_stands_still_keeps_nobody_out_and_ends() {
    let line = Line::start().await;
    let begun = Instant::now();
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(line.connect([127, 0, 0, 2]).await);
    }
    // They count: the address has no more.
    let mut one_too_many = line.connect([127, 0, 0, 2]).await;
    let mut said = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(4), one_too_many.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "an address has too many connections");
    // Others are let in meanwhile.
    line.greet().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    for mut stream in held {
        let left = Duration::from_secs(14).saturating_sub(begun.elapsed());
        let ended = tokio::time::timeout(left, stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "it stands still for {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() > Duration::from_secs(8), "{:?}", begun.elapsed());
}
