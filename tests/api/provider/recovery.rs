//! `RecoveryService` while the database is there: it says so and does nothing; and how its one session ends. The drill with a
//! database that really goes away is in `tests/faults`.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::ConnectionTrait as _;
use streamflow_kernel::{
    clock::Clock as _,
    db::{Backend, NO_ORG},
    recovery::Recovery,
    session::Token,
};
use streamflow_migrations::System;
use streamflow_proto::provider::v1::{self as pb, recovery_service_client::RecoveryServiceClient};
use streamflow_tests::{
    on_the_providers_desk,
    operator::{Desk, EMAIL, PASSWORD},
    sql,
};
use tonic::{Code, Status, transport::Channel};

use super::admin::{Person, reason};

fn recovery(desk: &Desk) -> RecoveryServiceClient<Channel> {
    RecoveryServiceClient::new(desk.channel.clone())
}

/// A session of the emergency account, by a code that was not used before.
pub async fn enter(desk: &Desk) -> Result<String, Status> {
    desk.clock.advance(TimeDelta::seconds(31));
    let ask = pb::EnterRecoveryRequest { email: EMAIL.into(), password: PASSWORD.into(), code: desk.code(), return_token: true };
    Ok(recovery(desk).enter_recovery(desk.request(ask, None)).await?.into_inner().token)
}

async fn view(desk: &Desk, token: &str) -> Result<pb::GetRecoveryViewResponse, Status> {
    let ask = desk.request(pb::GetRecoveryViewRequest {}, Some(token));
    Ok(recovery(desk).get_recovery_view(ask).await?.into_inner())
}

async fn wait_for_the_way_back(recovery: &Recovery) {
    for _ in 0..400 {
        if !recovery.is_on() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Recovery Mode goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_in_waits_for_no_way_back_that_hangs() {
    let desk = Desk::start_on(Backend::Postgres, System::Provider).await;
    let recovery = desk.recovery.clone().unwrap();
    let intruder = desk.intruder().await;
    // The database takes the watch's questions and not the local audit.
    intruder.execute_unprepared("BEGIN; LOCK TABLE audit IN ACCESS EXCLUSIVE MODE").await.unwrap();
    recovery.enter("a drill").await;
    let _watch = recovery.watch();
    desk.somebody_waits().await;
    let entered = tokio::time::timeout(Duration::from_secs(20), enter(&desk)).await;
    assert!(entered.expect("an answer while the way back hangs").is_ok() && recovery.is_on());
    intruder.execute_unprepared("COMMIT").await.unwrap();
    wait_for_the_way_back(&recovery).await;
}

on_the_providers_desk! {
    async fn a_sign_in_that_is_just_being_finished_ends_with_the_others(desk) {
        desk.caller().begin(EMAIL, PASSWORD).await.unwrap();
        let recovery = desk.recovery.clone().unwrap();
        recovery.enter("a drill").await;
        // Let in before, it hung with the database: the code was right, and its session is written and not committed.
        let (db, now) = (desk.kernel.database.system().await.unwrap(), desk.clock.now());
        db.execute("UPDATE sessions SET revoked_at = ? WHERE revoked_at IS NULL", vec![now.into()]).await.unwrap();
        let insert = "INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent) \
                      VALUES (?, ?, ?, ?, 'full', ?, ?, ?, '127.0.0.1', 'test')";
        let (id, hash, ends) = (desk.kernel.ids.uuid(), Token::new([7; 32]).hash(), now + TimeDelta::hours(8));
        let values = vec![id.into(), hash.into(), desk.operator_id.into(), NO_ORG.into(), now.into(), now.into(), ends.into()];
        db.execute(insert, values).await.unwrap();
        let _watch = recovery.watch();
        // The way back has come to the sessions, or to SQLite's one writer: it begins when a few of the watch's questions were answered.
        match desk.kernel.database.backend() {
            Backend::Postgres => desk.somebody_waits().await,
            Backend::Sqlite => tokio::time::sleep(Duration::from_secs(4)).await,
        }
        db.commit().await.unwrap();
        wait_for_the_way_back(&recovery).await;
        let live = sql::row(&desk.kernel.database, "SELECT COUNT(*) AS live FROM sessions WHERE revoked_at IS NULL", vec![]).await;
        assert_eq!(live.try_get::<i64>("", "live").unwrap(), 0);
    }

    async fn the_emergency_account_leaves_and_its_token_is_nobodys(desk) {
        desk.recovery.as_ref().unwrap().enter("a drill").await;
        let (mine, other) = (enter(&desk).await.unwrap(), enter(&desk).await.unwrap());
        assert!(view(&desk, &mine).await.is_ok());
        let leave = |token: &str| desk.request(pb::LeaveRecoveryRequest {}, Some(token));
        let left = recovery(&desk).leave_recovery(leave(&mine)).await.unwrap();
        let cookie = left.metadata().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
        for refused in [view(&desk, &mine).await.unwrap_err(), recovery(&desk).leave_recovery(leave(&mine)).await.unwrap_err()] {
            assert_eq!(refused.code(), Code::Unauthenticated);
        }
        // Another session of the account goes on, and is told who left.
        let records = view(&desk, &other).await.unwrap().records;
        let leaves = records.iter().filter(|record| record.action.ends_with("/LeaveRecovery") && record.outcome == "OK").count();
        assert_eq!(leaves, 1, "{records:?}");
        // The mode is the watch's alone.
        let status = recovery(&desk).get_recovery_status(desk.request(pb::GetRecoveryStatusRequest {}, None)).await.unwrap();
        assert!(status.into_inner().in_recovery);
    }


    async fn nothing_of_it_works_while_the_database_is_there(desk) {
        let first = Person::first(&desk).await;
        let mut recovery = recovery(&desk);
        let status = recovery.get_recovery_status(desk.request(pb::GetRecoveryStatusRequest {}, None)).await.unwrap().into_inner();
        assert!(!status.in_recovery && status.since.is_none());
        let closed = (Code::FailedPrecondition, "NOT_IN_RECOVERY".to_owned());
        let code = desk.code();
        let ask = pb::EnterRecoveryRequest { email: EMAIL.into(), password: PASSWORD.into(), code, return_token: true };
        assert_eq!(reason(&recovery.enter_recovery(desk.request(ask, None)).await.unwrap_err()), closed);
        let token = Some(first.token.as_str());
        let view = recovery.get_recovery_view(desk.request(pb::GetRecoveryViewRequest {}, token)).await.unwrap_err();
        let reconnect = recovery.reconnect_database(desk.request(pb::ReconnectDatabaseRequest {}, token)).await.unwrap_err();
        let jobs = recovery.restart_jobs(desk.request(pb::RestartJobsRequest {}, token)).await.unwrap_err();
        let mail = recovery.restart_mail(desk.request(pb::RestartMailRequest {}, token)).await.unwrap_err();
        for refused in [view, reconnect, jobs, mail] {
            assert_eq!(reason(&refused), closed);
        }
        let stranger = recovery.get_recovery_view(desk.request(pb::GetRecoveryViewRequest {}, None)).await.unwrap_err();
        assert_eq!(stranger.code(), Code::Unauthenticated);
    }
}
