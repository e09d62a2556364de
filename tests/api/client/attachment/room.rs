//! How much is taken, what goes by itself, and where files go with their records.

use std::{collections::HashMap, time::Duration};

use chrono::TimeDelta;
use streamflow_kernel::vault::Bounds;
use streamflow_proto::client::v1::{merge_service_client::MergeServiceClient, record_service_client::RecordServiceClient};
use streamflow_tests::world::Setup;

use super::{super::org_data, *};

async fn bounded(backend: Backend) {
    let bounds = Bounds { file: 100, company: 3 * PNG.len() as u64, record: 2 };
    let limits = HashMap::from([("attachment".to_owned(), 8)]);
    let world = World::with(backend, Setup { bounds: Some(bounds), limits, ..Setup::default() }).await;
    let owner = world.company("Harrow").await;
    let first = customer::create(&owner, customer::named("First")).await.unwrap().id;
    let second = customer::create(&owner, customer::named("Second")).await.unwrap().id;
    let file = add(&world, &owner, &first, "1.png").await.unwrap();
    add(&world, &owner, &first, "2.png").await.unwrap();
    let more = |record: &str| wanted(record, "x.png", "image/png", PNG);
    assert_eq!(reason(&start(&owner, more(&first)).await.unwrap_err()), "TOO_MANY_FILES");
    // Of several at once as many begin as there is room for.
    let both = futures::future::join_all((0..2).map(|_| start(&owner, more(&second)))).await;
    let refused: Vec<String> = both.iter().filter_map(|one| one.as_ref().err().map(reason)).collect();
    assert_eq!(refused, ["STORAGE_QUOTA"]);
    delete(&owner, &file.id, 1).await.unwrap();
    assert_eq!(reason(&start(&owner, more(&second)).await.unwrap_err()), "STORAGE_QUOTA");
    let sent = [start(&owner, more(&second)).await, start(&owner, more(&second)).await, start(&owner, more(&second)).await];
    let [.., last] = sent;
    assert_eq!((last.as_ref().unwrap_err().code(), reason(&last.unwrap_err()).as_str()), (Code::ResourceExhausted, "THROTTLED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_and_pace_are_bounded_on_sqlite() {
    bounded(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_and_pace_are_bounded_on_postgres() {
    bounded(Backend::Postgres).await;
}

on_both! {
    async fn what_nobody_completed_and_what_was_deleted_goes_by_itself(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let (kept, gone) = (add(&world, &owner, &mine, "kept.png").await.unwrap(), add(&world, &owner, &mine, "gone.png").await.unwrap());
        delete(&owner, &gone.id, 1).await.unwrap();
        let left = start(&owner, wanted(&mine, "left.png", "image/png", PNG)).await.unwrap();
        assert_eq!(put(&world, &left.upload_path, PLAIN, PNG).await, 204);
        assert_eq!(stored(&world).len(), 3);
        world.pass(TimeDelta::minutes(16));
        let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        until(&world, 2).await;
        assert_eq!(complete(&owner, &left.attachment_id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(restore(&owner, &gone.id).await.unwrap().name, "gone.png");
        delete(&owner, &gone.id, 3).await.unwrap();
        drop(runner);
        // The session's own idle time is half an hour.
        for _ in 0..3 {
            world.pass(TimeDelta::minutes(20));
            names(&owner, &mine).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(restore(&owner, &gone.id).await.unwrap_err().code(), Code::NotFound);
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        until(&world, 1).await;
        assert_eq!(names(&owner, &mine).await.unwrap(), ["kept.png"]);
        assert_eq!(download(&owner, &kept.id).await.unwrap(), PNG);
    }

    async fn what_a_crash_left_in_the_quarantine_goes_after_a_day(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        add(&world, &owner, &mine, "kept.png").await.unwrap();
        // As a process that was killed leaves it, when its row went with what the database lost.
        let left = world.folder.path().join("files/quarantine/organizations").join(&owner.org_id[4..]).join(Uuid::nil().simple().to_string());
        std::fs::create_dir_all(&left).unwrap();
        std::fs::write(left.join("a.part"), "half a file").unwrap();
        world.pass(TimeDelta::hours(23));
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(left.exists() && stored(&world).len() == 2);
        world.pass(TimeDelta::hours(2));
        until(&world, 1).await;
        assert!(!left.exists());
    }

    async fn files_go_with_a_merge_and_stay_with_what_is_archived(world) {
        let owner = world.company("Harrow").await;
        let kept = customer::create(&owner, customer::named("Kept")).await.unwrap();
        let twin = customer::create(&owner, customer::named("Twin")).await.unwrap();
        add(&world, &owner, &kept.id, "1.png").await.unwrap();
        let file = add(&world, &owner, &twin.id, "2.png").await.unwrap();
        let looked = |made: &pb::Customer| pb::MergedVersion { id: made.id.clone(), version: made.version };
        let group = pb::MergeGroup { survivor: Some(looked(&kept)), others: vec![looked(&twin)], choices: Vec::new() };
        let merge = pb::MergeRecordsRequest { kind: CUSTOMER, groups: vec![group] };
        let mut merges = MergeServiceClient::new(world.channel.clone());
        let merge_id = merges.merge_records(owner.ask(merge)).await.unwrap().into_inner().merge_ids.remove(0);
        let mut both = names(&owner, &kept.id).await.unwrap();
        both.sort();
        assert_eq!((both, names(&owner, &twin.id).await.unwrap().len()), (vec!["1.png".to_owned(), "2.png".to_owned()], 0));
        assert_eq!(download(&owner, &file.id).await.unwrap(), PNG);
        merges.undo_merge(owner.ask(pb::UndoMergeRequest { merge_id })).await.unwrap();
        assert_eq!(names(&owner, &kept.id).await.unwrap(), ["1.png"]);
        assert_eq!(names(&owner, &twin.id).await.unwrap(), ["2.png"]);
        let archive = pb::ArchiveRecordsRequest { kind: CUSTOMER, ids: vec![twin.id.clone()] };
        RecordServiceClient::new(world.channel.clone()).archive_records(owner.ask(archive)).await.unwrap();
        assert_eq!(names(&owner, &twin.id).await.unwrap(), ["2.png"]);
    }

    async fn an_export_goes_on_past_what_is_damaged_or_missing_and_says_so(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let mut made = Vec::new();
        for name in ["cut.png", "lost.png", "whole.png"] {
            let before: Vec<String> = stored(&world).into_iter().map(|(path, _)| path).collect();
            let id = ids::parse(prefix::ATTACHMENT, &add(&world, &owner, &mine, name).await.unwrap().id).unwrap();
            let (path, _) = stored(&world).into_iter().find(|(path, _)| !before.contains(path)).unwrap();
            made.push((id, path));
        }
        let bytes = std::fs::read(&made[0].1).unwrap();
        std::fs::write(&made[0].1, &bytes[..bytes.len() - 1]).unwrap();
        std::fs::remove_file(&made[1].1).unwrap();
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(org_data::exported(&owner).await)).unwrap();
        let manifest: serde_json::Value = serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap();
        assert_eq!(manifest["damaged"], serde_json::json!([made[0].0]));
        assert_eq!(manifest["missing"], serde_json::json!([made[1].0]));
        let mut bytes = Vec::new();
        archive.by_name(&format!("files/{}-whole.png", made[2].0)).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, PNG);
    }

    async fn uploads_that_nobody_finishes_keep_no_room_for_long(world) {
        let owner = world.company("Harrow").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let mine = customer::create(&manager, customer::named("Mine")).await.unwrap().id;
        let more = || wanted(&mine, "x.png", "image/png", PNG);
        let arrived = start(&owner, more()).await.unwrap();
        assert_eq!(put(&world, &arrived.upload_path, PLAIN, PNG).await, 204);
        for _ in 1..10 {
            start(&owner, more()).await.unwrap();
        }
        let refused = start(&owner, more()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "TOO_MANY_UPLOADS"));
        // The others go on, and so does what was finished.
        add(&world, &manager, &mine, "y.png").await.unwrap();
        complete(&owner, &arrived.attachment_id).await.unwrap();
        start(&owner, more()).await.unwrap();
        assert_eq!(reason(&start(&owner, more()).await.unwrap_err()), "TOO_MANY_UPLOADS");
        // Where an address is not good any more, nothing comes.
        world.pass(TimeDelta::minutes(7));
        start(&owner, more()).await.unwrap();
    }

    async fn an_export_holds_the_files(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let file = add(&world, &owner, &mine, "Plan.png").await.unwrap();
        let gone = add(&world, &owner, &mine, "gone.png").await.unwrap();
        delete(&owner, &gone.id, 1).await.unwrap();
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        let archive = org_data::exported(&owner).await;
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
        let id = ids::parse(prefix::ATTACHMENT, &file.id).unwrap();
        let mut bytes = Vec::new();
        archive.by_name(&format!("files/{id}-Plan.png")).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, PNG);
        let mut rows = String::new();
        archive.by_name("tables/attachments.jsonl").unwrap().read_to_string(&mut rows).unwrap();
        assert_eq!(rows.lines().count(), 2);
        let files = archive.file_names().filter(|name| name.as_ref().unwrap().starts_with("files/")).count();
        assert_eq!(files, 1);
    }
}

/// Waits until so many files are left.
async fn until(world: &World, count: usize) {
    for _ in 0..2_000 {
        if stored(world).len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", stored(world).into_iter().map(|(path, _)| path).collect::<Vec<_>>());
}
