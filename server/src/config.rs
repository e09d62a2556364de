//! Configuration: file < environment (`STREAMFLOW_…`) < flags. An unknown key is an error.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use anyhow::Context as _;
use chrono::TimeDelta;
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use streamflow_kernel::{
    rate_limit::{Limits, Pace},
    server::proxies::TrustedProxies,
    vault::Bounds,
};
use streamflow_migrations::System;

use crate::{
    cli::{Place, ServeArgs},
    github::GithubSignIn,
    tls::FederationTls,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder for SQLite files, keys and the mail outbox.
    pub data: PathBuf,
    /// Server and database, e.g. `postgres://db.internal/streamflow`; SQLite files when unset.
    pub postgres: Option<String>,
    /// Connections of one system to PostgreSQL for people's requests. Its own work has half as many more, and one listens for changes.
    pub postgres_connections: u32,
    /// Address the listeners bind to. Operations always stay on loopback.
    pub bind: String,
    pub port_base: u16,
    pub systems: Vec<System>,
    pub web_dir: Option<PathBuf>,
    /// Further exact origins by portal, for installations behind a balancer.
    pub origins: HashMap<System, Vec<String>>,
    /// Where people reach a portal, by portal: an origin of its pages, and what links in mails begin with.
    pub public_urls: HashMap<System, String>,
    /// Balancers in front, as addresses or blocks: their `x-forwarded-for` names the caller. Nobody else's does.
    pub trusted_proxies: Vec<String>,
    /// `id:base64` of 32 bytes, comma separated, current first; a key file in `data` when unset.
    pub master_keys: Option<String>,
    /// Folder of the audit's signed checkpoints, better on another disk; `audit-checkpoints` in `data` when unset.
    pub audit_checkpoints: Option<PathBuf>,
    /// Where the mirror of the provider's settings is: `file:///folder` or `s3://bucket/folder`; `mirror` in `data` when unset.
    pub mirror_url: Option<String>,
    /// `smtps://user:password@host`; mails become files in `data/outbox` when unset.
    pub smtp_url: Option<String>,
    pub mail_from: String,
    /// How long a process that is asked to end (SIGTERM) says that it is not ready before it stops taking requests.
    pub drain_notice_seconds: u64,
    /// How many days owners can take back that their company is deleted; 1 to 365.
    pub closing_days: u16,
    /// Keys of calls between systems as a JSON object of pairs; `federation-keys.json` in `data` when unset.
    pub federation_keys: Option<String>,
    /// Where systems listen that live in other processes, by system, e.g. `https://10.0.0.2:7010`.
    pub federation_urls: HashMap<System, String>,
    pub federation_tls: FederationTls,
    /// `pretty` or `json`.
    pub log_format: String,
    /// As in `RUST_LOG`.
    pub log: String,
    pub reflection: bool,
    /// Requests a minute by limit class (sign_in, anonymous, registration, read, write, bulk, upload, attachment, stream, federation), where the usual ones don't fit.
    pub limits: HashMap<String, u32>,
    pub attachments: Attachments,
    pub github: GithubSignIn,
}

/// How much of people's files is taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attachments {
    /// Bytes of one file.
    pub file_size: u64,
    /// Bytes of all files of one company.
    pub storage_per_org: u64,
    /// Files of one record.
    pub per_record: u32,
}

impl Default for Attachments {
    fn default() -> Self {
        Self { file_size: 25 * 1024 * 1024, storage_per_org: 5 * 1024 * 1024 * 1024, per_record: 100 }
    }
}

impl Attachments {
    pub const fn bounds(self) -> Bounds {
        Bounds { file: self.file_size, company: self.storage_per_org, record: self.per_record }
    }

    /// Files are read by browsers as a whole, and a length of more than this would not fit their memory.
    fn check(self) -> anyhow::Result<()> {
        let most = 512 * 1024 * 1024;
        anyhow::ensure!((1..=most).contains(&self.file_size), "attachments.file_size: must be from 1 to {most} bytes");
        anyhow::ensure!(i64::try_from(self.storage_per_org).is_ok(), "attachments.storage_per_org: there are no such disks");
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            postgres: None,
            postgres_connections: 8,
            bind: "127.0.0.1".to_owned(),
            port_base: 7000,
            systems: System::ALL.to_vec(),
            web_dir: None,
            origins: HashMap::new(),
            public_urls: HashMap::new(),
            trusted_proxies: Vec::new(),
            master_keys: None,
            audit_checkpoints: None,
            mirror_url: None,
            smtp_url: None,
            mail_from: "StreamFlow <no-reply@localhost>".to_owned(),
            drain_notice_seconds: 5,
            closing_days: 30,
            federation_keys: None,
            federation_urls: HashMap::new(),
            federation_tls: FederationTls::default(),
            log_format: "pretty".to_owned(),
            log: "warn,streamflow=info".to_owned(),
            reflection: false,
            limits: HashMap::new(),
            attachments: Attachments::default(),
            github: GithubSignIn::default(),
        }
    }
}

