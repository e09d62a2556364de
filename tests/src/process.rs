//! The real server program, started and killed as a machine would.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use streamflow_kernel::totp;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, session_service_client::SessionServiceClient,
};
use tonic::transport::Channel;

use crate::person;

/// The built server; `cargo xtask test` builds it first. `TEST_SERVER` names another, such as a copy that stays what it is for as long as
/// a long test runs.
pub fn binary() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/streamflow");
    let path = std::env::var_os("TEST_SERVER").map_or_else(built, PathBuf::from);
    assert!(path.exists(), "{} is missing: run `cargo build -p streamflow` first (cargo xtask test does)", path.display());
    path
}

/// The first of twenty ports of which nobody uses the eleven that a server takes. They lie below those the system gives to outgoing connections, which would
/// take one while the server is down.
fn free_ports() -> u16 {
    let is_free = |base: &u16| (*base..=base + 10).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let mut bases = std::iter::repeat_with(|| rand::random_range(1_000..1_600) * 20);
    bases.find(is_free).expect("free ports")
}

/// How a server is started: the same way each time.
pub struct Server {
    /// The program itself, where it is another one than the tests' own.
    pub program: Option<PathBuf>,
    data: PathBuf,
    postgres: Option<String>,
    pub port_base: u16,
    systems: &'static str,
    /// Further words of `serve`.
    pub flags: Vec<String>,
    /// Further variables of every command.
    environment: Vec<(String, String)>,
    /// Nobody waits for a balancer, unless a test is about one.
    pub drain_notice_seconds: u64,
    /// Where all that the program has to say goes; unset, only its errors are told.
    pub log: Option<PathBuf>,
    child: Option<Child>,
}

impl Server {
    pub fn new(data: &Path, postgres: Option<String>) -> Self {
        Self::of("client", data, postgres)
    }

    /// One that serves these systems.
    pub fn of(systems: &'static str, data: &Path, postgres: Option<String>) -> Self {
        Self {
            program: None,
            data: data.to_owned(),
            postgres,
            port_base: free_ports(),
            systems,
            flags: Vec::new(),
            environment: Vec::new(),
            drain_notice_seconds: 0,
            log: None,
            child: None,
        }
    }

    /// Another process on the same data and in the same environment, with ports of its own; not started.
    #[must_use]
    pub fn beside(&self) -> Self {
        let mut other = Self::of(self.systems, &self.data, self.postgres.clone());
        other.environment.clone_from(&self.environment);
        other.drain_notice_seconds = self.drain_notice_seconds;
        other
    }

