//! What needs a look in a system, in plain words.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use streamflow_proto::federation::v1 as federation;
use tonic::{Code, Status};

/// Whoever waits longer for work that is due waits too long.
const LATE_SECONDS: i64 = 300;
/// Clocks further apart are soon too far apart for signed calls, which allow two minutes.
const SKEW_SECONDS: i64 = 30;

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
    let now = answer.at.map_or(now.timestamp(), |at| at.seconds);
    let waits = |at: Option<&Timestamp>| at.map_or(0, |at| now - at.seconds);
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
    problems
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
}
