//! The copy of a few settings that is kept outside the database, encrypted, for when it is out of reach: `streamflow ops mirror`
//! writes it and nothing else does; a server reads it when it starts.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use streamflow_kernel::{
    clock::timestamp,
    crypto::{self, MasterKeys},
    error::{Error, Result},
    kernel::Kernel,
};
use streamflow_proto::provider::v1 as pb;

use super::{
    domain::{DEFINITIONS, Definition, SIGN_IN_NETWORKS, Value, definition},
    store,
};

const PURPOSE: &str = "streamflow settings mirror";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirror {
    pub written_at: DateTime<Utc>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    key: String,
    value: Value,
}

impl Mirror {
    /// What is in force now.
    pub async fn take(kernel: &Kernel) -> Result<Self> {
        let rows = store::settings(&kernel.database.system_read().await?).await?;
        let mut entries = Vec::new();
        for definition in DEFINITIONS.iter().filter(|definition| definition.is_mirrored) {
            let value = store::open(&kernel.keys, definition, store::of(&rows, definition)).await?.value;
            entries.push(Entry { key: definition.key.to_owned(), value });
        }
        Ok(Self { written_at: kernel.clock.now(), entries })
    }

    pub fn seal(&self, masters: &MasterKeys) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(crypto::seal_outside(masters, PURPOSE, &plain))
    }

    pub fn open(masters: &MasterKeys, sealed: &[u8]) -> Result<Self> {
        let plain = crypto::open_outside(masters, PURPOSE, sealed).map_err(Error::internal)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn value(&self, definition: &Definition) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == definition.key).map(|entry| &entry.value)
    }

    /// From where the emergency account may sign in; empty means from anywhere.
    pub fn networks(&self) -> Vec<IpNet> {
        match self.value(SIGN_IN_NETWORKS) {
            Some(Value::Networks(networks)) => networks.clone(),
            _ => Vec::new(),
        }
    }

    pub fn to_pb(&self) -> pb::RecoveryMirror {
        let entry = |entry: &Entry| pb::RecoveryMirrorEntry {
            key: entry.key.clone(),
            title: definition(&entry.key).map_or_else(|_| entry.key.clone(), |definition| definition.title.to_owned()),
            value: entry.value.words(),
        };
        pb::RecoveryMirror { written_at: timestamp(self.written_at), entries: self.entries.iter().map(entry).collect() }
    }
}

/// Whether Recovery Mode would go by another value than the one in force: the mirror's, or the default where there is none.
pub fn differs(mirror: Option<&Mirror>, definition: &Definition, in_force: &Value) -> bool {
    let mirrored = mirror.and_then(|mirror| mirror.value(definition)).cloned().unwrap_or_else(|| definition.default());
    definition.is_mirrored && mirrored != *in_force
}
