//! The database of the provider portal really goes away: Recovery Mode within five seconds, the emergency account and nobody else,
//! the way back within ten, and every record in the database's audit once.

mod crowd;
mod flapping;
mod local_audit;
mod mirror;
mod shared;
mod start;
mod used_up;

use std::{path::Path, time::Duration};

use sea_orm::ConnectionTrait as _;
use streamflow_kernel::{
    password::{Params, PasswordHasher},
    totp,
};
use streamflow_proto::provider::v1::{
    self as pb, audit_service_client::AuditServiceClient, overview_service_client::OverviewServiceClient,
    recovery_service_client::RecoveryServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    drill::{Database, File, is_in_recovery, wait_for_recovery},
    operator::request,
    postgres::Cluster,
    process::Server,
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

const EMAIL: &str = "breakglass@example.com";
const PASSWORD: &str = "an-operators-Own-7-passphrase";
const SPACE: &str = "provider";
/// Steps of the ladder that failed sign-ins climb: who comes sooner is refused without a look at what they bring, by the server's own
/// clock. So it is time itself that has to pass.
const STEP: Duration = Duration::from_millis(1_100);
const THIRD_STEP: Duration = Duration::from_millis(3_100);

const ENTERS_WITHIN: Duration = Duration::from_millis(5_000);
const LEAVES_WITHIN: Duration = Duration::from_secs(10);

/// The portal and its one person.
struct Drill {
    server: Server,
    channel: Channel,
    seed: Vec<u8>,
    /// Step of the last code that was used.
    used: i64,
}

impl Drill {
    async fn start(data: &Path, postgres: Option<String>) -> Self {
        let seed = totp::generate_secret().to_vec();
        let hash = PasswordHasher::new(Params::BREAK_GLASS).hash(PASSWORD).await.unwrap();
        let mut server = Server::of("provider", data, postgres);
        server.set("PROVIDER_EMAIL", EMAIL);
        server.set("PROVIDER_PASSWORD_HASH", &hash);
        server.set("PROVIDER_TOTP_SECRET", totp::to_base32(&seed));
        server.migrate();
        Self::of(server, seed)
    }

    /// Another process on the same data.
    fn beside(&self) -> Self {
        Self::of(self.server.beside(), self.seed.clone())
    }

    fn of(mut server: Server, seed: Vec<u8>) -> Self {
        server.start();
        let channel = server.channel_at(2);
        Self { server, channel, seed, used: 0 }
    }

    fn recovery(&self) -> RecoveryServiceClient<Channel> {
        RecoveryServiceClient::new(self.channel.clone())
    }

    /// A code that was not used before and is of a later half minute than any that was.
    async fn fresh_code(&mut self, after: i64) -> String {
        let step = || chrono::Utc::now().timestamp() / 30;
        while step() <= self.used.max(after) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.used = step();
        self.code()
    }

    fn code(&self) -> String {
        let at = chrono::DateTime::from_timestamp(self.used * 30, 0).unwrap();
        totp::code_at(&self.seed, at).unwrap()
    }

    /// As usual, with password and code.
    async fn sign_in(&mut self) -> Result<String, Status> {
        let mut sessions = SessionServiceClient::new(self.channel.clone());
        let ask = pb::SignInRequest { email: EMAIL.into(), password: PASSWORD.into(), return_token: true };
        let token = sessions.sign_in(request(SPACE, ask, None)).await?.into_inner().token;
        let code = self.fresh_code(0).await;
        let ask = pb::VerifySecondFactorRequest { code, return_token: true };
        Ok(sessions.verify_second_factor(request(SPACE, ask, Some(&token))).await?.into_inner().token)
    }

    async fn enter(&self, password: &str, code: String) -> Result<String, Status> {
        let ask = pb::EnterRecoveryRequest { email: EMAIL.into(), password: password.into(), code, return_token: true };
        Ok(self.recovery().enter_recovery(request(SPACE, ask, None)).await?.into_inner().token)
    }

    async fn is_in_recovery(&self) -> bool {
        is_in_recovery(&self.channel).await
    }

    async fn wait_for_recovery(&self, is_on: bool, at_most: Duration) {
        let took = wait_for_recovery(&self.channel, is_on, at_most).await;
        println!("{} after {took:?}", if is_on { "entered" } else { "left" });
    }

    async fn view(&self, token: &str) -> Result<pb::GetRecoveryViewResponse, Status> {
        let ask = request(SPACE, pb::GetRecoveryViewRequest {}, Some(token));
        Ok(self.recovery().get_recovery_view(ask).await?.into_inner())
    }

    async fn restart_jobs(&self, token: &str) -> Result<(), Status> {
        let ask = request(SPACE, pb::RestartJobsRequest {}, Some(token));
        self.recovery().restart_jobs(ask).await.map(drop)
    }

    async fn overview(&self, token: &str) -> Result<(), Status> {
        let ask = request(SPACE, pb::GetOverviewRequest { days: 1 }, Some(token));
        OverviewServiceClient::new(self.channel.clone()).get_overview(ask).await.map(|_| ())
    }

    async fn audit(&self, token: &str) -> Vec<pb::AuditRecord> {
        let ask = pb::ListAuditRequest { page_size: 200, ..Default::default() };
        let ask = request(SPACE, ask, Some(token));
        AuditServiceClient::new(self.channel.clone()).list_audit(ask).await.unwrap().into_inner().records
    }

    /// The same once it has a record of this path; the one of the way back is the last of those that were kept meanwhile.
    async fn audit_with(&self, token: &str, path: &str) -> Vec<pb::AuditRecord> {
        for _ in 0..100 {
            let records = self.audit(token).await;
            if records.iter().any(|record| record.path.ends_with(path)) {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the audit has no {path}");
    }
}

fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    reason(&answer.unwrap_err())
}

/// Everybody but the emergency account is refused, whatever they bring.
async fn only_the_emergency_account_is_let_in(drill: &mut Drill, usual: &str) -> String {
    let away = (Code::Unavailable, "RECOVERY_MODE".to_owned());
    assert_eq!(refused(drill.overview(usual).await), away);
    let mut sessions = SessionServiceClient::new(drill.channel.clone());
    let ask = pb::SignInRequest { email: EMAIL.into(), password: PASSWORD.into(), return_token: true };
    assert_eq!(refused(sessions.sign_in(request(SPACE, ask, None)).await), away);
    assert_eq!(refused(drill.view(usual).await).0, Code::Unauthenticated, "a session of before is none of Recovery Mode");

    let wrong = (Code::Unauthenticated, "WRONG_CREDENTIALS".to_owned());
    let floor = chrono::Utc::now().timestamp() / 30;
    assert_eq!(refused(drill.enter(PASSWORD, drill.code()).await), wrong, "a code that was used before");
    tokio::time::sleep(STEP).await;
    let code = drill.fresh_code(floor).await;
    assert_eq!(refused(drill.enter("not the password", code.clone()).await), wrong);
    tokio::time::sleep(THIRD_STEP).await;
    let token = drill.enter(PASSWORD, code.clone()).await.unwrap();
    tokio::time::sleep(STEP).await;
    assert_eq!(refused(drill.enter(PASSWORD, code).await), wrong, "a code works once");
    token
}

fn is_out_of_reach(view: &pb::GetRecoveryViewResponse, problem: &str) {
    assert_eq!((view.parts[0].state(), &*view.parts[0].detail), (pb::RecoveryPartState::OutOfReach, problem), "{view:?}");
}

async fn drill(data: &Path, postgres: Option<String>, mut database: impl Database, problem: &str) {
    let mut drill = Drill::start(data, postgres).await;
    let usual = drill.sign_in().await.unwrap();
    assert!(!drill.is_in_recovery().await);
    let closed = (Code::FailedPrecondition, "NOT_IN_RECOVERY".to_owned());
    let code = drill.code();
    assert_eq!(refused(drill.enter(PASSWORD, code).await), closed, "the database is there");
    assert_eq!(refused(drill.view(&usual).await), closed);

    database.lose();
    drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    let token = only_the_emergency_account_is_let_in(&mut drill, &usual).await;
    let view = drill.view(&token).await.unwrap();
    is_out_of_reach(&view, problem);
    assert!(view.records.iter().any(|record| record.action == "recovery.entered"), "{view:?}");
    let probe = request(SPACE, pb::ProbeDatabaseRequest {}, Some(&token));
    assert!(!drill.recovery().probe_database(probe).await.unwrap().into_inner().answers);
    drill.restart_jobs(&token).await.unwrap();

    // A server that starts without its database, and knows which codes were used.
    drill.server.kill();
    drill.server.begin();
    drill.wait_for_recovery(true, Duration::from_secs(15)).await;
    assert_eq!(refused(drill.view(&token).await).0, Code::Unauthenticated);
    tokio::time::sleep(STEP).await;
    assert_eq!(refused(drill.enter(PASSWORD, drill.code()).await).0, Code::Unauthenticated);
    tokio::time::sleep(STEP).await;
    let floor = chrono::Utc::now().timestamp() / 30;
    let code = drill.fresh_code(floor).await;
    let token = drill.enter(PASSWORD, code).await.unwrap();
    assert_eq!(refused(drill.restart_jobs(&token).await).0, Code::FailedPrecondition, "it has none before its database");

    database.bring_back();
    drill.wait_for_recovery(false, LEAVES_WITHIN).await;
    assert_eq!(refused(drill.view(&token).await).0, Code::Unauthenticated, "no session outlives Recovery Mode");
    let usual = drill.sign_in().await.unwrap();
    let records = drill.audit_with(&usual, "recovery.left").await;
    let count = |path: &str, outcome: &str| {
        records.iter().filter(|record| record.path.ends_with(path) && record.outcome == outcome).count()
    };
    assert_eq!((count("recovery.entered", "OK"), count("recovery.left", "OK")), (2, 1), "{records:#?}");
    assert_eq!(count("/EnterRecovery", "OK"), 2, "{records:#?}");
    assert_eq!(count("/EnterRecovery", "UNAUTHENTICATED"), 4, "{records:#?}");
    assert_eq!(count("/EnterRecovery", "FAILED_PRECONDITION"), 1, "{records:#?}");
    assert_eq!((count("/RestartJobs", "OK"), count("/RestartJobs", "FAILED_PRECONDITION")), (1, 1), "{records:#?}");
    drill.server.stop();
    let (is_intact, verdict) = drill.server.run(&["audit", "verify", "--system", SPACE]);
    assert!(is_intact, "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_stops_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    drill(folder.path(), Some(url), cluster, "it refuses connections").await;
}

/// One that is there and does not do its work.
async fn short_drill(database: impl Database, url: String, problem: &str) {
    let (folder, mut database) = (tempfile::tempdir().unwrap(), database);
    let mut drill = Drill::start(folder.path(), Some(format!("{url}/postgres"))).await;
    let usual = drill.sign_in().await.unwrap();
    database.lose();
    drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    assert_eq!(refused(drill.overview(&usual).await), (Code::Unavailable, "RECOVERY_MODE".to_owned()));
    let floor = chrono::Utc::now().timestamp() / 30;
    let code = drill.fresh_code(floor).await;
    let token = drill.enter(PASSWORD, code).await.unwrap();
    let view = drill.view(&token).await.unwrap();
    is_out_of_reach(&view, problem);
    database.bring_back();
    drill.wait_for_recovery(false, LEAVES_WITHIN).await;
    assert_eq!(refused(drill.view(&token).await).0, Code::Unauthenticated, "no session outlives Recovery Mode");
    drill.sign_in().await.unwrap();
}

struct Frozen(Cluster);

impl Database for Frozen {
    fn lose(&mut self) {
        self.0.freeze();
    }

    fn bring_back(&mut self) {
        self.0.thaw();
    }
}

struct ReadOnly(Cluster);

impl Database for ReadOnly {
    fn lose(&mut self) {
        self.0.set_read_only(true);
    }

    fn bring_back(&mut self) {
        self.0.set_read_only(false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_hangs_is_survived() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = cluster.url.clone();
    short_drill(Frozen(cluster), url, "no answer within 1 s").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_only_reads_is_survived() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = cluster.url.clone();
    short_drill(ReadOnly(cluster), url, "it can be read but not written").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_gone_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let file = File(folder.path().join("provider.db"));
    drill(folder.path(), None, file, "the file can't be opened").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_and_goes_leaves_no_session_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = File(folder.path().join("provider.db"));
    let mut drill = Drill::start(folder.path(), None).await;
    let mut tokens: Vec<String> = Vec::new();
    for round in 0..4 {
        file.lose();
        drill.wait_for_recovery(true, ENTERS_WITHIN).await;
        if round % 2 == 0 {
            let floor = chrono::Utc::now().timestamp() / 30;
            let code = drill.fresh_code(floor).await;
            tokens.push(drill.enter(PASSWORD, code).await.unwrap());
        }
        for token in &tokens[..tokens.len().saturating_sub(usize::from(round % 2 == 0))] {
            assert_eq!(refused(drill.view(token).await).0, Code::Unauthenticated, "a session of an earlier round");
        }
        file.bring_back();
        drill.wait_for_recovery(false, LEAVES_WITHIN).await;
        for token in &tokens {
            assert_eq!(refused(drill.overview(token).await).0, Code::Unauthenticated);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_locked_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let drill = Drill::start(folder.path(), None).await;
    let path = folder.path().join("provider.db");
    let lock = streamflow_kernel::db::connect::sqlite_writer(&path).await.unwrap();
    // Of one connection, so that the next statement meets the same.
    lock.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    lock.execute_unprepared("ROLLBACK").await.unwrap();
    drill.wait_for_recovery(false, LEAVES_WITHIN).await;
}
