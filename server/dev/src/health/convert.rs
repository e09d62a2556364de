//! What a system says of itself, in this portal's messages.

use chrono::{DateTime, Utc};
use streamflow_kernel::tls::certificate::Standing;
use streamflow_proto::{dev::v1 as pb, federation::v1 as federation};

use super::domain;

/// A system that answered; where it is and how long it took is for the caller to add.
pub fn system(answer: federation::GetHealthResponse, now: DateTime<Utc>) -> pb::SystemHealth {
    let problems = domain::problems(&answer, now);
    let state = if problems.is_empty() { pb::SystemState::Working } else { pb::SystemState::Impaired };
    pb::SystemHealth {
        name: answer.system,
        state: state.into(),
        problems,
        version: answer.version,
        started_at: answer.started_at,
        database: answer.database.map(database),
        feed: answer.feed.map(|feed| pb::FeedHealth { read_ago_millis: feed.read_ago_millis, position: feed.position }),
        jobs: answer.jobs.map(|jobs| pb::JobHealth {
            waiting: jobs.waiting,
            retrying: jobs.retrying,
            running: jobs.running,
            dead: jobs.dead,
            done: jobs.done,
            oldest_due_at: jobs.oldest_due_at,
        }),
        mails: answer.mails.map(|mails| pb::MailHealth {
            waiting: mails.waiting,
            retrying: mails.retrying,
            given_up: mails.given_up,
            sent: mails.sent,
            oldest_due_at: mails.oldest_due_at,
            delivering: mails.delivering,
        }),
        listeners: answer
            .listeners
            .into_iter()
            .map(|one| pb::ListenerHealth { name: one.name, address: one.address, since: one.since })
            .collect(),
        peers: answer.peers.into_iter().map(peer).collect(),
        certificates: answer.certificates.into_iter().map(|one| certificate(one, domain::clock(answer.at, now))).collect(),
        at: answer.at,
        ..pb::SystemHealth::default()
    }
}

fn database(database: federation::DatabaseHealth) -> pb::DatabaseHealth {
    pb::DatabaseHealth {
        migrations_pending: domain::pending(&database),
        kind: database.kind,
        reachable: database.reachable,
        latency_micros: database.latency_micros,
        migrations_applied: database.migrations_applied,
        newest_migration: database.newest_migration,
    }
}

fn peer(peer: federation::PeerHealth) -> pb::PeerHealth {
    let key = |key: federation::KeyHealth| pb::KeyHealth { id: key.id, created_at: key.created_at };
    pb::PeerHealth {
        name: peer.name,
        place: peer.place,
        keys_out: peer.keys_out.into_iter().map(key).collect(),
        keys_in: peer.keys_in.into_iter().map(key).collect(),
        last_seen_at: peer.last_seen_at,
        last_answer_at: peer.last_answer_at,
        refused: peer.refused,
        last_refused_at: peer.last_refused_at,
        last_refusal: peer.last_refusal,
        clock_offset_seconds: peer.clock_offset_seconds,
        unencrypted: peer.unencrypted,
    }
}

fn certificate(certificate: federation::CertificateHealth, now: DateTime<Utc>) -> pb::CertificateHealth {
    let state = match domain::standing(&certificate, now) {
        Standing::Good => pb::CertificateState::Good,
        Standing::Ending => pb::CertificateState::Ending,
        Standing::Urgent => pb::CertificateState::Urgent,
        Standing::Expired => pb::CertificateState::Expired,
        Standing::NotYet => pb::CertificateState::NotYetValid,
    };
    pb::CertificateHealth {
        peer: certificate.peer,
        state: state.into(),
        subject: certificate.subject,
        names: certificate.names,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        fingerprint: certificate.fingerprint,
    }
}
