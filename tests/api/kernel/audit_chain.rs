//! The audit's chains: records get their place, checkpoints follow, and what is changed by hand is named with its place.

use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use streamflow_kernel::{
    audit::{
        checkpoint::{self, Checkpoints},
        trail,
        verify::{Line, Problem, Verdict, Verifier},
    },
    crypto::{MasterKeys, PublicKey},
    db::{Backend, NO_ORG},
    ids,
};
use streamflow_migrations::System;
use streamflow_proto::client::v1::{
    self as pb, session_service_client::SessionServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    on_both,
    operator::Desk,
    person::{Person, request},
    postgres, sql,
    world::World,
};
use uuid::Uuid;

fn org_of(person: &Person) -> Uuid {
    ids::parse(ids::prefix::ORG, &person.org_id).unwrap()
}

async fn make_teams(world: &World, by: &Person, names: std::ops::Range<u32>) {
    for n in names {
        let team = pb::Team { name: format!("Team {n}"), ..Default::default() };
        let create = by.ask(pb::CreateTeamRequest { team: Some(team) });
        TeamServiceClient::new(world.channel.clone()).create_team(create).await.unwrap();
    }
}

fn file(world: &World) -> PathBuf {
    checkpoint::file_of(&world.folder.path().join("checkpoints"), "client")
}

fn checkpoints(world: &World) -> Checkpoints {
    let mut checkpoints = Checkpoints::default();
    checkpoints.read(&file(world)).unwrap();
    checkpoints
}

async fn lines(world: &World, org: Uuid) -> Vec<Line> {
    let mut lines = Vec::new();
    let walked = trail::walk(&world.kernel.database, "client", org, |line| {
        lines.push(line);
        Ok(())
    });
    walked.await.unwrap();
    lines
}

async fn verdict(world: &World, org: Uuid) -> Verdict {
    let masters = MasterKeys::load_or_create(&world.folder.path().join("master.key")).unwrap();
    let keys = PublicKey::all(&masters, checkpoint::PURPOSE);
    let mut verifier = Verifier::new("client", org, &checkpoints(world), &keys);
    lines(world, org).await.iter().for_each(|line| verifier.take(line));
    verifier.finish()
}

