//! What a chain, its records and its checkpoints say about each other. No database, no files: whoever holds an export, the
//! checkpoints and the public key gets the same answer as the server itself.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AuditRecord,
    chain::{Hash, Head, link_hash},
    checkpoint::{Checkpoint, Checkpoints, hex},
};
use crate::crypto::PublicKey;

/// Problems told one by one; the rest is counted.
const TOLD: usize = 20;
/// A record this much older than a checkpoint had its place long before it. Leaves room for clocks that differ.
const LATE: TimeDelta = TimeDelta::minutes(5);

/// One link of a chain with its record, or a record that has no link yet; a line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub system: String,
    pub org: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// None when the link's record is gone.
    pub record: Option<AuditRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub position: i64,
    pub record_id: Uuid,
    #[serde(with = "hex")]
    pub hash: Hash,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// The record, or its link, is not what it was.
    Altered { position: i64, record_id: Uuid },
    /// The link is there, its record is not.
    Missing { position: i64, record_id: Uuid },
    /// Neither links nor records are there from one position to another.
    Gap { from: i64, to: i64 },
    /// The chain ends before a position that a checkpoint has seen.
    Truncated { ends_at: i64, seen_at: i64, at: DateTime<Utc> },
    /// The chain has another hash than a checkpoint has seen: it was made anew somewhere up to here.
    Rewritten { position: i64, at: DateTime<Utc> },
    /// A checkpoint that none of the keys signed, or that was changed.
    Forged { position: i64, key: String },
    /// Records never got a place: put in by hand, or kept from the server.
    LeftOut { oldest: DateTime<Utc>, at: DateTime<Utc> },
    /// A line of another chain.
    Foreign { org: Uuid },
}

/// What became of one chain.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    pub system: String,
    /// Nil for what concerns no company.
    pub org: Uuid,
    pub intact: bool,
    /// Links.
    pub sealed: u64,
    /// Records without a link, and the time of the oldest: in normal operation less than two seconds ago.
    pub unsealed: u64,
    pub oldest_unsealed: Option<DateTime<Utc>>,
    /// Genuine ones.
    pub checkpoints: u64,
    /// Position and time of the newest one.
    pub checkpointed: Option<(i64, DateTime<Utc>)>,
    /// The first of them.
    pub problems: Vec<Problem>,
    pub problem_count: u64,
}

/// Reads one chain from its beginning, line by line.
#[derive(Debug)]
pub struct Verifier {
    verdict: Verdict,
    head: Head,
    /// False after a gap, when the hash before is not known.
    is_joined: bool,
    /// Genuine ones that are still to be met, the last first.
    ahead: Vec<Checkpoint>,
}

impl Verifier {
    /// Of a chain and those of `checkpoints` that are about it.
    pub fn new(system: &str, org: Uuid, checkpoints: &Checkpoints, keys: &[PublicKey]) -> Self {
        let (mut ahead, forged): (Vec<Checkpoint>, Vec<Checkpoint>) =
            checkpoints.of(system, org).cloned().partition(|checkpoint| checkpoint.is_genuine(keys));
        ahead.sort_unstable_by_key(|checkpoint| std::cmp::Reverse((checkpoint.position, checkpoint.at)));
        let verdict = Verdict {
            system: system.to_owned(),
            org,
            intact: true,
            sealed: 0,
            unsealed: 0,
            oldest_unsealed: None,
            checkpoints: ahead.len() as u64,
            checkpointed: ahead.first().map(|checkpoint| (checkpoint.position, checkpoint.at)),
            problems: Vec::new(),
            problem_count: 0,
        };
        let mut verifier = Self { verdict, head: Head::default(), is_joined: true, ahead };
        for Checkpoint { position, key, .. } in forged {
            verifier.found(Problem::Forged { position, key });
        }
        verifier
    }

    /// Links in the order of their positions; records without one at any time.
    pub fn take(&mut self, line: &Line) {
        let is_own = line.system == self.verdict.system
            && line.org == self.verdict.org
            && line.record.as_ref().is_none_or(|record| record.org_id == line.org);
        if !is_own {
            return self.found(Problem::Foreign { org: line.org });
        }
        match (&line.link, &line.record) {
            (Some(link), record) => self.take_link(*link, record.as_ref()),
            (None, Some(record)) => {
                self.verdict.unsealed += 1;
                let oldest = self.verdict.oldest_unsealed.map_or(record.at, |oldest| oldest.min(record.at));
                self.verdict.oldest_unsealed = Some(oldest);
            }
            (None, None) => {}
        }
    }

    fn take_link(&mut self, link: Link, record: Option<&AuditRecord>) {
        let Link { position, record_id, hash } = link;
        if position != self.head.position + 1 {
            self.found(Problem::Gap { from: self.head.position + 1, to: position - 1 });
            self.is_joined = false;
        }
        match record {
            None => self.found(Problem::Missing { position, record_id }),
            Some(record) if record.id != record_id => self.found(Problem::Altered { position, record_id }),
            Some(record) => {
                let expected = link_hash(&self.verdict.system, position, self.head.hash, record);
                if self.is_joined && expected != hash {
                    self.found(Problem::Altered { position, record_id });
                }
            }
        }
        self.verdict.sealed += 1;
        self.head = Head { position, hash };
        self.is_joined = true;
        self.meet_checkpoints();
    }

    fn meet_checkpoints(&mut self) {
        while let Some(checkpoint) = self.ahead.pop_if(|checkpoint| checkpoint.position <= self.head.position) {
            // What lies in a gap is told as one.
            if checkpoint.position == self.head.position && checkpoint.hash != self.head.hash {
                self.found(Problem::Rewritten { position: checkpoint.position, at: checkpoint.at });
            }
        }
    }

    /// After the last line.
    pub fn finish(mut self) -> Verdict {
        if let Some(newest) = self.ahead.first() {
            let (ends_at, seen_at, at) = (self.head.position, newest.position, newest.at);
            self.found(Problem::Truncated { ends_at, seen_at, at });
        }
        if let (Some(oldest), Some((_, at))) = (self.verdict.oldest_unsealed, self.verdict.checkpointed)
            && at - oldest > LATE
        {
            self.found(Problem::LeftOut { oldest, at });
        }
        self.verdict
    }

    fn found(&mut self, problem: Problem) {
        self.verdict.intact = false;
        self.verdict.problem_count += 1;
        if self.verdict.problems.len() < TOLD {
            self.verdict.problems.push(problem);
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Self::Altered { position, record_id } => write!(f, "position {position}: record {record_id} or its link was altered"),
            Self::Missing { position, record_id } => write!(f, "position {position}: record {record_id} is missing"),
            Self::Gap { from, to } if from == to => write!(f, "position {from}: the link is missing"),
            Self::Gap { from, to } if from > to => write!(f, "position {from}: the links are out of order"),
            Self::Gap { from, to } => write!(f, "positions {from} to {to}: the links are missing"),
            Self::Truncated { ends_at, seen_at, at } => {
                write!(f, "the chain ends at position {ends_at}, but reached {seen_at} by {}", time(at))
            }
            Self::Rewritten { position, at } => {
                write!(f, "position {position}: the chain is not the one of the checkpoint of {}", time(at))
            }
            Self::Forged { position, key } => {
                write!(f, "the checkpoint of position {position} is not signed by key {key}, or that key is not known")
            }
            Self::LeftOut { oldest, at } => {
                write!(f, "a record of {} has no place in the chain, though a checkpoint was made at {}", time(oldest), time(at))
            }
            Self::Foreign { org } => write!(f, "a line belongs to another chain, of {org}"),
        }
    }
}

#[cfg(test)]
mod tests;
