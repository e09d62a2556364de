//! `streamflow serve`: starts the systems asked for, each with its own database, listener and people.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use streamflow_kernel::{
    anomaly::Detect,
    clock::{Clock, SystemClock},
    crypto::{MasterKeys, MasterRing},
    db::files::private_folder,
    ids::SystemIds,
    jobs::Work,
    kernel::{Kernel, Parts, Portal},
    mail::{MailConfig, Mailer},
    password::{Params, PasswordHasher},
    server::{self, PortalSite, listeners::Listeners, proxies::TrustedProxies},
    telemetry::{self, Format},
};
use streamflow_migrations::System;
use tokio::{net::TcpListener, sync::watch};

use crate::{assets, config::Config, databases, demo, operators, serving::Serving};

/// What all systems of a process share.
pub struct Shared {
    pub clock: Arc<dyn Clock>,
    pub mailer: Arc<Mailer>,
    pub passwords: PasswordHasher,
    pub master_keys: Arc<MasterRing>,
    pub listeners: Listeners,
}

impl Shared {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        private_folder(&config.data).with_context(|| format!("{} can't be made", config.data.display()))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mail = match &config.smtp_url {
            Some(url) => MailConfig::Smtp { url: url.clone(), from: config.mail_from.clone() },
            None => MailConfig::Outbox { dir: config.data.join("outbox") },
        };
        let master_keys = match &config.master_keys {
            Some(text) => MasterRing::fixed(MasterKeys::parse(text)?),
            None => MasterRing::open(&config.master_key_file())?,
        };
        Ok(Self {
            mailer: Arc::new(Mailer::new(mail, Arc::clone(&clock))?),
            passwords: PasswordHasher::new(Params::FLOOR),
            master_keys: Arc::new(master_keys),
            listeners: Listeners::default(),
            clock,
        })
    }

    pub async fn kernel(&self, config: &Config, system: System) -> anyhow::Result<Arc<Kernel>> {
        let parts = Parts {
            portal: portal(system),
            database: databases::open(config, system).await?,
            clock: Arc::clone(&self.clock),
            ids: Arc::new(SystemIds::new(Arc::clone(&self.clock))),
            passwords: self.passwords.clone(),
            mailer: Arc::clone(&self.mailer),
            master_keys: Arc::clone(&self.master_keys),
            public_url: config.public_url(system),
            limits: config.limits.clone(),
            listeners: self.listeners.clone(),
            migrations: streamflow_migrations::known(system),
            vault: config.data.clone(),
            bounds: config.attachments.bounds(),
        };
        let started = Kernel::start(parts).await;
        started.map_err(|error| databases::refused(&format!("the {} system can't start", system.name()), error))
    }
}

fn portal(system: System) -> Portal {
    match system {
        System::Client => streamflow_client::system::PORTAL,
        System::Provider => streamflow_provider::system::PORTAL,
        System::Dev => streamflow_dev::system::PORTAL,
        System::Accountant => streamflow_accountant::system::PORTAL,
    }
}

/// First part of the addresses of a portal's own pages.
pub fn pages_of(system: System) -> &'static str {
    portal(system).pages.split('/').find(|part| !part.is_empty()).unwrap_or_default()
}

