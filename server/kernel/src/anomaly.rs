//! Anomalies: patterns of refused requests that people don't make by mistake. Once a minute the detector reads what the audit kept of
//! late, and keeps one open row per company, rule and subject, which counts up until somebody has acknowledged it.
//!
//! | room | holds |
//! |---|---|
//! | `rules` | what counts as an anomaly: pure, with the thresholds |
//! | `store` | the audit as the rules read it, and the rows |
//! | `page` | the rows as people see and acknowledge them |
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

pub mod page;
pub mod rules;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    db::{NO_ORG, SystemDb},
    error::Result,
    feed::{Actor, Audience, Change, Op},
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

use self::rules::{Finding, Rule, Signal};

/// Tells people of what is new, in the transaction of its rows.
#[async_trait]
pub trait Alarm: Send + Sync {
    async fn opened(&self, kernel: &Kernel, db: &SystemDb, org: Uuid, findings: &[&Finding]) -> Result<()>;
}

/// The work that looks for anomalies. Usually what concerns no company is for the system's own people to acknowledge.
#[derive(Default)]
pub struct Detect {
    /// Of a system of companies, whose people never see what concerns no company.
    alarm: Option<Arc<dyn Alarm>>,
}

impl Detect {
    /// For a system of companies: their people are told.
    pub fn telling(alarm: Arc<dyn Alarm>) -> Self {
        Self { alarm: Some(alarm) }
    }

    /// Looks once. Returns how many anomalies were opened, and how many counted up.
    pub async fn look(&self, kernel: &Kernel) -> Result<(usize, usize)> {
        let now = kernel.clock.now();
        if self.alarm.is_some() {
            let db = kernel.database.system().await?;
            store::close_quiet(&db, now).await?;
            db.commit().await?;
        }
        let found = find(kernel, now).await?;
        if found.is_empty() {
            return Ok((0, 0));
        }
        let db = kernel.database.system().await?;
        let (mut opened, mut counted) = (Vec::new(), 0);
        for finding in &found {
            let (id, op) = match finding.open {
                Some(id) if store::count_up(&db, id, finding).await? => {
                    counted += 1;
                    (id, Op::Updated)
                }
                None => {
                    let id = kernel.ids.uuid();
                    if !store::open(&db, id, finding).await? {
                        continue;
                    }
                    make_room(kernel, &db, id, finding).await?;
                    opened.push(finding);
                    (id, Op::Created)
                }
                // Acknowledged meanwhile: what came since is looked at anew next time.
                Some(_) => continue,
            };
            announce(&db, finding.org_id, id, op, now).await?;
        }
        self.tell(kernel, &db, &opened).await?;
        db.commit().await?;
        for finding in &opened {
            let (space, rule) = (kernel.portal.space, finding.rule.as_str());
            metrics::counter!("anomalies_opened_total", "space" => space, "rule" => rule).increment(1);
            tracing::warn!(space, rule, org_id = %finding.org_id, subject = finding.subject.key(), "an anomaly");
        }
        Ok((opened.len(), counted))
    }

    async fn tell(&self, kernel: &Kernel, db: &SystemDb, opened: &[&Finding]) -> Result<()> {
        let Some(alarm) = &self.alarm else { return Ok(()) };
        let mut orgs: Vec<Uuid> = opened.iter().map(|finding| finding.org_id).filter(|org| *org != NO_ORG).collect();
        orgs.sort_unstable();
        orgs.dedup();
        for org in orgs {
            let own: Vec<&Finding> = opened.iter().copied().filter(|finding| finding.org_id == org).collect();
            alarm.opened(kernel, db, org, &own).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Work for Detect {
    fn kind(&self) -> &'static str {
        "detect_anomalies"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::minutes(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let (opened, counted) = self.look(kernel).await?;
        Ok(format!("{opened} opened, {counted} counted up"))
    }
}

/// What all rules find now. Each signal is read on its own, so that a flood of one hides no other.
async fn find(kernel: &Kernel, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let db = kernel.database.system_read().await?;
    let known = store::known(&db, now).await?;
    let mut found = Vec::new();
    for signal in Signal::ALL {
        let events = store::events(&db, signal, now).await?;
        for rule in Rule::ALL.into_iter().filter(|rule| rule.signal() == signal) {
            found.extend(rules::findings(rule, &events, &known));
        }
    }
    Ok(found)
}

/// Nobody has looked at so many: the quietest close by themselves, so that what is new is seen.
async fn make_room(kernel: &Kernel, db: &SystemDb, opened: Uuid, finding: &Finding) -> Result<()> {
    let now = kernel.clock.now();
    for closed in store::close_beyond(db, opened, finding, now).await? {
        let (space, rule) = (kernel.portal.space, finding.rule.as_str());
        metrics::counter!("anomalies_closed_unseen_total", "space" => space, "rule" => rule).increment(1);
        announce(db, finding.org_id, closed, Op::Updated, now).await?;
    }
    Ok(())
}

/// Open pages follow; owners and managers hear of it.
async fn announce(db: &SystemDb, org: Uuid, id: Uuid, op: Op, at: DateTime<Utc>) -> Result<()> {
    if org == NO_ORG {
        return Ok(());
    }
    let actor = Actor { id: None, name: String::new(), at };
    db.append_changes(org, &actor, &[change(id, 1, op)]).await
}

/// What pages hear of an anomaly.
pub const fn change(id: Uuid, version: i64, op: Op) -> Change {
    let audience = Audience::people(None, None, None);
    Change { entity: "anomaly", id, version, op, fields: Vec::new(), audience }
}
