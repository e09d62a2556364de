//! Clocks of two processes that are ten minutes apart: a real server, and in this process a provider system with a clock of its own.
//! The call is refused with a stable reason, counted, and told so that whoever reads the log knows which clock to look at.

use chrono::{SecondsFormat, TimeDelta, Utc};
use streamflow_kernel::{
    db::Backend,
    federation::{Keys, Route, peer::handshake},
};
use streamflow_migrations::System;
use streamflow_tests::{federation::reason, operator::Desk, process::Server};

/// How often the server has refused a call for its time.
fn refused(server: &Server) -> u64 {
    let (status, metrics) = server.get(0, "/metrics");
    assert_eq!(status, 200);
    let line = metrics.lines().find(|line| {
        line.starts_with("federation_refused_total{") && line.contains("reason=\"SKEW\"") && line.contains("space=\"client\"")
    });
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_minutes_apart_nothing_is_believed_and_everybody_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    let mut server = Server::new(folder.path(), None);
    server.log = Some(log.clone());
    server.set("STREAMFLOW_LOG_FORMAT", "json");
    server.start();
    let provider = Desk::start_on(Backend::Sqlite, System::Provider).await;
    let keys = std::fs::read_to_string(folder.path().join("federation-keys.json")).unwrap();
    provider.kernel.federation.use_keys(&Keys::parse(&keys).unwrap());
    let way = Route::tcp(&format!("http://127.0.0.1:{}", server.port_base + 10)).unwrap();
    provider.kernel.federation.connect("client", way);
    let greet = async || handshake(provider.kernel.federation.peer("client").unwrap()).await;

    provider.clock.set(Utc::now());
    greet().await.expect("clocks that agree");
    assert_eq!(refused(&server), 0);
    for (n, minutes) in [10, -10].into_iter().enumerate() {
        let theirs = Utc::now() + TimeDelta::minutes(minutes);
        provider.clock.set(theirs);
        let status = greet().await.unwrap_err();
        assert_eq!(reason(&status), "SKEW");
        let written = theirs.to_rfc3339_opts(SecondsFormat::Secs, true);
        let told = [written.as_str(), "at most 120 are accepted", "Set the clock that is wrong."];
        assert!(told.iter().all(|part| status.message().contains(part)), "{}", status.message());
        assert_eq!(refused(&server), n as u64 + 1);
        // The server's own log says the same, and in whose name the call came.
        let log = std::fs::read_to_string(&log).unwrap();
        let line = log.lines().find(|line| line.contains("was refused") && line.contains(&written));
        let line = line.unwrap_or_else(|| panic!("nothing of {written} in the log"));
        assert!(line.contains("WARN") && line.contains("SKEW") && line.contains("provider") && line.contains(told[1]), "{line}");
    }
    provider.clock.set(Utc::now());
    greet().await.expect("clocks that agree again");
    server.stop();
}
