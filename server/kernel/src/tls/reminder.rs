//! What is told of certificates while nobody looks: a metric of their ends always, and once a day a line in the log for each that
//! needs a look.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::certificate::{Certificate, Standing, written};

const PAUSE: TimeDelta = TimeDelta::days(1);

#[derive(Debug, Default)]
pub struct Reminder {
    /// When each was told, by fingerprint.
    told: HashMap<String, DateTime<Utc>>,
}

impl Reminder {
    /// Looks at certificates, each with the name of the system that shows it, empty for this process.
    pub fn look<'a>(&mut self, certificates: impl IntoIterator<Item = &'a (&'static str, Certificate)>, now: DateTime<Utc>) {
        for (shown_by, certificate) in certificates {
            let shown_by = if shown_by.is_empty() { "this process" } else { *shown_by };
            metrics::gauge!("certificate_expires_seconds", "shown_by" => shown_by).set(certificate.not_after.timestamp() as f64);
            if !self.is_due(certificate, now) {
                continue;
            }
            let (owner, until) = (certificate.owner(), written(certificate.not_after));
            match certificate.standing(now) {
                Standing::Ending | Standing::Urgent => {
                    tracing::warn!(target: "streamflow", shown_by, owner, until, "a certificate of calls between systems ends soon");
                }
                _ => {
                    let from = written(certificate.not_before);
                    tracing::warn!(target: "streamflow", shown_by, owner, from, until, "a certificate of calls between systems is not valid");
                }
            }
        }
    }

    /// Whether to tell of it now.
    fn is_due(&mut self, certificate: &Certificate, now: DateTime<Utc>) -> bool {
        // Clocks may be set back.
        self.told.retain(|_, told| (now - *told).abs() < PAUSE);
        if certificate.standing(now) == Standing::Good || self.told.contains_key(&certificate.fingerprint) {
            return false;
        }
        self.told.insert(certificate.fingerprint.clone(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_ends_is_told_once_a_day() {
        let now = DateTime::from_timestamp(1_764_181_200, 0).unwrap();
        let ending = |fingerprint: &str, days| Certificate {
            subject: String::new(),
            names: vec!["north.internal".to_owned()],
            not_before: now - TimeDelta::days(60),
            not_after: now + TimeDelta::days(days),
            fingerprint: fingerprint.to_owned(),
        };
        let mut reminder = Reminder::default();
        assert!(!reminder.is_due(&ending("a", 40), now));
        assert!(reminder.is_due(&ending("b", 29), now));
        assert!(reminder.is_due(&ending("c", -1), now));
        assert!(!reminder.is_due(&ending("b", 29), now + TimeDelta::hours(23)));
        assert!(reminder.is_due(&ending("b", 29), now + TimeDelta::hours(24)));
        assert!(reminder.is_due(&ending("a", 40), now + TimeDelta::days(10)));
    }
}
