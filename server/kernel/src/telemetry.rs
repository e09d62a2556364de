//! Logs and metrics of the process.
//!
//! Logs go to standard error, metrics are rendered as text on request (Prometheus); the listener that serves
//! them is the binary's. Logs hold no secrets and no whole e-mail addresses.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Upper bounds of request durations, in seconds; close together around the 200 ms that lists promise.
const DURATIONS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 10.0, 30.0];

/// Old observations are folded away this often, so that an unread endpoint does not grow in memory.
const UPKEEP: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, for machines.
    Json,
    /// For a person at a terminal.
    Pretty,
}

#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the log filter \"{filter}\" can't be read: {reason}")]
    Filter { filter: String, reason: String },
    #[error("metrics: {0}")]
    Metrics(String),
}

/// Starts logging; `filter` as in `RUST_LOG`, e.g. "info,streamflow=debug". The first call of a process
/// counts, and later ones only check their filter, so that each test may call it.
pub fn init(format: Format, filter: &str) -> Result<(), TelemetryError> {
    let env = EnvFilter::try_new(filter)
        .map_err(|error| TelemetryError::Filter { filter: filter.into(), reason: error.to_string() })?;
    // Colours are for terminals; in a file they are noise between name and value.
    let is_terminal = std::io::stderr().is_terminal();
    // A line that can't be written is lost: to complain of it on standard error, which is the same full disk, would be a panic.
    let logs = tracing_subscriber::fmt().with_env_filter(env).with_writer(std::io::stderr).with_ansi(is_terminal);
    let logs = logs.log_internal_errors(false);
    let started = match format {
        Format::Json => logs.json().flatten_event(true).finish().try_init(),
        Format::Pretty => logs.with_target(true).finish().try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
    Ok(())
}

/// Installs the metrics of the process on the first call and gives the same ones on each.
pub fn metrics() -> Result<Metrics, TelemetryError> {
    static INSTALLED: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    INSTALLED.get_or_init(install).clone().map(Metrics).map_err(TelemetryError::Metrics)
}

fn install() -> Result<PrometheusHandle, String> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), DURATIONS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| error.to_string())
}

impl Metrics {
    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Runs until it is dropped; spawn it once per process.
    pub async fn keep_up(self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// `anna@example.com` as `a…@example.com`: enough to follow a trace, not enough to write to.
pub fn mask_email(address: &str) -> String {
    let first = |text: &str| text.chars().next().filter(|c| !c.is_control()).map(String::from).unwrap_or_default();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain: String = domain.chars().filter(|c| !c.is_control()).take(253).collect();
            format!("{}…@{domain}", first(local))
        }
        None => format!("{}…", first(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_twice_is_fine() {
        init(Format::Pretty, "info").unwrap();
        init(Format::Json, "info,streamflow=debug").unwrap();
        let error = init(Format::Json, "streamflow=loud").unwrap_err().to_string();
        assert!(error.starts_with("the log filter \"streamflow=loud\" can't be read: "), "{error}");
    }

    #[test]
    fn metrics_are_rendered_with_durations_in_buckets() {
        let first = metrics().unwrap();
        metrics::counter!("streamflow_test_total").increment(2);
        metrics::histogram!("streamflow_test_seconds").record(0.15);
        let text = metrics().unwrap().render();
        assert!(text.contains("streamflow_test_total 2"), "{text}");
        assert!(text.contains("streamflow_test_seconds_bucket{le=\"0.2\"} 1"), "{text}");
        assert!(text.contains("streamflow_test_seconds_bucket{le=\"0.1\"} 0"), "{text}");
        assert!(first.render().contains("streamflow_test_total 2"));
    }

    #[test]
    fn addresses_are_masked() {
        let cases = [
            ("anna@example.com", "a…@example.com"),
            ("a@b", "a…@b"),
            ("ölaf@x.de", "ö…@x.de"),
            ("@b", "…@b"),
            ("\"a@b\"@c.de", "\"…@c.de"),
            ("anna", "a…"),
            ("", "…"),
            ("a@b\r\nforged", "a…@bforged"),
        ];
        for (address, masked) in cases {
            assert_eq!(mask_email(address), masked);
        }
    }
}
