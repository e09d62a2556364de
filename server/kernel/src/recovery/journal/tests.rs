//! Journals of one process and of several, and what was changed in them by hand.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::audit::chain::tests::record;

/// Of the first process.
fn first(folder: &Path) -> PathBuf {
    folder.join("1")
}

async fn filled(folder: &Path, count: u128) -> Journal {
    let journal = Journal::open(folder, "x").unwrap();
    for n in 0..count {
        journal.append(record(n)).await.unwrap();
    }
    journal
}

#[tokio::test]
async fn records_survive_a_restart_and_go_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3).await);
    let journal = Journal::open(folder.path(), "x").unwrap();
    assert_eq!(journal.waiting(), 3);
    assert_eq!(fs::metadata(first(folder.path()).join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
    let failed = journal.carry(async |_| Err(Error::internal("no database"))).await;
    assert!(failed.is_err() && journal.waiting() == 3);
    journal
        .carry(async |records| {
            assert_eq!(records, (0..3).map(record).collect::<Vec<_>>());
            Ok(())
        })
        .await
        .unwrap();
    journal.append(record(4)).await.unwrap();
    drop(journal);
    let journal = Journal::open(folder.path(), "x").unwrap();
    assert_eq!(journal.newest(9).await, vec![record(4)]);
    assert_eq!(journal.pages.lock().await.head.position, 4, "the chain goes on");
    assert!(first(folder.path()).join("moved-3.jsonl").exists());
}

#[tokio::test]
async fn who_appends_waits_for_no_database_and_a_way_back_goes_on_where_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let all = BATCH as u128 + 5;
    let journal = filled(folder.path(), all).await;
    let seen = std::cell::RefCell::new(Vec::new());
    let take = |records: Vec<AuditRecord>| {
        seen.borrow_mut().push((records[0].id, records.len()));
        let is_second = seen.borrow().len() == 2;
        let journal = &journal;
        async move {
            if is_second {
                // A database that freezes: the caller gives up, and whoever has something to record goes on.
                journal.append(record(all)).await?;
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    };
    let given_up = tokio::time::timeout(std::time::Duration::from_secs(2), journal.carry(take)).await;
    assert!(given_up.is_err() && journal.waiting() == BATCH + 6, "{given_up:?}");
    journal.carry(take).await.unwrap();
    let next = record(BATCH as u128).id;
    assert_eq!(seen.into_inner(), [(record(0).id, BATCH), (next, 5), (next, 6)]);
    assert_eq!(journal.waiting(), 0);
    drop(journal);
    assert_eq!(Journal::open(folder.path(), "x").unwrap().waiting(), 0);
}

#[tokio::test]
async fn half_a_line_goes_and_an_altered_one_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3).await);
    let path = first(folder.path()).join(NAME);
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let journal = Journal::open(folder.path(), "x").unwrap();
    assert_eq!(journal.waiting(), 2);
    journal.append(record(9)).await.unwrap();
    drop(journal);
    assert_eq!(Journal::open(folder.path(), "x").unwrap().waiting(), 3);

    fs::write(&path, whole.replace("Call1", "CallX")).unwrap();
    assert_eq!(Journal::open(folder.path(), "x").unwrap().waiting(), 1);
    let aside = fs::read_to_string(first(folder.path()).join("damaged-after-1.jsonl")).unwrap();
    assert!(aside.contains("CallX") && aside.contains("Call2"));
}

#[tokio::test]
async fn a_crash_while_the_file_is_put_aside_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 2).await;
    journal.carry(async |_| Ok(())).await.unwrap();
    drop(journal);
    fs::rename(first(folder.path()).join(NAME), next_of(&first(folder.path()))).unwrap();
    let journal = Journal::open(folder.path(), "x").unwrap();
    assert_eq!((journal.waiting(), journal.pages.lock().await.head.position), (0, 2));
}

#[tokio::test]
async fn processes_that_share_a_folder_have_a_journal_each() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (filled(folder.path(), 3).await, filled(folder.path(), 2).await);
    assert!(Journal::left_behind(folder.path(), "x").unwrap().is_empty(), "both are at work");
    one.carry(async |_| Ok(())).await.unwrap();
    one.append(record(7)).await.unwrap();
    drop(two);
    let again = Journal::open(folder.path(), "x").unwrap();
    assert_eq!(again.newest(9).await, [record(0), record(1)], "what the one before left, and nothing of the other's");
    again.append(record(8)).await.unwrap();
    assert_eq!((one.waiting(), again.waiting()), (1, 3));
    drop((one, again));
    for (own, waiting) in [("1", 1), ("2", 3)] {
        let folder = folder.path().join(own);
        let journal = Journal::at(&folder, "x", take(&folder).unwrap().unwrap()).unwrap();
        assert_eq!(journal.waiting(), waiting, "{own} is whole");
    }
}

#[tokio::test]
async fn what_a_process_left_behind_is_found_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("3"), "no folder").unwrap();
    let (one, two) = (filled(folder.path(), 1).await, filled(folder.path(), 2).await);
    drop(two);
    let found = Journal::left_behind(folder.path(), "x").unwrap();
    assert_eq!(found.iter().map(Journal::waiting).collect::<Vec<_>>(), [2]);
    assert!(Journal::left_behind(folder.path(), "x").unwrap().is_empty(), "another process is at it");
    found[0].carry(async |_| Err(Error::internal("no database"))).await.unwrap_err();
    drop(found);
    let found = Journal::left_behind(folder.path(), "x").unwrap();
    found[0].carry(async |_| Ok(())).await.unwrap();
    drop(found);
    assert!(Journal::left_behind(folder.path(), "x").unwrap().is_empty(), "it was moved");
    assert_eq!(one.waiting(), 1);
}
