//! `ClientErrorService` of the client portal.

use streamflow_proto::client::v1::{self as pb, client_error_service_client::ClientErrorServiceClient};
use streamflow_tests::{on_both, person::request, sql};

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
