//! `streamflow serve`: starts the systems asked for, each with its own database, listener and people.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use parking_lot::Mutex;
use streamflow_kernel::{
    audit::seal::Sealing,
    clock::{Clock, SystemClock},
    crypto::MasterKeys,
    db::files::private_folder,
    ids::SystemIds,
    kernel::{Kernel, Parts, Portal},
    mail::{MailConfig, Mailer},
    password::{Params, PasswordHasher},
    prune::Pruning,
    recovery::watch::Watching,
    server::{self, PortalSite, Systems, connection, proxies::TrustedProxies},
    telemetry::{self, Format},
};
use streamflow_migrations::System;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{assets, config::Config, databases, demo, operators, provider::Provider};

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
    let serving = Serving {
        config,
        shared,
        proxies,
        stopping,
        listeners: Mutex::default(),
        systems: Systems::default(),
        running: Mutex::default(),
    };
    let serving = Arc::new(serving);
    let watching = serving.clone().start_all().await?;
    let Serving { config, shared, systems, .. } = &*serving;
    let operations: Router = server::operations(systems.clone(), move || metrics.render());
    // Before readiness is told: who waits for it reads the demo's sign-ins next.
    let seeds = with_demo && demo::is_wanted(config, &systems.started()).await?;
    let listener = bind("127.0.0.1", config.port_base).await?;
    serving.listen(listener, operations, TrustedProxies::default());
    announce(config);
    if seeds {
        demo::seed(config, shared, &systems.started()).await?;
    }
    wait_for_signal().await?;
    tracing::info!(target: "streamflow", "stopping; running requests may finish");
    drop(watching);
    stop.send_replace(true);
    let mut listeners = std::mem::take(&mut *serving.listeners.lock());
    while listeners.join_next().await.is_some() {}
    let running = std::mem::take(&mut *serving.running.lock());
    for Running { sealing, pruning } in running {
        drop(pruning);
        sealing.finish().await;
    }
    for kernel in serving.systems.started() {
        kernel.database.close().await;
    }
    Ok(())
}

/// What goes on in the process.
struct Serving {
    config: Config,
    shared: Shared,
    proxies: TrustedProxies,
    stopping: watch::Receiver<bool>,
    listeners: Mutex<JoinSet<()>>,
    systems: Systems,
    running: Mutex<Vec<Running>>,
}

/// Background work of one system.
struct Running {
    sealing: Sealing,
    pruning: Pruning,
}

/// How often a system whose database was not there asks again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Serving {
    /// Starts every system. Where the provider portal is served, a database that is out of reach keeps nobody from starting: the
    /// portal is there in Recovery Mode, and the others follow when theirs answer.
    async fn start_all(self: Arc<Self>) -> anyhow::Result<Option<Watching>> {
        let is_served = |system: &System| self.config.systems.contains(system);
        let mut provider = None;
        let mut site = None;
        if is_served(&System::Provider) {
            let prepared = Provider::prepare(&self.config, &self.shared).await?;
            (provider, site) = (Some(Arc::new(prepared.0)), Some(prepared.1));
        }
        for system in System::ALL.into_iter().filter(is_served) {
            self.systems.expect();
            let own = provider.clone().filter(|_| system == System::Provider);
            match self.start(system, own.as_deref()).await {
                Ok(()) => {}
                Err(error) if provider.is_some() && error.is::<databases::Unreachable>() => {
                    tracing::error!(target: "streamflow", system = system.name(), %error, "starts when its database answers");
                    if let Some(provider) = &own {
                        provider.enter_recovery("it was out of reach when the server started").await;
                    }
                    tokio::spawn(Arc::clone(&self).start_later(system, own));
                }
                Err(error) => return Err(error),
            }
            // Not before it is known which of the two the portal is.
            if let Some(site) = site.take_if(|_| system == System::Provider) {
                self.listen(bind(&self.config.bind, self.config.port(system)).await?, site, self.proxies.clone());
            }
        }
        Ok(provider.map(|provider| provider.watch()))
    }

    async fn start_later(self: Arc<Self>, system: System, provider: Option<Arc<Provider>>) {
        loop {
            tokio::time::sleep(ASK_AGAIN).await;
            match self.start(system, provider.as_deref()).await {
                Ok(()) => break tracing::info!(target: "streamflow", system = system.name(), "has started"),
                Err(error) if error.is::<databases::Unreachable>() => {}
                Err(error) => tracing::error!(target: "streamflow", system = system.name(), "can't start: {error:#}"),
            }
        }
    }

    async fn start(&self, system: System, provider: Option<&Provider>) -> anyhow::Result<()> {
        let kernel = self.shared.kernel(&self.config, system).await?;
        match provider {
            Some(provider) => provider.start(&self.config, &kernel).await?,
            None => {
                let app = site(&self.config, system, &kernel)?.into_router().map_err(|error| anyhow::anyhow!("{error:?}"))?;
                self.listen(bind(&self.config.bind, self.config.port(system)).await?, app, self.proxies.clone());
            }
        }
        let sealing = kernel.seal_audit(self.config.audit_checkpoints());
        let pruning = Pruning::start(kernel.database.clone(), Arc::clone(&kernel.clock));
        self.running.lock().push(Running { sealing, pruning });
        self.systems.add(kernel);
        Ok(())
    }

    fn listen(&self, listener: TcpListener, app: Router, proxies: TrustedProxies) {
        self.listeners.lock().spawn(connection::serve(listener, app, proxies, self.stopping.clone()));
    }
}

fn site(config: &Config, system: System, kernel: &Arc<Kernel>) -> anyhow::Result<PortalSite> {
    let assets = assets::of(system.name(), config.web_dir.as_deref());
    let origins = config.origins_of(system);
    let reflection = config.reflection;
    Ok(match system {
        System::Client => {
            streamflow_client::system::start(kernel);
            streamflow_client::system::site(kernel, origins, assets, reflection)
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
