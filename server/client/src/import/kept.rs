//! Files whose whole check is at hand, so that the next correction need not read them anew. Nothing depends on it: another process,
//! or this one after a while, checks the whole file again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::db::Scope;
use uuid::Uuid;

use super::{checked::Checked, file::Setup, store::Model};
use crate::custom_field;

/// Files at a time; the largest take some megabytes each.
const MOST: usize = 8;
/// Bytes of shown rows of a file that is kept; more have only files that nobody looks at as they are.
const MOST_SHOWN: usize = 4 * 1024 * 1024;
/// What others wrote since the file was read as a whole is seen after this long at the latest.
const FOR: TimeDelta = TimeDelta::minutes(10);

/// Shared by all requests of a process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<VecDeque<Entry>>>);

/// A check, and all that it would be another one without.
struct Entry {
    import_id: Uuid,
    version: i64,
    scope: Scope,
    customs: Vec<custom_field::store::Model>,
    read_at: DateTime<Utc>,
    checked: Checked,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("import_id", &self.import_id).field("version", &self.version).finish_non_exhaustive()
    }
}

impl Entry {
    fn is_of(&self, import: &Model, scope: &Scope, setup: &Setup) -> bool {
        let seen = |scope: &Scope| (scope.org_id, scope.user_id, scope.visibility, scope.team_ids.clone());
        (self.import_id, self.version) == (import.id, import.version)
            && seen(&self.scope) == seen(scope)
            && self.customs == setup.customs
    }
}

impl Kept {
    /// The check of this import as it is, for this person, and when the file was read. It is taken out: whoever changes it puts it back.
    pub fn take(&self, import: &Model, scope: &Scope, setup: &Setup, now: DateTime<Utc>) -> Option<(Checked, DateTime<Utc>)> {
        let mut entries = self.entries(now);
        let at = entries.iter().position(|entry| entry.is_of(import, scope, setup))?;
        entries.remove(at).map(|entry| (entry.checked, entry.read_at))
    }

    /// Keeps a check for the version of `import`, unless there is one.
    pub fn put(&self, import: &Model, scope: &Scope, setup: &Setup, (checked, read_at): (Checked, DateTime<Utc>)) {
        let mut entries = self.entries(read_at);
        if checked.shown_bytes() > MOST_SHOWN || entries.iter().any(|entry| entry.is_of(import, scope, setup)) {
            return;
        }
        entries.retain(|entry| entry.import_id != import.id);
        if entries.len() == MOST {
            entries.pop_front();
        }
        let (scope, customs) = (scope.clone(), setup.customs.clone());
        entries.push_back(Entry { import_id: import.id, version: import.version, scope, customs, read_at, checked });
    }

    fn entries(&self, now: DateTime<Utc>) -> std::sync::MutexGuard<'_, VecDeque<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.read_at + FOR > now);
        entries
    }
}