impl Config {
    pub fn load(place: &Place, serve: Option<&ServeArgs>) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &place.config {
            anyhow::ensure!(file.exists(), "the configuration file {} does not exist", file.display());
            figment = figment.merge(Toml::file_exact(file));
        }
        // Doubled underscores go one level down: STREAMFLOW_LIMITS__SIGN_IN=100.
        let mut config: Self =
            figment.merge(Env::prefixed("STREAMFLOW_").split("__")).extract().context("the configuration can't be used")?;
        config.apply(place, serve);
        anyhow::ensure!(config.port_base <= u16::MAX - 10, "the port base must be at most {}", u16::MAX - 10);
        config.check_origins()?;
        config.trusted_proxies()?;
        config.check_federation()?;
        config.check_limits()?;
        config.attachments.check()?;
        config.github.check()?;
        anyhow::ensure!((1..=365).contains(&config.closing_days), "closing_days must be 1 to 365");
        Ok(config)
    }

    pub fn closing_grace(&self) -> TimeDelta {
        TimeDelta::days(self.closing_days.into())
    }

    /// A limit under a wrong name would limit nothing.
    fn check_limits(&self) -> anyhow::Result<()> {
        let known = Limits::new(Pace::per_minute(1), &HashMap::new());
        match self.limits.keys().find(|name| !known.has(name)) {
            Some(name) => anyhow::bail!("limits.{name}: there is no such limit; there are {}", known.names().join(", ")),
            None => Ok(()),
        }
    }

    /// What a browser would never send as its origin lets nobody in, and nobody would know why.
    fn check_origins(&self) -> anyhow::Result<()> {
        for (system, url) in &self.public_urls {
            check_origin(url).with_context(|| format!("public_urls.{}", system.name()))?;
        }
        for (system, origins) in &self.origins {
            let mut checked = origins.iter().map(|origin| check_origin(origin));
            checked.try_for_each(|checked| checked.with_context(|| format!("origins.{}", system.name())))?;
        }
        Ok(())
    }

    fn apply(&mut self, place: &Place, serve: Option<&ServeArgs>) {
        if let Some(data) = &place.data {
            self.data.clone_from(data);
        }
        if place.postgres.is_some() {
            self.postgres.clone_from(&place.postgres);
        }
        let Some(serve) = serve else { return };
        if let Some(port_base) = serve.port_base {
            self.port_base = port_base;
        }
        if let Some(systems) = &serve.systems {
            self.systems.clone_from(systems);
        }
        if serve.web_dir.is_some() {
            self.web_dir.clone_from(&serve.web_dir);
        }
        self.reflection |= serve.reflection;
    }

    /// Where master keys are when the configuration has none.
    pub fn master_key_file(&self) -> PathBuf {
        self.data.join("master.key")
    }

    /// Where checkpoints of the audit go.
    pub fn audit_checkpoints(&self) -> PathBuf {
        self.audit_checkpoints.clone().unwrap_or_else(|| self.data.join("audit-checkpoints"))
    }

    /// Where the mirror of the provider's settings goes.
    pub fn mirror_url(&self) -> String {
        let own = || {
            let folder = std::path::absolute(self.data.join("mirror")).unwrap_or_else(|_| self.data.join("mirror"));
            format!("file://{}", folder.display())
        };
        self.mirror_url.clone().unwrap_or_else(own)
    }

    pub fn trusted_proxies(&self) -> anyhow::Result<TrustedProxies> {
        let parsed = TrustedProxies::parse(&self.trusted_proxies);
        parsed.map_err(|text| anyhow::anyhow!("trusted_proxies: `{text}` is neither an address nor a block like 10.0.0.0/8"))
    }

    /// Where the keys of calls between systems are when the configuration has none.
    pub fn federation_key_file(&self) -> PathBuf {
        self.data.join("federation-keys.json")
    }

    /// Port of calls between systems.
    pub const fn federation_port(&self) -> u16 {
        self.port_base + 10
    }

    /// Signed is not encrypted: by http such calls go through a private network or a tunnel.
    fn check_federation(&self) -> anyhow::Result<()> {
        for (system, url) in &self.federation_urls {
            let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
            let is_plain = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "/?#@".contains(c));
            let name = system.name();
            anyhow::ensure!(is_plain, "federation_urls.{name}: `{url}` is not written as https://host:port or http://host:port");
        }
        self.federation_tls.check()
    }

    /// Port of a system's listener.
    pub fn port(&self, system: System) -> u16 {
        let offset = match system {
            System::Client => 1,
            System::Provider => 2,
            System::Dev => 3,
            System::Accountant => 4,
        };
        self.port_base + offset
    }

    /// Address people open for a portal.
    pub fn public_url(&self, system: System) -> String {
        let own = || format!("http://{}.localhost:{}", system.name(), self.port(system));
        self.public_urls.get(&system).cloned().unwrap_or_else(own)
    }

    /// Exact origins whose pages may call a portal.
    pub fn origins_of(&self, system: System) -> HashSet<String> {
        let port = self.port(system);
        let hosts = ["localhost", "127.0.0.1", &format!("{}.localhost", system.name())];
        let own = hosts.map(|host| format!("http://{host}:{port}"));
        let named = self.origins.get(&system).cloned().unwrap_or_default();
        own.into_iter().chain(named).chain([self.public_url(system)]).collect()
    }

    /// Prints what is in force, secrets masked.
    pub fn print(mut self, json: bool) -> anyhow::Result<()> {
        let secrets = [&mut self.master_keys, &mut self.smtp_url, &mut self.federation_keys, &mut self.github.client_secret];
        for secret in secrets.into_iter().flatten() {
            "********".clone_into(secret);
        }
        self.postgres = self.postgres.as_deref().map(mask_password);
        if json {
            println!("{}", serde_json::to_string_pretty(&self)?);
        } else {
            print!("{}", toml::to_string_pretty(&self)?);
        }
        Ok(())
    }
}

