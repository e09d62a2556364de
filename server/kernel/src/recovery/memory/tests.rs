//! Limits, guesses, codes and sessions without a database, of one process and of several.

use super::*;
use crate::rate_limit::Pace;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn memory(folder: &Path) -> Memory {
    Memory::open(folder, Limits::new(Pace::per_minute(100), &HashMap::new())).unwrap()
}

fn held(round: u64) -> Held {
    Held { id: Uuid::from_u128(1), user_id: Uuid::from_u128(2), name: "x".into(), round, expires_at: at(900) }
}

#[tokio::test]
async fn a_code_works_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (me, first) = (Uuid::from_u128(7), memory(folder.path()));
    first.begin_round(100);
    assert!(!first.use_step(me, 100, "a", "b").await.unwrap(), "it may have been used before the database was lost");
    assert!(first.use_step(me, 101, "a", "b").await.unwrap());
    assert!(!first.use_step(me, 101, "a", "b").await.unwrap());
    let second = memory(folder.path());
    assert!(!second.use_step(me, 101, "a", "b").await.unwrap());
    assert!(second.use_step(me, 102, "a", "b").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_processes_that_use_a_code_at_the_same_time_one_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let processes: Vec<_> = (0..4).map(|_| Arc::new(memory(folder.path()))).collect();
    let me = Uuid::from_u128(7);
    for step in 0..20 {
        let uses = processes.iter().map(|process| {
            let process = Arc::clone(process);
            tokio::spawn(async move { process.use_step(me, 100 + step, "account", "here").await.unwrap() })
        });
        let let_in = futures::future::join_all(uses).await.into_iter().filter(|used| *used.as_ref().unwrap()).count();
        assert_eq!(let_in, 1, "step {step}");
    }
    // Nor does one forget what another has counted.
    let counts = processes.iter().enumerate().map(|(n, process)| {
        let process = Arc::clone(process);
        tokio::spawn(async move {
            for attempt in 0..10 {
                process.count_attempt("account", &format!("account@{n}-{attempt}"), true, at(0)).await.unwrap();
            }
        })
    });
    futures::future::join_all(counts).await.into_iter().for_each(|counted| counted.unwrap());
    assert_eq!(read(&folder.path().join("attempts.json")).unwrap().attempts["account"].failures, 40);
    assert_eq!(processes[0].used_steps().await.unwrap(), [(me, 119)]);
}

#[tokio::test]
async fn a_process_that_was_stopped_while_it_had_the_file_lets_nobody_in_and_nobody_wait() {
    let folder = tempfile::tempdir().unwrap();
    let memory = memory(folder.path());
    let held_up = hold(&memory.path).unwrap();
    let refused = memory.use_step(Uuid::from_u128(7), 101, "a", "b").await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    drop(held_up);
    assert!(memory.use_step(Uuid::from_u128(7), 101, "a", "b").await.unwrap());
}

#[tokio::test]
async fn a_flood_of_names_shuts_nobody_out_and_forgives_no_guess_at_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let memory = memory(folder.path());
    memory.count_attempt("account", "account@here", true, at(0)).await.unwrap();
    let flood = memory.change(|kept| {
        let stranger = Attempts { failures: 1, locked_until: 0, last_failure: at(1).timestamp(), lasting: false };
        kept.attempts.extend((0..2 * MAX_ATTEMPTS).map(|n| (format!("stranger {n}"), stranger)));
        (Change::Made, ())
    });
    flood.await.unwrap();
    memory.count_attempt("other", "other@there", false, at(2)).await.unwrap();
    let kept = read(&memory.path).unwrap();
    assert_eq!(kept.attempts.len(), MAX_ATTEMPTS);
    assert!(kept.attempts.contains_key("account") && kept.attempts.contains_key("other"));
}

#[tokio::test]
async fn guesses_climb_a_ladder_that_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let first = memory(folder.path());
    let mut now = 0;
    for _ in 0..100 {
        while first.count_attempt("account", "here", true, at(now)).await.is_err() {
            now += 60;
        }
    }
    let second = memory(folder.path());
    assert!(second.count_attempt("account", "here", true, at(now + 60)).await.is_err());
    assert!(
        second.count_attempt("account", "elsewhere", true, at(now + 60)).await.is_ok(),
        "the account itself waits for seconds only"
    );
    assert!(second.count_attempt("account", "here", true, at(now + 3_700)).await.is_ok());
}

#[tokio::test]
async fn strangers_keep_nobody_out_who_comes_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let memory = memory(folder.path());
    // From everywhere, so that the account's own pause is as long as it gets.
    for n in 0..200 {
        memory.count_attempt("account", &format!("account@{n}"), true, at(n)).await.unwrap();
    }
    let now = at(200);
    for typo in 0..OWN {
        memory.count_attempt("account", "account@home", true, now + TimeDelta::seconds(4 * typo)).await.unwrap();
    }
    let late = now + TimeDelta::seconds(4 * OWN);
    assert!(memory.count_attempt("account", "account@home", true, late).await.is_err(), "it waits with the others then");
    assert!(memory.use_step(Uuid::from_u128(7), 101, "account", "account@home").await.unwrap());
    assert!(memory.count_attempt("account", "account@home", true, late).await.is_ok());
}

#[test]
fn no_session_outlives_its_round_or_its_quarter_of_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let memory = memory(folder.path());
    let token = Token::new([7; 32]);
    for _ in 0..50 {
        let round = memory.begin_round(0);
        memory.hold(&token, held(round)).unwrap();
        assert!(memory.session(&token.hash(), at(899)).is_some());
        memory.end_all();
        assert!(memory.session(&token.hash(), at(1)).is_none());
        assert!(memory.hold(&token, held(round)).is_err(), "one that was being opened when the round ended");
        assert_eq!(memory.live_sessions(), 0);
    }
    let round = memory.begin_round(0);
    memory.hold(&token, held(round)).unwrap();
    assert!(memory.session(&token.hash(), at(900)).is_none());
}

#[test]
fn limits_are_counted_by_minute() {
    let folder = tempfile::tempdir().unwrap();
    let memory = memory(folder.path());
    let granted = |now| (0..20).filter(|_| memory.take("sign_in", "a", at(now)).granted).count();
    assert_eq!((granted(0), granted(1), granted(60)), (10, 0, 10));
}
