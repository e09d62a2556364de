//! What a process listens on, for whoever asks how it is.

use std::{net::SocketAddr, sync::Arc};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Name of the system that is served there; empty where all of the process are.
    pub system: &'static str,
    /// What comes in.
    pub name: &'static str,
    pub address: SocketAddr,
    pub since: DateTime<Utc>,
}

/// All of a process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Arc<Mutex<Vec<Listening>>>);

impl Listeners {
    pub fn add(&self, listening: Listening) {
        self.0.lock().push(listening);
    }

    /// It has ended.
    pub fn remove(&self, address: SocketAddr) {
        self.0.lock().retain(|one| one.address != address);
    }

    /// Those of a system, and those that all share.
    pub fn of(&self, system: &str) -> Vec<Listening> {
        self.0.lock().iter().filter(|one| one.system.is_empty() || one.system == system).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_has_its_own_and_those_that_all_share() {
        let listeners = Listeners::default();
        let listening = |system, port| Listening {
            system,
            name: "x",
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            since: DateTime::UNIX_EPOCH,
        };
        for (system, port) in [("one", 1), ("two", 2), ("", 3)] {
            listeners.add(listening(system, port));
        }
        assert_eq!(listeners.of("one"), [listening("one", 1), listening("", 3)]);
        listeners.remove(SocketAddr::from(([127, 0, 0, 1], 3)));
        assert_eq!(listeners.of("two"), [listening("two", 2)]);
    }
}
