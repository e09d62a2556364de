//! `ClientErrorService` of the client portal.

use chrono::TimeDelta;
use streamflow_kernel::db::Backend;
use streamflow_proto::client::v1::{self as pb, client_error_service_client::ClientErrorServiceClient};
use streamflow_tests::{
    on_both,
    person::request,
    sql,
    world::{Setup, World},
};

on_both! {
    async fn a_report_is_kept_cut_to_size(world) {
        let report = pb::LogClientErrorRequest {
            message: format!("panicked\0at {}", "ö".repeat(5_000)),
            page: "/reset/confirm?token=secret".into(),
            correlation_id: "01a1".into(),
            build: "0.1.0".into(),
        };
        let mut service = ClientErrorServiceClient::new(world.channel.clone());
        service.log_client_error(request(report, None)).await.unwrap();
        service.log_client_error(request(pb::LogClientErrorRequest::default(), None)).await.unwrap();
        let sql = "SELECT message, page, correlation_id FROM client_errors ORDER BY id LIMIT 1";
        let row = sql::row(&world.kernel.database, sql, vec![]).await;
        let message: String = row.try_get("", "message").unwrap();
        assert_eq!((message.chars().count(), &message[..12]), (2_000, "panicked at "));
        assert_eq!(row.try_get::<String>("", "page").unwrap(), "/reset/confirm");
        assert_eq!(row.try_get::<String>("", "correlation_id").unwrap(), "01a1");
    }
}

/// Whoever reports without end pushes the failures of others out of sight for nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_address_few_reports_are_kept() {
    let setup = Setup { limits: [("client_error".to_owned(), 3)].into(), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let mut service = ClientErrorServiceClient::new(world.channel.clone());
    let report = |n: i32| request(pb::LogClientErrorRequest { message: format!("made up {n}"), ..Default::default() }, None);
    for kept in [3, 6] {
        for n in 0..20 {
            service.log_client_error(report(n)).await.unwrap();
        }
        let row = sql::row(&world.kernel.database, "SELECT COUNT(*) AS kept FROM client_errors", vec![]).await;
        assert_eq!(row.try_get::<i64>("", "kept").unwrap(), kept);
        world.pass(TimeDelta::minutes(1));
    }
}
