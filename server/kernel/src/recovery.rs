//! Recovery Mode: what is left of a system while its database is out of reach. One emergency account, whose credentials come from
//! the environment, may look at the health of the parts and open connections anew; everything else answers `RECOVERY_MODE`.
//!
//! Nothing in here touches the database but the watch over it and the way back. Requests that come in meanwhile pass another gate
//! than usual, so that none can reach it by mistake.
//!
//! | room | holds |
//! |---|---|
//! | `probe` | one question to the database: can it write? |
//! | `watch` | the way into Recovery Mode and out of it |
//! | `journal` | the audit while there is no database: a file of each process |
//! | `memory` | limits, ladders, used codes and sessions without a database |
//! | `emergency` | the one sign-in |
//! | `guard` | the gate, and the context it gives to RPCs |

pub mod emergency;
pub mod guard;
pub mod journal;
pub mod memory;
pub mod probe;
pub mod watch;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use axum::{Router, extract::Request};
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tower::ServiceExt as _;

use crate::{
    audit::AuditRecord,
    clock::Clock,
    db::{NO_ORG, connect::Location, files::private_folder},
    error::{Error, Result},
    ids::Ids,
    kernel::Kernel,
    operator::Operator,
    password::PasswordHasher,
    rate_limit::Limits,
};

use self::{journal::Journal, memory::Memory};

/// Where the system stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Normal,
    /// `round` counts how often it was entered: what belongs to one round is good for nothing in another.
    Recovery {
        since: DateTime<Utc>,
        round: u64,
    },
}

/// What the watch last heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub asked_at: Option<DateTime<Utc>>,
    pub answered_at: Option<DateTime<Utc>>,
    /// In plain words; empty when the last answer was good.
    pub problem: String,
}

/// What [`Recovery::open`] needs from outside.
pub struct Parts {
    pub space: &'static str,
    /// Role of the emergency account, as the portal's protos give it.
    pub role: &'static str,
    /// Nobody can sign in without one.
    pub emergency: Option<Operator>,
    /// From where it may; empty means from anywhere.
    pub networks: Vec<IpNet>,
    pub location: Location,
    pub folder: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub passwords: PasswordHasher,
    pub limits: Limits,
}

/// Shared by the watch, the gate and the RPCs of one system.
pub struct Recovery {
    pub space: &'static str,
    pub clock: Arc<dyn Clock>,
    role: &'static str,
    emergency: Option<Operator>,
    networks: Vec<IpNet>,
    location: Location,
    pub(crate) ids: Arc<dyn Ids>,
    passwords: PasswordHasher,
    mode: Mutex<Mode>,
    heard: Mutex<Heard>,
    folder: PathBuf,
    pub journal: Journal,
    /// Journals of processes that are gone, until they are moved into the database.
    left: AsyncMutex<Vec<Journal>>,
    pub memory: Memory,
    system: OnceLock<Arc<Kernel>>,
    /// Somebody wants the watch to look now.
    nudge: Notify,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery").field("space", &self.space).field("mode", &self.mode()).finish_non_exhaustive()
    }
}

impl Recovery {
    /// Reads what an earlier process left in the folder. The mode is normal until somebody says otherwise.
    pub fn open(parts: Parts) -> Result<Arc<Self>> {
        private_folder(&parts.folder).map_err(Error::internal)?;
        Ok(Arc::new(Self {
            space: parts.space,
            role: parts.role,
            emergency: parts.emergency,
            networks: parts.networks,
            location: parts.location,
            journal: Journal::open(&parts.folder, parts.space).map_err(Error::internal)?,
            memory: Memory::open(&parts.folder, parts.limits).map_err(Error::internal)?,
            left: AsyncMutex::default(),
            folder: parts.folder,
            clock: parts.clock,
            ids: parts.ids,
            passwords: parts.passwords,
            mode: Mutex::new(Mode::Normal),
            heard: Mutex::default(),
            system: OnceLock::new(),
            nudge: Notify::new(),
        }))
    }

    pub fn mode(&self) -> Mode {
        *self.mode.lock()
    }

    pub fn is_on(&self) -> bool {
        self.mode() != Mode::Normal
    }

    pub fn heard(&self) -> Heard {
        self.heard.lock().clone()
    }

    /// The system itself, once its database was there.
    pub fn system(&self) -> Option<&Arc<Kernel>> {
        self.system.get()
    }

    /// Says that the system has started; from then on the watch may lead out of Recovery Mode.
    pub fn started(&self, kernel: &Arc<Kernel>) {
        // A system starts once.
        let _ = self.system.set(Arc::clone(kernel));
        self.nudge.notify_one();
    }

    pub fn can_sign_in(&self) -> bool {
        self.emergency.is_some()
    }

    /// A record of what the system itself did.
    fn own_record(&self, path: &str, payload: serde_json::Value) -> AuditRecord {
        let id = self.ids.uuid();
        AuditRecord {
            org_id: NO_ORG,
            id,
            at: self.clock.now(),
            actor_id: None,
            actor_name: String::new(),
            actor_role: String::new(),
            real_actor_id: None,
            ip: String::new(),
            path: path.to_owned(),
            category: "recovery".to_owned(),
            outcome: "OK".to_owned(),
            correlation_id: id.simple().to_string(),
            payload: payload.to_string(),
            entity: String::new(),
            entity_id: None,
            changed_fields: String::new(),
        }
    }
}

/// The RPCs of a system: the usual ones, or in Recovery Mode the few that need no database. The usual ones may not be there yet.
pub fn switch(recovery: Arc<Recovery>, usual: Arc<OnceLock<Router>>, in_recovery: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let usual = if recovery.is_on() { None } else { usual.get().cloned() };
        let rpcs = usual.unwrap_or_else(|| in_recovery.clone());
        async move { rpcs.oneshot(request).await.unwrap_or_else(|never| match never {}) }
    })
}