pub async fn run(config: Config, with_demo: bool) -> anyhow::Result<()> {
    let format = if config.log_format == "json" { Format::Json } else { Format::Pretty };
    telemetry::init(format, &config.log)?;
    let metrics = telemetry::metrics()?;
    tokio::spawn(metrics.clone().keep_up());
    let shared = Shared::new(&config)?;
    let proxies = config.trusted_proxies()?;
    let (stop, stopping) = watch::channel(false);
    let (leave, leaving) = watch::channel(false);
    let serving = Arc::new(Serving::new(config, shared, proxies, stopping)?);
    let watching = Arc::clone(&serving).start_all().await?;
    let following = serving.federate().await?;
    let Serving { config, shared, systems, .. } = &*serving;
    let operations: Router = server::operations(systems.clone(), leaving, move || metrics.render());
    // Before readiness is told: who waits for it reads the demo's sign-ins next.
    let seeds = with_demo && demo::is_wanted(config, &systems.started()).await?;
    let listener = bind("127.0.0.1", config.port_base).await?;
    serving.listen(("", "operations"), listener, operations, TrustedProxies::default())?;
    announce(config, shared.mailer.outbox());
    if seeds {
        demo::seed(config, shared, &systems.started()).await?;
    }
    let notice = wait_for_signal().await?.then_some(config.drain_notice_seconds);
    tracing::info!(target: "streamflow", "stopping; running requests may finish");
    leave.send_replace(true);
    serving.begin_nothing_more();
    // Balancers look now and then: until they have noticed, they send people here.
    tokio::time::sleep(Duration::from_secs(notice.unwrap_or_default())).await;
    drop(watching);
    stop.send_replace(true);
    serving.finish(following).await;
    Ok(())
}

pub fn site(config: &Config, system: System, kernel: &Arc<Kernel>) -> anyhow::Result<PortalSite> {
    let assets = assets::of(system.name(), config.web_dir.as_deref());
    let origins = config.origins_of(system);
    let reflection = config.reflection;
    Ok(match system {
        System::Client => {
            streamflow_client::template::check().map_err(|problems| anyhow::anyhow!(problems))?;
            streamflow_client::system::start(kernel);
            streamflow_client::system::site(kernel, config.closing_grace(), config.github.open()?, origins, assets, reflection)
        }
        System::Provider => anyhow::bail!("the provider system is served with its Recovery Mode"),
        System::Dev => {
            let operator = operators::from_environment("DEVELOPER", "ENGINEER")?;
            streamflow_dev::system::site(kernel, operator, origins, assets, reflection)
        }
        System::Accountant => {
            let operator = operators::from_environment("ACCOUNTANT", "BOOKKEEPER")?;
            streamflow_accountant::system::site(kernel, operator, origins, assets, reflection)
        }
    })
}

/// What each system does behind its answers, beside the kernel's own.
pub fn works(system: System) -> Vec<Arc<dyn Work>> {
    match system {
        System::Client => streamflow_client::system::works(),
        System::Provider => streamflow_provider::system::works(),
        System::Dev => streamflow_dev::system::works(),
        System::Accountant => vec![Arc::new(Detect::default())],
    }
}

pub async fn bind(address: &str, port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((address, port)).await.with_context(|| {
        format!("port {port} on {address} can't be used; is another server running? (--port-base moves all ports)")
    })
}

fn announce(config: &Config, outbox: Option<&Path>) {
    if let Some(outbox) = outbox {
        tracing::info!(target: "streamflow", folder = %outbox.display(), "no mail server is named: mails become files");
    }
    for system in &config.systems {
        tracing::info!(target: "streamflow", system = system.name(), url = config.public_url(*system), "serving");
    }
    tracing::info!(target: "streamflow", port = config.port_base, "operations on loopback");
    let tls = config.federation_tls.certificate.is_some();
    tracing::info!(target: "streamflow", port = config.federation_port(), tls, "calls of other systems");
}

/// True when asked by a supervisor (SIGTERM), who has others take over, and not from a keyboard.
async fn wait_for_signal() -> anyhow::Result<bool> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => true,
        _ = interrupt.recv() => false,
    })
}

/// `streamflow healthcheck`: asks `/readyz` as a load balancer would.
pub async fn healthcheck(port_base: u16, json: bool) -> anyhow::Result<()> {
    let answer = is_ready(port_base).await;
    if json {
        let problem = answer.as_ref().err().map(ToString::to_string);
        println!("{}", serde_json::json!({ "ready": answer.is_ok(), "problem": problem }));
    } else if answer.is_ok() {
        println!("ready");
    }
    answer
}

async fn is_ready(port_base: u16) -> anyhow::Result<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = SocketAddr::from(([127, 0, 0, 1], port_base));
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(3), ask)
        .await
        .context("the server does not answer")?
        .with_context(|| format!("nothing listens on {address}"))?;
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "the server is not ready");
    Ok(())
}
