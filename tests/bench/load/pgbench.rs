//! pgbench, prepared, one statement after the other, under the server's own login role.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};
use streamflow_tests::postgres;
use tokio::process::Command;

use super::{Tally, script::Script};
use crate::machine::Meter;

#[derive(Clone, Debug)]
pub struct Pgbench {
    pub port: u16,
    pub database: String,
    /// Scripts and logs.
    pub folder: PathBuf,
    /// As many as the server has.
    pub clients: u32,
}

impl Pgbench {
    fn command(&self, name: &str, scripts: &[Script], length: Duration) -> Result<Command> {
        // Beside the server's programs: the one on the path is a wrapper.
        let mut command = Command::new(postgres::binaries().join("pgbench"));
        command.args(["--no-vacuum", "--protocol=prepared", "--host=127.0.0.1", "--username=streamflow_client"]);
        command.args([format!("--port={}", self.port), format!("--time={}", length.as_secs().max(1))]);
        for (at, script) in scripts.iter().enumerate() {
            let path = self.folder.join(format!("{name}-{at}.sql"));
            std::fs::write(&path, &script.text)?;
            command.arg("--file").arg(path);
            for (name, value) in &script.values {
                command.arg(format!("--define={name}={value}"));
            }
        }
        command.current_dir(&self.folder).stdin(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }

    /// As fast as it goes.
    pub async fn throughput(&self, name: &str, script: &Script, length: Duration, meter: &Meter) -> Result<Tally> {
        let mut command = self.command(name, std::slice::from_ref(script), length)?;
        command.args([format!("--client={}", self.clients), "--jobs=2".to_owned(), self.database.clone()]);
        let before = meter.read();
        let output = output(command).await?;
        let done: u64 = number(&output, "number of transactions actually processed: ")?;
        let (cpu, generator_cpu) = meter.read().per_request(&before, done);
        Ok(Tally { per_second: number(&output, "tps = ")?, cpu, generator_cpu })
    }

    /// Latencies in milliseconds at a fixed rate, counted from the intended start.
    pub async fn latencies(&self, name: &str, scripts: &[Script], per_second: f64, length: Duration) -> Result<Vec<f64>> {
        let prefix = format!("{name}-log");
        let mut command = self.command(name, scripts, length)?;
        command.args([format!("--rate={per_second}"), "--log".to_owned(), format!("--log-prefix={prefix}")]);
        command.args([format!("--client={}", self.clients), self.database.clone()]);
        output(command).await?;
        let mut latencies = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix)) {
                let text = std::fs::read_to_string(&path)?;
                // client, transaction, microseconds, script, seconds, microseconds, lag
                latencies.extend(
                    text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<f64>().ok()).map(|micros| micros / 1_000.0),
                );
                std::fs::remove_file(path)?;
            }
        }
        ensure!(!latencies.is_empty(), "pgbench measured nothing");
        Ok(latencies)
    }
}

async fn output(mut command: Command) -> Result<String> {
    let output = command.output().await.context("pgbench can't start")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    ensure!(number::<u64>(&text, "number of failed transactions: ")? == 0, "pgbench's transactions failed: {text}");
    Ok(text)
}

/// The number after a label.
fn number<T: std::str::FromStr>(text: &str, label: &str) -> Result<T> {
    let after = text.split(label).nth(1).with_context(|| format!("pgbench said nothing of {label}: {text}"))?;
    let digits: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse().ok().with_context(|| format!("pgbench said {digits} of {label}"))
}
