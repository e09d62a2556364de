//! What is kept for a time goes after it, and not before.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::prune::prune_when_due;
use streamflow_proto::client::v1::{
    self as pb, client_error_service_client::ClientErrorServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{on_both, person::request, world::World};

const TABLES: [&str; 9] = [
    "client_errors",
    "federation_nonces",
    "idempotency",
    "known_devices",
    "lockouts",
    "mail_outbox",
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

async fn prune(world: &World) -> Option<u64> {
    prune_when_due(&world.kernel.database, world.now()).await.unwrap()
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

        assert_eq!(prune(&world).await, Some(0));
        assert_eq!(left(&world).await, TABLES);
        // Nobody does it twice within the hour, in whatever process.
        world.pass(TimeDelta::minutes(59));
        let twin = world.twin().await;
        assert_eq!((prune(&world).await, prune(&twin).await), (None, None));
        for (days, remain) in [
            (14, &["client_errors", "idempotency", "known_devices", "mail_outbox"][..]),
            (2, &["client_errors", "known_devices", "mail_outbox"]),
            (15, &["client_errors", "known_devices"]),
            (60, &["known_devices"]),
            (90, &[]),
        ] {
            world.pass(TimeDelta::days(days));
            assert!(prune(&twin).await.is_some());
            assert_eq!(prune(&world).await, None);
            assert_eq!(left(&world).await, remain, "{days} days later");
        }
    }

    async fn more_than_a_batch_goes_too(world) {
        let db = world.kernel.database.system().await.unwrap();
        for n in 0..1_201 {
            let sql = "INSERT INTO lockouts (key, failures, locked_until, last_failure) VALUES (?, 1, 0, 0)";
            db.execute(sql, vec![format!("somebody {n}").into()]).await.unwrap();
        }
        db.commit().await.unwrap();
        assert_eq!(prune(&world).await, Some(1_201));
    }
}
