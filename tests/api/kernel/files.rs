//! Nobody else on the machine reads the data, and of two who write one file one does.

use std::os::unix::fs::PermissionsExt as _;

use streamflow_kernel::{
    ids::{self, prefix},
    vault::Place,
};
use streamflow_tests::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_files_are_their_owners_alone() {
    let world = World::sqlite().await;
    world.company("Harrow & Pike").await;
    for name in ["client.db", "client.db-wal", "client.db-shm"] {
        let mode = std::fs::metadata(world.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// Two processes write one archive when the first loses its lease and goes on all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_begins_a_file_anew_leaves_the_one_before_no_way_to_finish_it() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let (org, id) = (ids::parse(prefix::ORG, &owner.org_id).unwrap(), world.kernel.ids.uuid());
    let place = Place { org, id, path: "exports/one/two.sealed".to_owned() };
    let vault = &world.kernel.vault;
    let mut first = vault.create(&place).await.unwrap();
    first.write(&vec![1; 400_000]).await.unwrap();
    let mut second = vault.create(&place).await.unwrap();
    second.write(&vec![2; 300_000]).await.unwrap();
    first.write(&vec![1; 400_000]).await.unwrap();
    first.finish().await.unwrap_err();
    assert!(vault.open(&place).await.unwrap().is_none(), "half a file is there");
    second.finish().await.unwrap();

    let mut reader = vault.open(&place).await.unwrap().expect("the file");
    let mut kept = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        kept.extend(piece);
    }
    assert!(kept == vec![2; 300_000], "{} bytes", kept.len());
    let names = || std::fs::read_dir(world.folder.path().join("exports/one")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names().collect::<Vec<_>>(), ["two.sealed"]);
    vault.create(&place).await.unwrap().write(b"given up").await.unwrap();
    vault.remove(&place.path).await.unwrap();
    assert_eq!(names().count(), 0);
}
