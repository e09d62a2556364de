//! `RecoveryService` while the database is there: it says so and does nothing; and how its one session ends. The drill with a
//! database that really goes away is in `tests/faults`.

use streamflow_proto::provider::v1::{self as pb, recovery_service_client::RecoveryServiceClient};
use streamflow_tests::{
    on_the_providers_desk,
    operator::{EMAIL, PASSWORD},
};
use tonic::Code;

use super::admin::{Person, reason};

on_the_providers_desk! {
    async fn nothing_of_it_works_while_the_database_is_there(desk) {
        let first = Person::first(&desk).await;
        let mut recovery = RecoveryServiceClient::new(desk.channel.clone());
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
