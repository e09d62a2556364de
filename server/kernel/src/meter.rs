//! What a process measures of the work it does for people, kept by the minute in the system's own database, so that the engineers'
//! charts have a past that survives the process. The metrics of the operations listener are something else: they are finer, and
//! whoever collects them keeps them.
//!
//! | room | holds |
//! |---|---|
//! | `figures` | what is counted, and how the figures of several times or processes become one |
//! | `sampling` | the task of a process that writes them down |
//! | `store` | the rows, and reading them as places of a chart |
//!
//! Not counted are what the door refuses before an RPC is known, calls of other systems, and what is done in Recovery Mode, which
//! has no database to keep it in.

pub mod figures;
pub mod sampling;
pub mod store;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use streamflow_proto::access::Access;
use tonic::Code;

use self::figures::Figures;
use crate::access::answer::code_name;

/// What went on since it was last taken.
#[derive(Debug, Default)]
pub struct Meter {
    figures: Mutex<Figures>,
    answered: AtomicU64,
}

impl Meter {
    /// Counts an answer. `guessed`: a secret of somebody was tried.
    pub(crate) fn note(&self, access: &Access, outcome: Code, guessed: bool, took: Duration) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let mut figures = self.figures.lock();
        figures.count(code_name(outcome), took);
        match outcome {
            Code::ResourceExhausted => *figures.limited.entry(access.limit.into()).or_default() += 1,
            Code::Unauthenticated | Code::InvalidArgument if guessed || access.audit == "sign_in" => figures.failed_sign_ins += 1,
            _ => {}
        }
    }

    fn take(&self) -> Figures {
        std::mem::take(&mut self.figures.lock())
    }

    /// Answers since the process began: who works behind them sees by it whether people are there.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}
