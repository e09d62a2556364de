//! What systems read of each other again and again, unattended: hundreds of records an hour that say the same. The audit keeps the
//! first of each caller, RPC and kept fields in an hour, with how many like it came since the one before; the log has each. What was
//! refused or failed, and what changes anything, is a record each.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use streamflow_proto::access::Access;
use tonic::Code;
use uuid::Uuid;

use super::payload;
use crate::audit::AuditRecord;

/// What of the kept fields tells a read from others, whole: of a record the ends of long ones are missing.
pub type Fingerprint = [u8; 32];

/// Different reads that are remembered at once; who asks for more leaves more records.
const MOST: usize = 1_000;

/// Reads that are recorded already, of this process.
#[derive(Debug, Default)]
pub struct Repeats(Mutex<HashMap<Key, Count>>);

type Key = (Option<Uuid>, String, Fingerprint);

#[derive(Clone, Copy, Debug)]
struct Count {
    hour: i64,
    /// Those without a record since the last one.
    unrecorded: u64,
}

impl Repeats {
    /// Whether a call says what a record of this hour says already. One that is to be recorded gets the number of those that were not.
    pub fn covers(
        &self,
        access: &Access,
        outcome: Code,
        record: &mut AuditRecord,
        fingerprint: impl FnOnce() -> Fingerprint,
    ) -> bool {
        if access.mutation || outcome != Code::Ok {
            return false;
        }
        match self.note((record.actor_id, record.path.clone(), fingerprint()), record.at) {
            Some(0) => false,
            Some(unrecorded) => {
                record.payload = payload::with(&record.payload, "unrecorded", unrecorded.into());
                false
            }
            None => true,
        }
    }

    /// None where there is a record of this hour.
    fn note(&self, key: Key, at: DateTime<Utc>) -> Option<u64> {
        let hour = at.timestamp().div_euclid(3_600);
        let mut known = self.0.lock();
        if known.len() >= MOST && !known.contains_key(&key) {
            known.retain(|_, count| count.hour == hour);
            if known.len() >= MOST {
                return Some(0);
            }
        }
        let count = known.entry(key).or_insert(Count { hour: i64::MIN, unrecorded: 0 });
        if count.hour == hour {
            count.unrecorded += 1;
            return None;
        }
        count.hour = hour;
        Some(std::mem::take(&mut count.unrecorded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fields: usize) -> Key {
        let mut fingerprint = [0; 32];
        fingerprint[..8].copy_from_slice(&fields.to_be_bytes());
        (None, "/x/Read".to_owned(), fingerprint)
    }

    #[test]
    fn one_of_each_kind_an_hour_is_recorded_and_tells_of_the_others() {
        let (repeats, at) = (Repeats::default(), |second| DateTime::from_timestamp(second, 0).unwrap());
        let told = [0, 15, 3_599, 3_600, 3_601, 7_300].map(|second| repeats.note(key(1), at(second)));
        assert_eq!(told, [Some(0), None, None, Some(2), None, Some(1)]);
        assert_eq!(repeats.note(key(2), at(7_301)), Some(0), "with other fields it says something else");
    }

    #[test]
    fn what_is_not_remembered_is_recorded() {
        let (repeats, at) = (Repeats::default(), DateTime::UNIX_EPOCH);
        for number in 0..MOST {
            assert_eq!(repeats.note(key(number), at), Some(0));
        }
        assert_eq!([repeats.note(key(MOST), at), repeats.note(key(MOST), at)], [Some(0); 2]);
        assert_eq!(repeats.note(key(MOST), at + chrono::TimeDelta::hours(1)), Some(0));
        assert_eq!(repeats.note(key(MOST), at + chrono::TimeDelta::hours(1)), None);
    }
}
