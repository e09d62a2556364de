//! The systems of a running server: started together, or one by one as their databases answer, and ended together.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use parking_lot::Mutex;
use streamflow_kernel::{
    access::Witness,
    audit::seal::Sealing,
    jobs::Runner,
    master_keys::holders::Holding,
    meter::sampling::Sampling,
    recovery::watch::Watching,
    server::{Systems, connection, foreign, listeners::Listening, proxies::TrustedProxies},
};
use streamflow_migrations::System;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    config::Config,
    databases,
    federation::{Following, Wires},
    provider::Provider,
    serve::{self, Shared},
};

/// How often a system whose database was not there asks again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What goes on in the process.
pub struct Serving {
    pub config: Config,
    pub shared: Shared,
    pub systems: Systems,
    proxies: TrustedProxies,
    stopping: watch::Receiver<bool>,
    listeners: Mutex<JoinSet<()>>,
    wires: Arc<Wires>,
    running: Mutex<Vec<Running>>,
    /// Systems that wait for their database.
    late: Mutex<JoinSet<()>>,
}

/// Background work of one system.
struct Running {
    sealing: Sealing,
    sampling: Sampling,
    runner: Runner,
    holding: Holding,
}

impl Serving {
    pub fn new(config: Config, shared: Shared, proxies: TrustedProxies, stopping: watch::Receiver<bool>) -> anyhow::Result<Self> {
        Ok(Self {
            wires: Wires::new(&config)?,
            config,
            shared,
            systems: Systems::default(),
            proxies,
            stopping,
            listeners: Mutex::default(),
            running: Mutex::default(),
            late: Mutex::default(),
        })
    }

    /// Starts every system. Where the provider portal is served, a database that is out of reach keeps nobody from starting: the
    /// portal is there in Recovery Mode, and the others follow when theirs answer.
    pub async fn start_all(self: Arc<Self>) -> anyhow::Result<Option<Watching>> {
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
                    self.late.lock().spawn(Arc::clone(&self).start_later(system, own));
                }
                Err(error) => return Err(error),
            }
            // Not before it is known which of the two the portal is.
            if let Some(provider) = &provider
                && let Some(site) = site.take_if(|_| system == System::Provider)
            {
                let listener = serve::bind(&self.config.bind, self.config.port(system)).await?;
                let app = at_home(system, site, provider.witness());
                self.listen((system.name(), "portal"), listener, app, self.proxies.clone())?;
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

    /// What can fail comes first: nothing is left of a start that is tried again.
    async fn start(&self, system: System, provider: Option<&Provider>) -> anyhow::Result<()> {
        let kernel = self.shared.kernel(&self.config, system).await?;
        let refused = |what: &str, error| databases::refused(&format!("the {} system {what}", system.name()), error);
        let usual = match provider {
            Some(provider) => Some(provider.open(&self.config, &kernel).await?),
            None => None,
        };
        let listener = match provider {
            Some(_) => None,
            None => Some(serve::bind(&self.config.bind, self.config.port(system)).await?),
        };
        // Before anything is served: a key that begins to wrap now waits for this process.
        let holding = kernel.hold_master_keys().await.map_err(|error| refused("can't say its keys", error))?;
        let runner = kernel.run_jobs(serve::works(system)).await.map_err(|error| refused("can't start its jobs", error))?;
        // From here on the database is not asked for.
        let app = match usual {
            Some(usual) => usual,
            None => {
                let site = serve::site(&self.config, system, &kernel)?;
                site.into_router().map_err(|error| anyhow::anyhow!("{error:?}"))?
            }
        };
        self.wires.join(&kernel)?;
        let sealing = kernel.seal_audit(self.config.audit_checkpoints());
        let sampling = kernel.sample_meter();
        self.running.lock().push(Running { sealing, sampling, runner, holding });
        match (provider, listener) {
            (Some(provider), _) => provider.take_over(app, &kernel),
            (None, Some(listener)) => {
                let app = at_home(system, app, Witness::System(Arc::clone(&kernel)));
                self.listen((system.name(), "portal"), listener, app, self.proxies.clone())?;
            }
            (None, None) => {}
        }
        self.systems.add(kernel);
        Ok(())
    }

    /// Lets other processes call the systems of this one.
    pub async fn federate(&self) -> anyhow::Result<Following> {
        let listener = serve::bind(&self.config.bind, self.config.federation_port()).await?;
        match self.wires.shown() {
            None => self.listen(("", "federation"), listener, self.wires.router(), TrustedProxies::default())?,
            Some(shown) => {
                let address = listener.local_addr()?;
                let serving = connection::serve_tls(listener, self.wires.router(), shown, self.stopping.clone());
                self.attend(("", "federation"), address, serving);
            }
        }
        Ok(Following::start(&self.config, &self.wires))
    }

    /// Serves what comes in of that name, for one system or, where its name is empty, for all.
    pub fn listen(
        &self,
        names: (&'static str, &'static str),
        listener: TcpListener,
        app: Router,
        proxies: TrustedProxies,
    ) -> anyhow::Result<()> {
        let address = listener.local_addr()?;
        self.attend(names, address, connection::serve(listener, app, proxies, self.stopping.clone()));
        Ok(())
    }

    fn attend(
        &self,
        (system, name): (&'static str, &'static str),
        address: SocketAddr,
        serving: impl Future<Output = ()> + Send + 'static,
    ) {
        let known = self.shared.listeners.clone();
        known.add(Listening { system, name, address, since: self.shared.clock.now() });
        self.listeners.lock().spawn(async move {
            serving.await;
            known.remove(address);
        });
    }

    /// Before the end: what runs goes on.
    pub fn begin_nothing_more(&self) {
        self.late.lock().abort_all();
        self.running.lock().iter().for_each(|running| running.runner.close());
    }

    /// Waits for what runs, once the listeners are told to stop.
    pub async fn finish(&self, following: Following) {
        let kernels = self.systems.started();
        for kernel in &kernels {
            kernel.feed.end_streams();
        }
        let mut listeners = std::mem::take(&mut *self.listeners.lock());
        while listeners.join_next().await.is_some() {}
        let running = std::mem::take(&mut *self.running.lock());
        let mut ending = Vec::new();
        for Running { sealing, sampling, runner, holding } in running {
            runner.finish().await;
            ending.push((sealing, sampling, holding));
        }
        drop(following);
        for (sealing, sampling, holding) in ending {
            sampling.finish().await;
            sealing.finish().await;
            holding.finish().await;
        }
        for kernel in kernels {
            kernel.database.close().await;
        }
    }
}

/// The app without the pages of other systems.
fn at_home(system: System, app: Router, witness: Witness) -> Router {
    let others = System::ALL.into_iter().filter(|other| *other != system).map(serve::pages_of).collect();
    foreign::refuse(app, witness, others)
}
