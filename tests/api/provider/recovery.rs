//! `RecoveryService` while the database is there: it says so and does nothing; and how its one session ends. The drill with a
//! database that really goes away is in `tests/faults`.

use chrono::TimeDelta;
use streamflow_proto::provider::v1::{self as pb, recovery_service_client::RecoveryServiceClient};
use streamflow_tests::{
    on_the_providers_desk,
    operator::{Desk, EMAIL, PASSWORD},
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

on_the_providers_desk! {
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
        let mail = recovery.restart_mail(desk.request(pb::RestartMailRequest {}, token)).await.unwrap_err();
        for refused in [view, reconnect, mail] {
            assert_eq!(reason(&refused), closed);
        }
        let stranger = recovery.get_recovery_view(desk.request(pb::GetRecoveryViewRequest {}, None)).await.unwrap_err();
        assert_eq!(stranger.code(), Code::Unauthenticated);
    }
}
