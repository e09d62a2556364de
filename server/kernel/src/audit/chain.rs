//! The hash chain: what a link's hash covers, byte by byte. Whoever verifies an export with a program of their own needs this
//! file and nothing else.

use sha2::{Digest as _, Sha256};

use super::AuditRecord;
use crate::crypto::bind;

/// SHA-256.
pub type Hash = [u8; 32];

/// The end of a chain; of an empty one position 0 and 32 zero bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub position: i64,
    pub hash: Hash,
}

/// Changes with the list of parts below.
const LABEL: &[u8] = b"streamflow audit link 1";

impl Head {
    /// The head after `record` was added.
    pub fn after(self, system: &str, record: &AuditRecord) -> Self {
        let position = self.position + 1;
        Self { position, hash: link_hash(system, position, self.hash, record) }
    }
}

/// SHA-256 over the parts in this order, each preceded by its length as 8 bytes, big-endian. Numbers are 8 bytes big-endian, times
/// microseconds since 1970, ids 16 bytes, an absent id no bytes, texts UTF-8.
pub fn link_hash(system: &str, position: i64, previous: Hash, record: &AuditRecord) -> Hash {
    let id = |id: &Option<uuid::Uuid>| id.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let parts: [&[u8]; 20] = [
        LABEL,
        system.as_bytes(),
        &position.to_be_bytes(),
        &previous,
        record.org_id.as_bytes(),
        record.id.as_bytes(),
        &record.at.timestamp_micros().to_be_bytes(),
        &id(&record.actor_id),
        record.actor_name.as_bytes(),
        record.actor_role.as_bytes(),
        &id(&record.real_actor_id),
        record.ip.as_bytes(),
        record.path.as_bytes(),
        record.category.as_bytes(),
        record.outcome.as_bytes(),
        record.correlation_id.as_bytes(),
        record.payload.as_bytes(),
        record.entity.as_bytes(),
        &id(&record.entity_id),
        record.changed_fields.as_bytes(),
    ];
    Sha256::digest(bind(&parts)).into()
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    /// The n-th record of an org that exists in tests only.
    pub fn record(n: u128) -> AuditRecord {
        AuditRecord {
            org_id: Uuid::from_u128(1),
            id: Uuid::from_u128(1000 + n),
            at: DateTime::UNIX_EPOCH,
            actor_id: Some(Uuid::from_u128(7)),
            actor_name: "Ada".into(),
            actor_role: "OWNER".into(),
            real_actor_id: None,
            ip: "127.0.0.1".into(),
            path: format!("/x.v1.Service/Call{n}"),
            category: "team".into(),
            outcome: "OK".into(),
            correlation_id: "c".into(),
            payload: "{}".into(),
            entity: "team".into(),
            entity_id: None,
            changed_fields: "name".into(),
        }
    }

    #[test]
    fn every_column_and_the_place_are_covered() {
        let hash = |change: &dyn Fn(&mut AuditRecord)| {
            let mut record = record(1);
            change(&mut record);
            link_hash("x", 1, [0; 32], &record)
        };
        let text = || "other".to_owned();
        let other = Uuid::from_u128(9);
        let mut hashes = vec![
            hash(&|_| {}),
            hash(&|r| r.org_id = other),
            hash(&|r| r.id = other),
            hash(&|r| r.at += chrono::TimeDelta::microseconds(1)),
            hash(&|r| r.actor_id = None),
            hash(&|r| r.actor_name = text()),
            hash(&|r| r.actor_role = text()),
            hash(&|r| r.real_actor_id = Some(other)),
            hash(&|r| r.ip = text()),
            hash(&|r| r.path = text()),
            hash(&|r| r.category = text()),
            hash(&|r| r.outcome = text()),
            hash(&|r| r.correlation_id = text()),
            hash(&|r| r.payload = text()),
            hash(&|r| r.entity = text()),
            hash(&|r| r.entity_id = Some(other)),
            hash(&|r| r.changed_fields = text()),
            link_hash("y", 1, [0; 32], &record(1)),
            link_hash("x", 2, [0; 32], &record(1)),
            link_hash("x", 1, [1; 32], &record(1)),
        ];
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 20);
    }

    #[test]
    fn the_hash_of_a_known_record_stays_what_it_is() {
        let hash = data_encoding::HEXLOWER.encode(&link_hash("x", 1, [0; 32], &record(1)));
        assert_eq!(hash, "7c00223d0e2a76f40c828f59b44c981ccb062115f2e296ac7f72b374fdb38b2e");
    }
}
