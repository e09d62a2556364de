//! The provider system of a server: the one that works without its database too, in Recovery Mode.

use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use axum::Router;
use streamflow_kernel::{
    access::Witness,
    ids::SystemIds,
    kernel::Kernel,
    operator::Operator,
    rate_limit::Limits,
    recovery::{self, Recovery, guard, watch::Watching},
};
use streamflow_migrations::System;
use streamflow_proto::{access, provider::DESCRIPTORS};
use streamflow_provider::{
    admin::people::Admins,
    setting::mirror::Mirror,
    system::{self, FIRST_ROLE, PORTAL},
};

use crate::{assets, config::Config, databases, mirror, operators, serve::Shared};

/// What is made before the database is asked for.
pub struct Provider {
    recovery: Arc<Recovery>,
    emergency: Option<Operator>,
    mirror: Option<Mirror>,
    usual: Arc<OnceLock<Router>>,
}

impl Provider {
    /// The provider system without its database, and the site that shows what there is.
    pub async fn prepare(config: &Config, shared: &Shared) -> anyhow::Result<(Self, Router)> {
        let emergency = operators::from_environment("PROVIDER", FIRST_ROLE)?;
        let known = mirror::read(config, &shared.master_keys.now()).await;
        let recovery = Recovery::open(recovery::Parts {
            space: PORTAL.space,
            role: FIRST_ROLE,
            emergency: emergency.clone(),
            networks: known.networks,
            location: databases::location(config, System::Provider)?,
            folder: config.data.join("recovery"),
            clock: Arc::clone(&shared.clock),
            ids: Arc::new(SystemIds::new(Arc::clone(&shared.clock))),
            passwords: shared.passwords.clone(),
            limits: Limits::new(PORTAL.pace, &config.limits),
        })
        .map_err(|error| anyhow::anyhow!("{error:?}"))
        .context("Recovery Mode can't be prepared")?;
        let services = system::recovery_services(known.mirror.clone(), shared.clock.now());
        let in_recovery =
            guard::rpcs(&recovery, access::PROVIDER, DESCRIPTORS, services).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let usual = Arc::new(OnceLock::new());
        let rpcs = recovery::switch(Arc::clone(&recovery), Arc::clone(&usual), in_recovery);
        let assets = assets::of(System::Provider.name(), config.web_dir.as_deref());
        let front = system::front(&recovery, config.origins_of(System::Provider), assets, config.reflection);
        let site = front.into_router(rpcs).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok((Self { recovery, emergency, mirror: known.mirror, usual }, site))
    }

    /// Says that the database was not there when it was asked for.
    pub async fn enter_recovery(&self, problem: &str) {
        self.recovery.enter(problem).await;
    }

    /// The usual RPCs of the system.
    pub async fn open(&self, config: &Config, kernel: &Arc<Kernel>) -> anyhow::Result<Router> {
        let admins = Admins::open(kernel, self.emergency.as_ref()).await;
        let admins = admins.map_err(|error| databases::refused("the portal's people can't be read", error))?;
        let assets = assets::of(System::Provider.name(), config.web_dir.as_deref());
        let origins = config.origins_of(System::Provider);
        let (recovery, mirror) = (Arc::clone(&self.recovery), self.mirror.clone());
        let site = system::site(kernel, admins, recovery, mirror, origins, assets, config.reflection);
        let (rpcs, _) = site.into_rpcs().map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(rpcs)
    }

    /// They take over once the watch finds the database steady.
    pub fn take_over(&self, rpcs: Router, kernel: &Arc<Kernel>) {
        // A system starts once.
        let _ = self.usual.set(rpcs);
        self.recovery.started(kernel);
    }

    /// Who writes down what is refused before any RPC.
    pub fn witness(&self) -> Witness {
        Witness::Recovery(Arc::clone(&self.recovery))
    }

    pub fn watch(&self) -> Watching {
        self.recovery.watch()
    }
}
