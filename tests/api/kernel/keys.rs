//! Keys: a company's that is destroyed is soon gone from every process, whether or not anybody tells it; another master key takes over
//! while servers run.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use streamflow_kernel::{
    crypto::{self, FieldRef, KeyFile},
    db::{NO_ORG, Scope},
    error::Error,
    feed::Actor,
    ids::{self, prefix},
    kernel::Kernel,
    master_keys::{self, Known, Rewrapped},
};
use streamflow_migrations::System;
use streamflow_tests::{
    on_both, sql,
    world::{self, Setup, World},
};
use tempfile::TempDir;
use uuid::Uuid;

on_both! {
    async fn another_process_forgets_a_destroyed_key(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        let org = ids::parse(prefix::ORG, &owner.org_id).unwrap();
        let place = |org| FieldRef { org, table: "test", column: "test", row: Uuid::nil() };
        let sealed = crypto::encrypt(&world.kernel.keys.current(org).await.unwrap(), place(org), b"words");
        let key = twin.kernel.keys.of(org, &sealed).await.unwrap();
        assert_eq!(&**crypto::decrypt(&key, place(org), &sealed).unwrap(), b"words");

        let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.unwrap();
        tx.execute("DELETE FROM data_keys WHERE org_id = {org}", vec![]).await.unwrap();
        tx.commit_changes(&Actor { id: None, name: String::new(), at: world.now() }).await.unwrap();
        assert!(twin.kernel.keys.of(org, &sealed).await.is_ok(), "it was read a moment ago");
        world.pass(TimeDelta::seconds(59));
        assert!(twin.kernel.keys.of(org, &sealed).await.is_ok(), "using it does not make it stay");
        world.pass(TimeDelta::seconds(1));
        assert!(twin.kernel.keys.of(org, &sealed).await.is_err() && twin.kernel.keys.current(org).await.is_err());

        // The system's own is never destroyed, and stays.
        let own = crypto::encrypt(&world.kernel.keys.current(NO_ORG).await.unwrap(), place(NO_ORG), b"words");
        assert!(twin.kernel.keys.of(NO_ORG, &own).await.is_ok());
        world.pass(TimeDelta::days(1));
        assert!(twin.kernel.keys.of(NO_ORG, &own).await.is_ok());
    }
}

const OLD: &str = "k1";

/// Adds a master key to a world's file and makes it the current one.
fn change_file(world: &World) -> String {
    let mut file = KeyFile::open(&world.folder.path().join("master.key")).unwrap();
    let id = file.add(world.now()).unwrap();
    assert!(file.promote(&id).unwrap());
    id
}

/// A server whose key file is another machine's copy.
async fn elsewhere(world: &World, folder: &TempDir) -> Arc<Kernel> {
    let file = folder.path().join("master.key");
    std::fs::copy(world.folder.path().join("master.key"), file).unwrap();
    let sqlite = world.folder.path().join("client.db");
    let location = world::location(System::Client, world.superuser_url.as_deref(), &sqlite).await;
    world::kernel(streamflow_client::system::PORTAL, &location, Arc::clone(&world.clock), folder, Setup::default()).await
}

async fn create_key(kernel: &Kernel, org: Uuid) -> Result<(), Error> {
    let db = kernel.database.system().await?;
    kernel.keys.create(&db, org, kernel.clock.now()).await?;
    db.commit().await
}

async fn known(world: &World, id: &str) -> Known {
    world.kernel.keys.known().await.unwrap().into_iter().find(|known| known.id == id).unwrap()
}

