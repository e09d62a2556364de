//! What needs a look in a system, in plain words.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use streamflow_kernel::tls::certificate::Standing;
use streamflow_proto::federation::v1 as federation;
use tonic::{Code, Status};

/// Whoever waits longer for work that is due waits too long.
const LATE_SECONDS: i64 = 300;
/// Clocks further apart are soon too far apart for signed calls, which allow two minutes.
const SKEW_SECONDS: i64 = 30;
const DAY_SECONDS: i64 = 86_400;

/// Everything that needs a look; empty for a system that works.
pub fn problems(answer: &federation::GetHealthResponse, now: DateTime<Utc>) -> Vec<String> {
    let mut problems: Vec<String> =
        answer.parts.iter().filter(|part| !part.healthy).map(|part| format!("{}: {}", part.name, part.detail)).collect();
    if let Some(database) = &answer.database {
        match database.migrations_applied - database.migrations_known {
            0 => {}
            newer @ 1.. => problems.push(format!("{newer} migrations of a newer version have run")),
            _ => problems.push(format!("{} migrations have not run", pending(database))),
        }
    }
    // By its own clock, which its times are of.
    let now = clock(answer.at, now);
    let waits = |at: Option<&Timestamp>| at.map_or(0, |at| now.timestamp() - at.seconds);
    if let Some(jobs) = &answer.jobs {
        if jobs.dead > 0 {
            problems.push(format!("{} dead letters wait for a person", jobs.dead));
        }
        if waits(jobs.oldest_due_at.as_ref()) > LATE_SECONDS {
            problems.push("background work waits for minutes".to_owned());
        }
    }
    if let Some(mails) = &answer.mails {
        if !mails.delivering {
            problems.push("no mail is delivered: the task has ended".to_owned());
        }
        if mails.given_up > 0 {
            problems.push(format!("{} mails were given up this week", mails.given_up));
        }
        if waits(mails.oldest_due_at.as_ref()) > LATE_SECONDS {
            problems.push("mails wait for minutes".to_owned());
        }
    }
    for peer in &answer.peers {
        if peer.keys_out.is_empty() || peer.keys_in.is_empty() {
            problems.push(format!("there is no key for calls with {}", peer.name));
        }
        if peer.clock_offset_seconds.abs() > SKEW_SECONDS {
            problems.push(format!("the clock of {} is {} s off", peer.name, peer.clock_offset_seconds));
        }
    }
    problems.extend(answer.certificates.iter().filter_map(|certificate| ending(certificate, now)));
    problems
}

/// What the clock of a system says, which its times are of.
pub fn clock(at: Option<Timestamp>, ours: DateTime<Utc>) -> DateTime<Utc> {
    at.and_then(moment).unwrap_or(ours)
}

fn moment(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at.seconds, at.nanos.try_into().ok()?)
}

/// How a certificate stands; one whose days can't be read is good for none.
pub fn standing(certificate: &federation::CertificateHealth, now: DateTime<Utc>) -> Standing {
    let days = certificate.not_before.and_then(moment).zip(certificate.not_after.and_then(moment));
    days.map_or(Standing::Expired, |(from, until)| Standing::of(from, until, now))
}

fn ending(certificate: &federation::CertificateHealth, now: DateTime<Utc>) -> Option<String> {
    let whose: &str = if certificate.peer.is_empty() { "its listener" } else { &certificate.peer };
    let left = certificate.not_after.map_or(0, |at| at.seconds - now.timestamp()) / DAY_SECONDS;
    let ends = if left == 0 { "within a day".to_owned() } else { format!("in {left} d") };
    Some(match standing(certificate, now) {
        Standing::Good => return None,
        Standing::Ending => format!("the certificate of {whose} ends {ends}"),
        Standing::Urgent => format!("the certificate of {whose} ends {ends}: renew it now"),
        Standing::Expired => format!("the certificate of {whose} has expired"),
        Standing::NotYet => format!("the certificate of {whose} is not valid yet"),
    })
}

pub fn pending(database: &federation::DatabaseHealth) -> i32 {
    (database.migrations_known - database.migrations_applied).max(0)
}

/// Why there is no answer.
pub fn why_down(status: &Status) -> String {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded => status.message().to_owned(),
        Code::Unauthenticated => "It refuses our calls: keys or clocks don't fit.".to_owned(),
        Code::ResourceExhausted => "It is asked too often right now.".to_owned(),
        _ => "It answered, and not how it is; its log says why.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn working() -> federation::GetHealthResponse {
        let key = || vec![federation::KeyHealth { id: "k".into(), created_at: None }];
        federation::GetHealthResponse {
            database: Some(federation::DatabaseHealth { migrations_applied: 9, migrations_known: 9, ..Default::default() }),
            jobs: Some(federation::JobHealth::default()),
            mails: Some(federation::MailHealth { delivering: true, ..Default::default() }),
            peers: vec![federation::PeerHealth { keys_out: key(), keys_in: key(), ..Default::default() }],
            ..Default::default()
        }
    }

    #[test]
    fn each_problem_is_told_and_nothing_else() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let ago = |seconds: i64| Some(Timestamp { seconds: 1_000_000 - seconds, nanos: 0 });
        assert_eq!(problems(&working(), now), Vec::<String>::new());
        let mut bad = working();
        bad.parts.push(federation::PartHealth { name: "Change feed".into(), healthy: false, detail: "read 9 s ago".into() });
        bad.database.as_mut().unwrap().migrations_applied = 7;
        bad.jobs = Some(federation::JobHealth { dead: 2, oldest_due_at: ago(400), ..Default::default() });
        bad.mails = Some(federation::MailHealth { given_up: 1, oldest_due_at: ago(10), ..Default::default() });
        bad.peers[0].keys_in.clear();
        bad.peers[0].clock_offset_seconds = -40;
        let told = problems(&bad, now);
        assert_eq!(told.len(), 8, "{told:?}");
        assert_eq!((told[0].as_str(), told[1].as_str()), ("Change feed: read 9 s ago", "2 migrations have not run"));
        // Times are of its own clock, wherever ours is.
        bad.at = ago(390);
        assert!(!problems(&bad, now).contains(&"background work waits for minutes".to_owned()));
        bad.database.as_mut().unwrap().migrations_applied = 10;
        assert_eq!(problems(&bad, now)[1], "1 migrations of a newer version have run");
    }

    #[test]
    fn certificates_are_told_of_before_they_end() {
        let now = DateTime::from_timestamp(100_000_000, 0).unwrap();
        let at = |days: i64| Some(Timestamp { seconds: 100_000_000 + days * DAY_SECONDS, nanos: 0 });
        let told = |peer: &str, from, until| {
            let certificate = federation::CertificateHealth {
                peer: peer.into(),
                not_before: at(from),
                not_after: at(until),
                ..Default::default()
            };
            problems(&federation::GetHealthResponse { certificates: vec![certificate], ..working() }, now)
        };
        assert!(told("", -60, 31).is_empty());
        assert_eq!(told("", -60, 30), ["the certificate of its listener ends in 30 d"]);
        assert_eq!(told("client", -60, 7), ["the certificate of client ends in 7 d: renew it now"]);
        assert_eq!(told("client", -60, 0), ["the certificate of client ends within a day: renew it now"]);
        assert_eq!(told("client", -60, -1), ["the certificate of client has expired"]);
        assert_eq!(told("", 1, 60), ["the certificate of its listener is not valid yet"]);
    }
}
