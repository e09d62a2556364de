//! All four systems in one program on PostgreSQL, as an installation runs them: each serves its own people, its own pages and
//! nothing of the others, and the operations port tells how it is.

use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use streamflow_kernel::{
    password::{Params, PasswordHasher},
    totp,
};
use streamflow_proto::provider::v1 as pb;
use streamflow_tests::{
    operator::{Caller, EMAIL, PASSWORD},
    postgres::{self, Cluster},
    process::Server,
    raw,
};
use tonic::{Code, Request};

/// Space, prefix of its variables, place after the first port, beginning of its pages' paths.
const OPERATORS: [(&str, &str, u16, &str); 3] =
    [("provider", "PROVIDER", 2, "provider"), ("dev", "DEVELOPER", 3, "dev"), ("accountant", "ACCOUNTANT", 4, "accounting")];

const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// A server of all systems with one operator for three of them, whose authenticator has this secret.
async fn installation(cluster: &Cluster, folder: &std::path::Path) -> (Server, Vec<u8>) {
    let url = format!("{}/postgres", cluster.url);
    let mut server = Server::of("client,provider,dev,accountant", folder, Some(url));
    let secret = totp::generate_secret().to_vec();
    let hash = PasswordHasher::new(Params::BREAK_GLASS).hash(PASSWORD).await.unwrap();
    for (_, prefix, ..) in OPERATORS {
        for (name, value) in [("EMAIL", EMAIL), ("PASSWORD_HASH", &hash), ("TOTP_SECRET", &totp::to_base32(&secret))] {
            server.set(&format!("{prefix}_{name}"), value);
        }
    }
    for portal in ["client", "provider", "dev", "accountant"] {
        let web = folder.join("web").join(portal);
        std::fs::create_dir_all(&web).unwrap();
        std::fs::write(web.join("index.html"), format!("the app of {portal}")).unwrap();
    }
    server.flags = vec!["--web-dir".to_owned(), folder.join("web").display().to_string()];
    server.migrate();
    (server, secret)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_systems_serve_each_its_own_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    let (mut server, secret) = installation(&cluster, folder.path()).await;
    server.create_tenant("owner@example.com", PASSWORD);
    server.start();
    let owner = server.first_sign_in("owner@example.com", PASSWORD).await;
    let mut tokens = Vec::new();
    for (space, _, offset, _) in OPERATORS {
        tokens.push(sign_in(&Caller { space, channel: server.channel_at(offset) }, &secret).await);
    }
    for (at, (space, _, offset, _)) in OPERATORS.into_iter().enumerate() {
        let caller = Caller { space, channel: server.channel_at(offset) };
        let others = tokens.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, token)| token);
        for token in others.chain([&owner]) {
            let refused = caller.ask::<_, pb::MeResponse>("SessionService/Me", Some(token), &pb::MeRequest {}).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "{space}");
        }
    }
    operations_tell_how_it_is(&server).await;
    let admin = postgres::superuser(&format!("{}/postgres", cluster.url)).await;
    pages_of_another_space_are_refused_and_audited(&server, &admin).await;
    for offset in 1..=4 {
        assert!(raw::ask(&server.channel_at(offset), Request::new(vec![0x3a, 0]), REFLECTION).await.is_err());
    }

    server.stop();
    server.flags.push("--reflection".to_owned());
    server.start();
    for (offset, own, other) in [(1, "client", "provider"), (2, "provider", "client")] {
        let told = raw::ask(&server.channel_at(offset), Request::new(vec![0x3a, 0]), REFLECTION).await.unwrap();
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains(&format!("streamflow.{own}.v1.SessionService")) && !told.contains(&format!(".{other}.")), "{told}");
    }
}

/// Signs the operator in, and looks at what the portal shows.
async fn sign_in(caller: &Caller, secret: &[u8]) -> String {
    let space = caller.space;
    assert_eq!(caller.begin(EMAIL, "not-the-password-at-all").await.unwrap_err().code(), Code::Unauthenticated);
    // The ladder of wrong passwords.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let begun = caller.begin(EMAIL, PASSWORD).await.unwrap();
    let token = caller.verify(&begun, totp::code_at(secret, chrono::Utc::now()).unwrap()).await.unwrap();
    let overview: pb::GetOverviewResponse =
        caller.ask("OverviewService/GetOverview", Some(&token), &pb::GetOverviewRequest { days: 1 }).await.unwrap();
    assert!(overview.health.len() == 2 && overview.health.iter().all(|part| part.healthy), "{space}: {overview:?}");
    assert_eq!((overview.sign_ins.unwrap().value, overview.refused_sign_ins.unwrap().value, overview.live_sessions), (1, 1, 1));
    let audit: pb::ListAuditResponse =
        caller.ask("AuditService/ListAudit", Some(&token), &pb::ListAuditRequest::default()).await.unwrap();
    // Its own people's, and what other systems asked of it: none of another portal's.
    let mine = [format!("streamflow.{space}.v1"), "streamflow.federation.v1".to_owned()];
    let strange = audit.records.iter().find(|record| !mine.iter().any(|package| record.path.contains(package)));
    assert!(strange.is_none(), "{space}: {strange:?}");
    token
}

async fn operations_tell_how_it_is(server: &Server) {
    let (status, alive) = server.get(0, "/healthz");
    assert!(status == 200 && alive.ends_with("alive\n"), "{alive}");
    let (status, ready) = server.get(0, "/readyz");
    assert!(status == 200 && ready.ends_with("ready\n"), "{ready}");
    let (status, metrics) = server.get(0, "/metrics");
    assert_eq!(status, 200);
    for space in ["client", "provider", "dev", "accountant"] {
        let counted =
            metrics.lines().any(|line| line.starts_with("requests_total{") && line.contains(&format!("space=\"{space}\"")));
        assert!(counted, "{space} in\n{metrics}");
    }
    assert!(!metrics.contains('@') && !metrics.contains("usr_"), "nobody is named");
    let health = raw::ask(&server.channel_at(0), Request::new(Vec::new()), "/grpc.health.v1.Health/Check").await.unwrap();
    assert_eq!(health, [0x08, 0x01], "serving");
    for path in ["/metrics", "/healthz"] {
        for offset in 1..=4 {
            assert!(server.get(offset, path).1.contains("the app of "), "a portal answers {path} with its app");
        }
    }
}

async fn pages_of_another_space_are_refused_and_audited(server: &Server, admin: &DatabaseConnection) {
    let roots = [
        ("client", 1, "tenant/fault-co/client"),
        ("provider", 2, "provider"),
        ("dev", 3, "dev"),
        ("accountant", 4, "accounting"),
    ];
    for (space, offset, own) in roots {
        let (status, page) = server.get(offset, &format!("/{own}/audit"));
        assert!(status == 200 && page.contains(&format!("the app of {space}")), "{page}");
        for (_, _, other) in roots.iter().filter(|(name, ..)| *name != space) {
            let (status, page) = server.get(offset, &format!("/{other}/audit"));
            assert!(status == 404 && page.ends_with(&format!("the app of {space}")), "{space}: {page}");
            assert!(page.contains("content-security-policy"), "{page}");
        }
        let schema = if space == "accountant" { "accounting" } else { space };
        let sql = format!("SELECT count(*) AS n FROM {schema}.audit WHERE category = 'outside' AND path LIKE '/%/audit'");
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
        let records: i64 = admin.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap();
        // One a minute, and a minute may end meanwhile.
        assert!((1..=2).contains(&records), "{space}: {records}");
    }
}