/// `postgres://user:secret@host/db?settings` without the secret and the settings, which may hold one. Whoever wrote a URL wrongly has a
/// secret too: what may be one goes, and what is no URL goes as a whole.
pub fn mask_password(url: &str) -> String {
    const MASK: &str = "********";
    let Some((scheme, rest)) = url.split_once("://") else { return MASK.to_owned() };
    let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
    let user = user.map(|user| format!("{}:{MASK}@", user.split([':', '/', '?', '#']).next().unwrap_or_default()));
    let (place, settings) = place.split_once('?').map_or((place, ""), |(place, _)| (place, "?…"));
    format!("{scheme}://{}{place}{settings}", user.unwrap_or_default())
}

/// Browsers write origins in one way only (RFC 6454, section 6.2).
fn check_origin(text: &str) -> anyhow::Result<()> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let is_plain =
        !host.is_empty() && !host.contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace() || "/?#@".contains(c));
    let port = if text.starts_with("https:") { ":443" } else { ":80" };
    anyhow::ensure!(
        is_plain && !host.ends_with(port),
        "`{text}` is no origin: write https://host or https://host:port, in small letters, without a slash or path after it"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_url_keeps_everything_but_the_secret() {
        for (url, masked) in [
            ("postgres://ada:s3cret@db/x", "postgres://ada:********@db/x"),
            ("postgres://ada:s3@s3cret@db/x", "postgres://ada:********@db/x"),
            ("postgres://ada:s3/s3?cret@db:5432/x?sslmode=require", "postgres://ada:********@db:5432/x?…"),
            ("postgres://db/x?user=ada&password=s3cret", "postgres://db/x?…"),
            ("postgres://db/x?user=ada&password=s3@cret", "postgres://db:********@cret"),
            ("postgres://db/x", "postgres://db/x"),
            ("host=db user=ada password=s3cret", "********"),
        ] {
            assert_eq!(mask_password(url), masked, "{url}");
        }
    }

    #[test]
    fn each_portal_accepts_its_own_origins_only() {
        let config = Config::default();
        let origins = config.origins_of(System::Client);
        assert!(origins.contains("http://localhost:7001") && origins.contains("http://client.localhost:7001"));
        assert!(!origins.contains("http://localhost:7002"));
    }

    #[test]
    fn an_origin_is_what_a_browser_would_send() {
        for good in ["https://app.example.com", "http://10.0.0.1:8080", "https://app.example.com:8443", "http://[::1]:7001"] {
            check_origin(good).unwrap();
        }
        for bad in ["", "app.example.com", "https://", "https://a.example/", "https://a.example/crm", "https://A.example"] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
        for bad in ["https://a.example:443", "http://a.example:80", "ftp://a.example", "https://ada@a.example"] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_origin_names_its_key() {
        let public_urls = HashMap::from([(System::Dev, "https://dev.example.com/".to_owned())]);
        let error = Config { public_urls, ..Config::default() }.check_origins().unwrap_err();
        assert!(format!("{error:#}").starts_with("public_urls.dev: "), "{error:#}");
        let origins = HashMap::from([(System::Client, vec!["https://a.example".to_owned(), "a.example".to_owned()])]);
        let error = Config { origins, ..Config::default() }.check_origins().unwrap_err();
        assert!(format!("{error:#}").starts_with("origins.client: "), "{error:#}");
    }

    const EXAMPLE: &str = include_str!("../../streamflow.example.toml");

    fn parse(text: &str) -> serde_json::Value {
        let config: Config = Figment::from(Toml::string(text)).extract().unwrap();
        config.check_origins().unwrap();
        serde_json::to_value(config).unwrap()
    }

    #[test]
    fn the_example_says_what_holds_anyway() {
        assert_eq!(parse(EXAMPLE), serde_json::to_value(Config::default()).unwrap());
    }

    #[test]
    fn the_example_names_every_key() {
        let uncommented = |line: &'static str| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line);
        let everything = parse(&EXAMPLE.lines().map(uncommented).collect::<Vec<_>>().join("\n"));
        for (key, value) in everything.as_object().unwrap() {
            let is_named = !value.is_null() && value.as_object().is_none_or(|table| !table.is_empty());
            assert!(is_named, "{key}");
        }
    }
}
