//! What is kept for a time goes after it, and not before.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::{jobs::NewJob, meter::sampling::Sampler, prune};
use streamflow_proto::client::v1::{
    self as pb, client_error_service_client::ClientErrorServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{on_both, person::request, world::World};

const TABLES: [&str; 11] = [
    "client_errors",
    "federation_nonces",
    "idempotency",
    "jobs",
    "known_devices",
    "lockouts",
    "mail_outbox",
    "metric_samples",
    "rate_limits",
    "sessions",
    "totp_steps",
];

#[derive(FromQueryResult)]
struct Count {
    rows: i64,
}

/// Which tables have rows left.
async fn left(world: &World) -> Vec<&'static str> {
    let db = world.kernel.database.system_read().await.unwrap();
    let mut left = BTreeMap::new();
    for table in TABLES {
        let counts: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS rows FROM {table}"), vec![]).await.unwrap();
        left.insert(table, counts[0].rows);
    }
    left.into_iter().filter(|(_, rows)| *rows > 0).map(|(table, _)| table).collect()
}

async fn prune(world: &World) -> u64 {
    prune::prune(&world.kernel.database, world.now()).await.unwrap()
}

/// A job that was done, and one that was given up.
async fn put_jobs(world: &World) {
    let db = world.kernel.database.system().await.unwrap();
    for state in ["done", "dead"] {
        let id = world.kernel.jobs.put(&db, None, NewJob::new("test_work")).await.unwrap().unwrap();
        let sql = "UPDATE jobs SET state = ?, finished_at = ? WHERE id = ?";
        db.execute(sql, vec![state.into(), world.now().into(), id.into()]).await.unwrap();
    }
    db.commit().await.unwrap();
}

async fn jobs_left(world: &World) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    db.query::<Count>("SELECT COUNT(*) AS rows FROM jobs", vec![]).await.unwrap()[0].rows
}

on_both! {
    async fn each_thing_goes_after_its_time(world) {
        let owner = world.company("Harrow & Pike").await;
        owner.hire(&world, pb::Role::Staff, "").await;
        let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        TeamServiceClient::new(world.channel.clone()).create_team(owner.once("key-0020", team)).await.unwrap();
        let wrong = pb::SignInRequest { email: owner.email.clone(), password: "not the right one".into(), return_token: true };
        SessionServiceClient::new(world.channel.clone()).sign_in(request(wrong, None)).await.unwrap_err();
        let failure = pb::LogClientErrorRequest { message: "it broke".into(), ..Default::default() };
        ClientErrorServiceClient::new(world.channel.clone()).log_client_error(request(failure, None)).await.unwrap();
        let ledger = world.kernel.federation.ledger();
        assert!(ledger.use_nonce("dev", "k1", "AAAAAAAAAAAAAAAAAAAAAA", world.now()).await.unwrap());

        put_jobs(&world).await;
        Sampler::new(Arc::clone(&world.kernel)).sample().await.unwrap();
        assert_eq!(prune(&world).await, 0);
        assert_eq!(left(&world).await, TABLES);
        for (days, remain, jobs) in [
            (14, &["client_errors", "idempotency", "jobs", "known_devices", "mail_outbox", "metric_samples"][..], 1),
            (2, &["client_errors", "jobs", "known_devices", "mail_outbox"], 1),
            (15, &["client_errors", "jobs", "known_devices"], 1),
            (60, &["known_devices"], 0),
            (90, &[], 0),
        ] {
            world.pass(TimeDelta::days(days));
            assert!(prune(&world).await > 0);
            assert_eq!((left(&world).await, jobs_left(&world).await), (remain.to_vec(), jobs), "{days} days later");
        }
    }

    async fn more_than_a_batch_goes_too(world) {
        let db = world.kernel.database.system().await.unwrap();
        for n in 0..1_201 {
            let sql = "INSERT INTO lockouts (key, failures, locked_until, last_failure) VALUES (?, 1, 0, 0)";
            db.execute(sql, vec![format!("somebody {n}").into()]).await.unwrap();
        }
        db.commit().await.unwrap();
        assert_eq!(prune(&world).await, 1_201);
    }
}