    /// Gives every command from now on this in its environment.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program.clone().unwrap_or_else(binary));
        command.args(words).arg("--data").arg(&self.data);
        // A developer's own configuration is not the test's.
        let own = ["STREAMFLOW_", "PROVIDER_", "DEVELOPER_", "ACCOUNTANT_"];
        for (name, _) in std::env::vars_os() {
            if own.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        if let Some(url) = &self.postgres {
            command.args(["--postgres", url]);
        }
        command
            .env("STREAMFLOW_DRAIN_NOTICE_SECONDS", self.drain_notice_seconds.to_string())
            .env("STREAMFLOW_LIMITS__WRITE", "1000000")
            .env("STREAMFLOW_LIMITS__READ", "1000000")
            .env("STREAMFLOW_LIMITS__SIGN_IN", "1000")
            .env("STREAMFLOW_LIMITS__ANONYMOUS", "100000")
            .env("STREAMFLOW_LIMITS__REGISTRATION", "100000")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Prepares the database as an operator does.
    pub fn migrate(&self) {
        let done = self.command(&["migrate"]).stdout(Stdio::null()).status().expect("migrate runs");
        assert!(done.success(), "migrate failed");
    }

    /// Makes a company whose owner has this password.
    pub fn create_tenant(&self, email: &str, password: &str) {
        let words = ["tenant", "create", "--name", "Fault & Co", "--owner-name", "Olive Owner", "--owner-email", email];
        let mut child = self.command(&words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("tenant create runs");
        child.stdin.take().expect("a pipe").write_all(password.as_bytes()).expect("a password written");
        assert!(child.wait().expect("an end").success(), "tenant create failed");
    }

    /// Another command on the same data: whether it succeeded, and what it said.
    pub fn run(&self, words: &[&str]) -> (bool, String) {
        let done = self.command(words).output().expect("the program runs");
        let text = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Begins another command on the same data, which says nothing. Nobody ends it but the caller.
    pub fn spawn(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs")
    }

    /// Starts and waits until it is ready.
    pub fn start(&mut self) {
        self.begin();
        let until = Instant::now() + Duration::from_secs(20);
        while !self.is_ready() {
            assert!(Instant::now() < until, "the server did not become ready");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts without waiting for anything.
    pub fn begin(&mut self) {
        let mut command = self.command(&["serve", "--systems", self.systems]);
        command.args(["--port-base", &self.port_base.to_string()]).args(&self.flags);
        match &self.log {
            // What carries bytes is left out: it would repeat each of them.
            Some(log) => {
                let log = File::options().create(true).append(true).open(log).expect("a log file");
                command.env("STREAMFLOW_LOG", "trace,h2=info,hyper=info,tower=info,mio=info").stderr(log);
            }
            None => _ = command.env("STREAMFLOW_LOG", "error"),
        }
        self.child = Some(command.stdout(Stdio::null()).spawn().expect("serve runs"));
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    /// Asks the server to end, and waits until it has.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // The shell's own: not every machine has the program.
            let asked = Command::new("sh").args(["-c", &format!("kill {}", child.id())]).status().expect("a shell runs");
            assert!(asked.success() && child.wait().expect("an end").success(), "the server did not end well");
        }
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a killed server");
            child.wait().expect("an end");
        }
    }

    /// Whether it says so now.
    pub fn is_ready(&self) -> bool {
        self.readiness().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
    }

    fn readiness(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port_base))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// A channel that connects when it is used, also after a restart.
    pub fn channel(&self) -> Channel {
        self.channel_at(1)
    }

    /// The same to the listener at `offset` from the first port.
    pub fn channel_at(&self, offset: u16) -> Channel {
        Channel::from_shared(format!("http://127.0.0.1:{}", self.port_base + offset))
            .expect("an address")
            .connect_timeout(Duration::from_secs(5))
            .connect_lazy()
    }

    /// What a browser gets from the listener at `offset`: the status, and the rest of the answer as it came.
    pub fn get(&self, offset: u16, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port_base + offset)).expect("a listener");
        let host = format!("127.0.0.1:{}", self.port_base + offset);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, answer)
    }

    /// The most memory the running server has held so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        self.memory_line("VmHWM:")
    }

    /// The memory it holds now, in bytes.
    pub fn memory(&self) -> u64 {
        self.memory_line("VmRSS:")
    }

    fn memory_line(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process's status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024
    }

    /// Signs the owner in for the first time, authenticator and all; returns the token.
    pub async fn first_sign_in(&self, email: &str, password: &str) -> String {
        let mut sessions = SessionServiceClient::new(self.channel());
        let sign_in = pb::SignInRequest { email: email.into(), password: password.into(), return_token: true };
        let begun = sessions.sign_in(person::request(sign_in, None)).await.expect("a sign-in").into_inner();
        let mut accounts = AccountServiceClient::new(self.channel());
        let enrol = pb::EnrolSecondFactorRequest { current_password: password.into(), ..Default::default() };
        let enrol = person::request(enrol, Some(&begun.token));
        let secret = accounts.enrol_second_factor(enrol).await.expect("an enrolment").into_inner().secret;
        let raw = totp::from_base32(&secret).expect("base32");
        let code = totp::code_at(&raw, chrono::Utc::now()).expect("a code");
        let confirm = pb::ConfirmSecondFactorRequest { code, return_token: true };
        accounts
            .confirm_second_factor(person::request(confirm, Some(&begun.token)))
            .await
            .expect("a confirmation")
            .into_inner()
            .token
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
