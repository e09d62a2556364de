//! Nobody else on the machine reads the data.

use std::os::unix::fs::PermissionsExt as _;

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