/// The verdict once everything is sealed.
async fn sealed(world: &World, org: Uuid) -> Verdict {
    for _ in 0..600 {
        let verdict = verdict(world, org).await;
        if verdict.unsealed == 0 && verdict.sealed > 0 {
            return verdict;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the audit is not sealed");
}

/// The verdict once a checkpoint has seen the end of the chain.
async fn checkpointed(world: &World, org: Uuid) -> Verdict {
    let end = i64::try_from(sealed(world, org).await.sealed).unwrap();
    world.pass(TimeDelta::seconds(60));
    for _ in 0..600 {
        if checkpoints(world).of("client", org).any(|checkpoint| checkpoint.position == end) {
            return verdict(world, org).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("there is no checkpoint");
}

/// Somebody with all rights on the database.
async fn intruder(world: &World) -> DatabaseConnection {
    let Some(url) = &world.superuser_url else {
        let path = world.folder.path().join("client.db");
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rw", path.display()));
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        for trigger in ["audit_no_update", "audit_no_delete", "audit_chain_no_update", "audit_chain_no_delete"] {
            db.execute_unprepared(&format!("DROP TRIGGER {trigger}")).await.unwrap();
        }
        return db;
    };
    let db = postgres::superuser(url).await;
    db.execute_unprepared("SET search_path = client").await.unwrap();
    db
}

/// A condition on one record in SQL of either database.
fn is_record(world: &World, column: &str, id: Uuid) -> String {
    match world.backend {
        Backend::Postgres => format!("{column} = '{id}'"),
        Backend::Sqlite => format!("{column} = x'{}'", id.simple()),
    }
}

on_both! {
    async fn records_of_all_companies_get_their_places_and_checkpoints(world) {
        let (one, other) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        make_teams(&world, &one, 0..5).await;
        make_teams(&world, &other, 0..2).await;
        let stranger = pb::SignInRequest { email: "nobody@example.com".into(), password: "x".into(), return_token: true };
        SessionServiceClient::new(world.channel.clone()).sign_in(request(stranger, None)).await.unwrap_err();
        for org in [org_of(&one), org_of(&other), NO_ORG] {
            let verdict = checkpointed(&world, org).await;
            assert!(verdict.intact && verdict.checkpoints > 0, "{verdict:?}");
            assert_eq!(verdict.checkpointed.unwrap().0, i64::try_from(verdict.sealed).unwrap());
        }
        make_teams(&world, &one, 5..9).await;
        let verdict = sealed(&world, org_of(&one)).await;
        assert!(verdict.intact && verdict.sealed > 9, "{verdict:?}");
        assert!(trail::orgs(&world.kernel.database).await.unwrap().contains(&NO_ORG));
    }

    async fn two_servers_make_one_chain(world) {
        let owner = world.company("Harrow & Pike").await;
        let twin = world.twin().await;
        for n in 0..6 {
            make_teams(&world, &owner, n..n + 1).await;
            make_teams(&twin, &owner, 100 + n..101 + n).await;
            // Past the lease, so that both take turns.
            world.pass(TimeDelta::seconds(4));
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        let verdict = checkpointed(&world, org_of(&owner)).await;
        assert!(verdict.intact && verdict.sealed > 12, "{verdict:?}");
    }

    async fn what_is_changed_by_hand_is_named_with_its_place(world) {
        let owner = world.company("Harrow & Pike").await;
        let org = org_of(&owner);
        make_teams(&world, &owner, 0..6).await;
        let whole = checkpointed(&world, org).await;
        assert!(whole.intact, "{whole:?}");
        let links: Vec<_> = lines(&world, org).await.into_iter().filter_map(|line| line.link).collect();
        let db = intruder(&world).await;
        let (altered, missing) = (links[1], links[3]);
        let sql = format!("UPDATE audit SET outcome = 'NOT_FOUND' WHERE {}", is_record(&world, "id", altered.record_id));
        db.execute_unprepared(&sql).await.unwrap();
        db.execute_unprepared(&format!("DELETE FROM audit WHERE {}", is_record(&world, "id", missing.record_id))).await.unwrap();
        let verdict = verdict(&world, org).await;
        let expected = [
            Problem::Altered { position: 2, record_id: altered.record_id },
            Problem::Missing { position: 4, record_id: missing.record_id },
        ];
        assert_eq!((verdict.intact, verdict.problems.as_slice()), (false, expected.as_slice()));
    }

    async fn a_cut_chain_is_noticed(world) {
        let owner = world.company("Harrow & Pike").await;
        let org = org_of(&owner);
        make_teams(&world, &owner, 0..3).await;
        let before = checkpointed(&world, org).await;
        let last = lines(&world, org).await.into_iter().filter_map(|line| line.link).next_back().unwrap();
        let db = intruder(&world).await;
        for (table, column) in [("audit", "id"), ("audit_chain", "record_id")] {
            let sql = format!("DELETE FROM {table} WHERE {}", is_record(&world, column, last.record_id));
            db.execute_unprepared(&sql).await.unwrap();
        }
        let cut = verdict(&world, org).await;
        let (ends_at, seen_at, at) = (last.position - 1, last.position, before.checkpointed.unwrap().1);
        assert_eq!(cut.problems, [Problem::Truncated { ends_at, seen_at, at }]);
    }

    async fn places_are_found_also_when_the_database_counts_from_the_beginning(world) {
        let owner = world.company("Harrow & Pike").await;
        let org = org_of(&owner);
        make_teams(&world, &owner, 0..2).await;
        let before = sealed(&world, org).await.sealed;
        let db = intruder(&world).await;
        db.execute_unprepared("UPDATE audit_sealer SET sealed_below = 4000000000000").await.unwrap();
        make_teams(&world, &owner, 2..4).await;
        let after = sealed(&world, org).await;
        assert!(after.intact && after.sealed == before + 2, "{after:?}");
    }

    async fn nobody_changes_or_removes_a_record_or_a_link(world) {
        let owner = world.company("Harrow & Pike").await;
        sealed(&world, org_of(&owner)).await;
        for sql in ["UPDATE audit SET path = ''", "DELETE FROM audit", "UPDATE audit_chain SET position = 1", "DELETE FROM audit_chain"] {
            assert!(sql::execute(&world.kernel.database, sql, vec![]).await.is_err(), "{sql}");
            let db = world.kernel.database.system().await.unwrap();
            assert!(db.execute(sql, vec![]).await.is_err(), "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operators_system_has_its_chain_too() {
    let desk = Desk::start(System::Provider).await;
    let folder = desk.folder.path().join("checkpoints");
    let sealing = desk.kernel.seal_audit(folder.clone());
    let me = "/streamflow.provider.v1.SessionService/Me";
    streamflow_tests::raw::call(&desk.channel, desk.space, Some("guessed"), me, Vec::new()).await;
    // The end of a server seals what is left and signs it.
    sealing.finish().await;
    let mut checkpoints = Checkpoints::default();
    checkpoints.read(&checkpoint::file_of(&folder, "provider")).unwrap();
    let masters = MasterKeys::load_or_create(&desk.folder.path().join("master.key")).unwrap();
    let keys = PublicKey::all(&masters, checkpoint::PURPOSE);
    let mut verifier = Verifier::new("provider", NO_ORG, &checkpoints, &keys);
    let walked = trail::walk(&desk.kernel.database, "provider", NO_ORG, |line| {
        verifier.take(&line);
        Ok(())
    });
    walked.await.unwrap();
    let verdict = verifier.finish();
    assert!(verdict.intact, "{verdict:?}");
    assert_eq!((verdict.sealed, verdict.unsealed, verdict.checkpointed.unwrap().0), (1, 0, 1));
}
