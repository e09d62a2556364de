//! `streamflow serve`: starts the systems asked for, each with its own database, listener and people.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use streamflow_kernel::{
    clock::{Clock, SystemClock},
    crypto::MasterKeys,
    db::files::private_folder,
    ids::SystemIds,
    kernel::{Kernel, Parts, Portal},
    mail::{MailConfig, Mailer},
    password::{Params, PasswordHasher},
    prune::Pruning,
    server::{self, PortalSite, connection, proxies::TrustedProxies},
    telemetry::{self, Format},
};
use streamflow_migrations::System;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{assets, config::Config, databases, demo, operators};

/// What all systems of a process share.
pub struct Shared {
    pub clock: Arc<dyn Clock>,
    pub mailer: Arc<Mailer>,
    pub passwords: PasswordHasher,
    pub master_keys: Arc<MasterKeys>,
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
            Some(text) => MasterKeys::parse(text)?,
            None => MasterKeys::load_or_create(&config.master_key_file())?,
        };
        Ok(Self {
            mailer: Arc::new(Mailer::new(mail, Arc::clone(&clock))?),
            passwords: PasswordHasher::new(Params::FLOOR),
            master_keys: Arc::new(master_keys),
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
        };
        Kernel::start(parts).await.map_err(|error| anyhow::anyhow!("the {} system can't start: {error:?}", system.name()))
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

pub async fn run(config: Config, with_demo: bool) -> anyhow::Result<()> {
    let format = if config.log_format == "json" { Format::Json } else { Format::Pretty };
    telemetry::init(format, &config.log)?;
    let metrics = telemetry::metrics()?;
    tokio::spawn(metrics.clone().keep_up());
    let shared = Shared::new(&config)?;
    let proxies = config.trusted_proxies()?;
    let (stop, stopping) = watch::channel(false);
    let mut listeners = JoinSet::new();
    let mut kernels = Vec::new();
    let mut sealings = Vec::new();
    let mut prunings = Vec::new();
    for system in System::ALL.into_iter().filter(|system| config.systems.contains(system)) {
        let (kernel, site) = site(&config, &shared, system).await?;
        let app = site.into_router().map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let listener = bind(&config.bind, config.port(system)).await?;
        listeners.spawn(connection::serve(listener, app, proxies.clone(), stopping.clone()));
        sealings.push(kernel.seal_audit(config.audit_checkpoints()));
        prunings.push(Pruning::start(kernel.database.clone(), Arc::clone(&kernel.clock)));
        kernels.push(kernel);
    }
    let operations: Router = server::operations(kernels.clone(), move || metrics.render());
    // Before readiness is told: who waits for it reads the demo's sign-ins next.
    let seeds = with_demo && demo::is_wanted(&config, &kernels).await?;
    let listener = bind("127.0.0.1", config.port_base).await?;
    listeners.spawn(connection::serve(listener, operations, TrustedProxies::default(), stopping));
    announce(&config);
    if seeds {
        demo::seed(&config, &shared, &kernels).await?;
    }
    wait_for_signal().await?;
    tracing::info!(target: "streamflow", "stopping; running requests may finish");
    stop.send_replace(true);
    while listeners.join_next().await.is_some() {}
    drop(prunings);
    for sealing in sealings {
        sealing.finish().await;
    }
    for kernel in kernels {
        kernel.database.close().await;
    }
    Ok(())
}

async fn site(config: &Config, shared: &Shared, system: System) -> anyhow::Result<(Arc<Kernel>, PortalSite)> {
    let assets = assets::of(system.name(), config.web_dir.as_deref());
    let origins = config.origins_of(system);
    let reflection = config.reflection;
    let kernel = shared.kernel(config, system).await?;
    let site = match system {
        System::Client => {
            streamflow_client::template::check().map_err(|problems| anyhow::anyhow!(problems))?;
            streamflow_client::system::start(&kernel);
            streamflow_client::system::site(&kernel, origins, assets, reflection)
        }
        System::Provider => {
            let operator = operators::from_environment("PROVIDER")?;
            streamflow_provider::system::site(&kernel, operator, origins, assets, reflection)
        }
        System::Dev => {
            let operator = operators::from_environment("DEVELOPER")?;
            streamflow_dev::system::site(&kernel, operator, origins, assets, reflection)
        }
        System::Accountant => {
            let operator = operators::from_environment("ACCOUNTANT")?;
            streamflow_accountant::system::site(&kernel, operator, origins, assets, reflection)
        }
    };
    Ok((kernel, site))
}

async fn bind(address: &str, port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((address, port)).await.with_context(|| {
        format!("port {port} on {address} can't be used; is another server running? (--port-base moves all ports)")
    })
}

fn announce(config: &Config) {
    for system in &config.systems {
        tracing::info!(target: "streamflow", system = system.name(), url = config.public_url(*system), "serving");
    }
    tracing::info!(target: "streamflow", port = config.port_base, "operations on loopback");
}

async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// `streamflow healthcheck`: asks `/readyz` as a load balancer would.
pub async fn healthcheck(port_base: u16) -> anyhow::Result<()> {
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
    println!("ready");
    Ok(())
}