on_both! {
    async fn another_master_key_takes_over_and_the_old_one_goes(world) {
        let twin = world.twin().await;
        let owner = world.company("Harrow & Pike").await;
        let org = ids::parse(prefix::ORG, &owner.org_id).unwrap();
        let place = FieldRef { org, table: "test", column: "test", row: Uuid::nil() };
        let sealed = crypto::encrypt(&world.kernel.keys.current(org).await.unwrap(), place, b"words");
        let hanging = async || world.kernel.keys.hanging().await.unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(hanging().await, [(OLD.to_owned(), 2)]);
        assert_eq!(master_keys::retire(&world.kernel, OLD).await.unwrap(), 2, "it is in use");
        assert_eq!(known(&world, OLD).await.retired_at, None);

        let new = change_file(&world);
        // A company that is made before anything is wrapped anew.
        create_key(&twin.kernel, Uuid::from_u128(5)).await.unwrap();
        assert_eq!(hanging().await, [(OLD.to_owned(), 2), (new.clone(), 1)]);
        master_keys::make_current(&world.kernel).await.unwrap();
        assert_eq!(master_keys::rewrap(&world.kernel).await.unwrap(), Rewrapped { count: 2, unreadable: 0 });
        assert_eq!(master_keys::rewrap(&world.kernel).await.unwrap(), Rewrapped::default());
        assert_eq!(hanging().await, [(new.clone(), 3)]);
        assert_eq!(known(&world, &new).await.current_at, Some(world.now()));
        assert_eq!(master_keys::retire(&world.kernel, OLD).await.unwrap(), 0);
        KeyFile::open(&world.folder.path().join("master.key")).unwrap().remove(OLD).unwrap();

        let fresh = world.twin().await;
        world.pass(TimeDelta::minutes(2));
        for server in [&world, &twin, &fresh] {
            let key = server.kernel.keys.of(org, &sealed).await.unwrap();
            assert_eq!(&**crypto::decrypt(&key, place, &sealed).unwrap(), b"words");
        }
        let sql = "SELECT COUNT(*) AS found FROM audit WHERE org_id = ? AND category = 'keys' AND path LIKE 'streamflow keys %'";
        let row = sql::row(&world.kernel.database, sql, vec![NO_ORG.into()]).await;
        assert_eq!(row.try_get::<i64>("", "found").unwrap(), 3, "made current, wrapped anew, retired");
    }

    async fn a_server_without_the_new_key_makes_nothing_worse(world) {
        let folder = tempfile::tempdir().unwrap();
        let stale = elsewhere(&world, &folder).await;
        world.company("Harrow & Pike").await;
        change_file(&world);
        master_keys::make_current(&world.kernel).await.unwrap();
        // While the old key is good, what it wraps is found by the next pass.
        create_key(&stale, Uuid::from_u128(5)).await.unwrap();
        assert_eq!(master_keys::rewrap(&world.kernel).await.unwrap().count, 3);
        assert_eq!(master_keys::retire(&world.kernel, OLD).await.unwrap(), 0);
        let error = create_key(&stale, Uuid::from_u128(6)).await.unwrap_err();
        assert!(format!("{error:?}").contains("the master key `k1` was retired"), "{error:?}");
        assert_eq!(world.kernel.keys.hanging().await.unwrap().get(OLD), None);
        // With the file of the others it goes on.
        std::fs::copy(world.folder.path().join("master.key"), folder.path().join("master.key")).unwrap();
        create_key(&stale, Uuid::from_u128(6)).await.unwrap();
    }

    async fn who_wraps_at_that_moment_keeps_a_key_from_being_retired(world) {
        let folder = tempfile::tempdir().unwrap();
        let stale = elsewhere(&world, &folder).await;
        change_file(&world);
        master_keys::rewrap(&world.kernel).await.unwrap();
        let db = stale.database.system().await.unwrap();
        stale.keys.create(&db, Uuid::from_u128(5), world.now()).await.unwrap();
        let kernel = Arc::clone(&world.kernel);
        let mut retiring = tokio::spawn(async move { master_keys::retire(&kernel, OLD).await });
        let early = tokio::time::timeout(Duration::from_millis(300), &mut retiring).await;
        assert!(early.is_err(), "it did not wait: {early:?}");
        db.commit().await.unwrap();
        assert_eq!(retiring.await.unwrap().unwrap(), 1);
        assert_eq!(known(&world, OLD).await.retired_at, None);
        create_key(&stale, Uuid::from_u128(6)).await.unwrap();
    }

    async fn processes_say_which_master_keys_they_have(world) {
        let holding = world.kernel.hold_master_keys().await.unwrap();
        let holders = async || world.kernel.keys.holders().await.unwrap();
        let first = holders().await;
        assert!(first.len() == 1 && first[0].key_ids == [OLD] && first[0].place.ends_with(&std::process::id().to_string()), "{first:?}");
        let new = change_file(&world);
        let until = Instant::now() + Duration::from_secs(10);
        while holders().await[0].key_ids != [new.as_str(), OLD] {
            assert!(Instant::now() < until, "the file is not followed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        holding.finish().await;
        assert!(holders().await.is_empty());
    }
}
