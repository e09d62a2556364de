//! Turns at reading whole files. A large one takes seconds and a core, and a call that was given up reads on, so a process reads two at
//! a time, one for each company: the others wait a little.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use streamflow_kernel::error::{Error, Result};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use uuid::Uuid;

/// Files a process reads at once.
const AT_ONCE: usize = 2;
/// About as long as the largest file takes.
const WAIT: Duration = Duration::from_secs(10);

/// Shared by all requests of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns {
    process: Arc<Semaphore>,
    /// Companies that read or wait.
    companies: Arc<Mutex<HashMap<Uuid, Arc<Semaphore>>>>,
    wait: Duration,
}

/// The right to read a file, until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    _company: OwnedSemaphorePermit,
    _process: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self { process: Arc::new(Semaphore::new(AT_ONCE)), companies: Arc::default(), wait: WAIT }
    }
}

impl Turns {
    /// Waits for a turn of the company, or says when to come back.
    pub async fn take(&self, org_id: Uuid) -> Result<Turn> {
        let company = self.company(org_id);
        let both = async {
            // The company's first: whoever waits for a colleague takes no turn from others.
            let company = company.acquire_owned().await?;
            let process = Arc::clone(&self.process).acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>(Turn { _company: company, _process: process })
        };
        match timeout(self.wait, both).await {
            Ok(turn) => turn.map_err(Error::internal),
            Err(_) => Err(Error::Throttled {
                text: "Other files are being read just now. Please try again in a few seconds; nothing was lost.".to_owned(),
                retry_after: Duration::from_secs(5),
            }),
        }
    }

    fn company(&self, org_id: Uuid) -> Arc<Semaphore> {
        let mut companies = self.companies.lock().unwrap_or_else(PoisonError::into_inner);
        // A permit holds its semaphore, so one that only this map knows is free.
        companies.retain(|_, turns| Arc::strong_count(turns) > 1);
        Arc::clone(companies.entry(org_id).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_company_reads_one_file_and_a_process_two() {
        let turns = Turns { wait: Duration::from_millis(20), ..Turns::default() };
        let [first, second, third] = [1, 2, 3].map(Uuid::from_u128);
        let one = turns.take(first).await.unwrap();
        assert!(matches!(turns.take(first).await, Err(Error::Throttled { .. })));
        let two = turns.take(second).await.unwrap();
        assert!(matches!(turns.take(third).await, Err(Error::Throttled { .. })));
        drop(one);
        let three = turns.take(third).await.unwrap();
        drop((two, three));
        let _one = turns.take(first).await.unwrap();
        assert_eq!(turns.companies.lock().unwrap().len(), 1);
    }
}
