//! The server under test: the release build with its usual settings, but for rate limits that a generator would run into.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use streamflow_tests::postgres::free_port;
use tokio::time::sleep;
use tonic::transport::Channel;

/// Where a server finds its data.
#[derive(Clone, Debug)]
pub struct Place {
    pub binary: PathBuf,
    pub data: PathBuf,
    /// What the server says; kept, as it tells why a run failed.
    pub log: PathBuf,
    pub postgres: Option<String>,
}

pub struct Server {
    child: Child,
    port_base: u16,
    pub started: Instant,
}

impl Place {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--data").arg(&self.data);
        // What is measured is the usual configuration, not the developer's own.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("STREAMFLOW_")) {
            command.env_remove(name);
        }
        if let Some(url) = &self.postgres {
            command.args(["--postgres", url]);
        }
        for class in ["SIGN_IN", "ANONYMOUS", "READ", "WRITE", "UPLOAD", "BULK", "STREAM"] {
            command.env(format!("STREAMFLOW_LIMITS__{class}"), "1000000000");
        }
        command
    }

    /// Brings the database to the newest schema.
    pub fn migrate(&self) -> Result<()> {
        let done = self.command(&["migrate"]).stdout(Stdio::null()).status().context("migrate can't start")?;
        ensure!(done.success(), "migrate failed");
        Ok(())
    }

    /// Starts the client system; connections are opened when it answers.
    pub fn serve(&self, connections: u32) -> Result<Server> {
        // Eleven ports in a row; a clash makes the start fail loudly.
        let port_base = free_port().clamp(20_000, 60_000) / 11 * 11;
        let log = File::create(&self.log)?;
        let mut command = self.command(&["serve", "--systems", "client", "--port-base", &port_base.to_string()]);
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/web");
        if web.exists() {
            command.arg("--web-dir").arg(web);
        }
        command.env("STREAMFLOW_POSTGRES_CONNECTIONS", connections.to_string());
        command.stdout(Stdio::null()).stderr(log);
        let started = Instant::now();
        let child = command.spawn().context("the server can't start")?;
        Ok(Server { child, port_base, started })
    }
}

impl Server {
    /// Address of the client portal.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port_base + 1)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<Channel> {
        let endpoint = Channel::from_shared(self.address())?;
        let endpoint = endpoint.tcp_nodelay(true).initial_stream_window_size(1 << 20).initial_connection_window_size(1 << 22);
        Ok(endpoint.connect().await?)
    }

    /// Connections to the server, as soon as it accepts them.
    pub async fn channels(&mut self, count: usize) -> Result<Vec<Channel>> {
        let until = Instant::now() + Duration::from_secs(20);
        let mut channels = Vec::with_capacity(count);
        while channels.len() < count {
            match self.connect().await {
                Ok(channel) => channels.push(channel),
                Err(error) => {
                    if let Some(status) = self.child.try_wait()? {
                        anyhow::bail!("the server ended with {status}; see target/bench");
                    }
                    ensure!(Instant::now() < until, "the server does not listen: {error}");
                    sleep(Duration::from_millis(1)).await;
                }
            }
        }
        Ok(channels)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for one database's run.
pub fn folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = root.join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
