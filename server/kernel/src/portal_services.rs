//! The services that every portal has alike. Each system names its own generated module, so that none holds another's messages;
//! the logic is the kernel's.

/// Implements `AuditService` of `$pb` for `$api`.
#[macro_export]
macro_rules! audit_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_audit;

        #[tonic::async_trait]
        impl pb_audit::audit_service_server::AuditService for $api {
            type ExportAuditStream = futures::stream::BoxStream<'static, Result<pb_audit::ExportAuditResponse, tonic::Status>>;

            async fn list_audit(
                &self,
                request: tonic::Request<pb_audit::ListAuditRequest>,
            ) -> Result<tonic::Response<pb_audit::ListAuditResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let list = $crate::list::ListRequest {
                    page_size: req.page_size,
                    page_token: &req.page_token,
                    filter: &req.filter,
                    order_by: &req.order_by,
                    count_total: true,
                };
                let found = $crate::audit::page::page(&ctx, list).await?;
                let page = Some(streamflow_proto::common::v1::PageInfo {
                    next_page_token: found.next_page_token,
                    total_size: found.total_size,
                    total_is_capped: found.total_is_capped,
                });
                let into_pb = |record: $crate::audit::AuditRecord| pb_audit::AuditRecord {
                    id: $crate::ids::format($crate::ids::prefix::AUDIT, record.id),
                    at: $crate::clock::timestamp(record.at),
                    actor_id: $crate::ids::format_option($crate::ids::prefix::USER, record.actor_id),
                    entity_id: ctx.portal().wire_id(&record.entity, record.entity_id),
                    changed_fields: record.changed_field_names(),
                    actor_name: record.actor_name,
                    actor_role: record.actor_role,
                    ip: record.ip,
                    path: record.path,
                    category: record.category,
                    outcome: record.outcome,
                    correlation_id: record.correlation_id,
                    payload: record.payload,
                    entity: record.entity,
                };
                let records = found.records.into_iter().map(into_pb).collect();
                Ok(tonic::Response::new(pb_audit::ListAuditResponse { records, page }))
            }

            async fn export_audit(
                &self,
                request: tonic::Request<pb_audit::ExportAuditRequest>,
            ) -> Result<tonic::Response<Self::ExportAuditStream>, tonic::Status> {
                use futures::StreamExt as _;

                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let pieces = $crate::audit::export::export(&ctx, &req.filter)?;
                let pieces = pieces.map(|piece| piece.map(|data| pb_audit::ExportAuditResponse { data }));
                Ok(tonic::Response::new(pieces.boxed()))
            }
        }
    };
}

/// Implements `ClientErrorService` of `$pb` for `$api`.
#[macro_export]
macro_rules! client_error_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_error;

        #[tonic::async_trait]
        impl pb_error::client_error_service_server::ClientErrorService for $api {
            async fn log_client_error(
                &self,
                request: tonic::Request<pb_error::LogClientErrorRequest>,
            ) -> Result<tonic::Response<pb_error::LogClientErrorResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let report = $crate::client_errors::Report {
                    message: req.message,
                    page: req.page,
                    correlation_id: req.correlation_id,
                    build: req.build,
                };
                $crate::client_errors::log(&ctx, report).await?;
                Ok(tonic::Response::new(pb_error::LogClientErrorResponse {}))
            }
        }
    };
}

/// Implements `AnomalyService` of `$pb` for `$api`.
#[macro_export]
macro_rules! anomaly_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_anomaly;

        #[tonic::async_trait]
        impl pb_anomaly::anomaly_service_server::AnomalyService for $api {
            async fn list_anomalies(
                &self,
                request: tonic::Request<pb_anomaly::ListAnomaliesRequest>,
            ) -> Result<tonic::Response<pb_anomaly::ListAnomaliesResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let page = $crate::anomaly::page::page(&ctx, req.page_size, &req.page_token, req.open_only);
                let (rows, next_page_token) = page.await?;
                let page = Some(streamflow_proto::common::v1::PageInfo { next_page_token, ..Default::default() });
                let anomalies = rows.into_iter().map(anomaly_into_pb).collect();
                Ok(tonic::Response::new(pb_anomaly::ListAnomaliesResponse { anomalies, page }))
            }

            async fn acknowledge_anomaly(
                &self,
                request: tonic::Request<pb_anomaly::AcknowledgeAnomalyRequest>,
            ) -> Result<tonic::Response<pb_anomaly::AcknowledgeAnomalyResponse>, tonic::Status> {
                let (ctx, req) = $crate::ctx::Ctx::enter(request)?;
                let (tx, row) = $crate::anomaly::page::acknowledge(&ctx, &req.anomaly_id).await?;
                let anomaly = Some(anomaly_into_pb(row));
                Ok(tx.commit(pb_anomaly::AcknowledgeAnomalyResponse { anomaly }).await?)
            }
        }

        fn anomaly_into_pb(row: $crate::anomaly::page::Model) -> pb_anomaly::Anomaly {
            use $crate::anomaly::rules::Rule;

            let rule = match Rule::ALL.into_iter().find(|rule| rule.as_str() == row.rule) {
                Some(Rule::GuessedAccount) => pb_anomaly::AnomalyRule::AccountGuessing,
                Some(Rule::PasswordSpray) => pb_anomaly::AnomalyRule::PasswordSpray,
                Some(Rule::SignInWave) => pb_anomaly::AnomalyRule::SignInWave,
                Some(Rule::RateLimit) => pb_anomaly::AnomalyRule::RateLimit,
                Some(Rule::CrossTenant) => pb_anomaly::AnomalyRule::CrossTenant,
                Some(Rule::Refused) => pb_anomaly::AnomalyRule::Refused,
                None => pb_anomaly::AnomalyRule::Unspecified,
            };
            pb_anomaly::Anomaly {
                id: $crate::ids::format($crate::ids::prefix::ANOMALY, row.id),
                rule: rule.into(),
                person_id: $crate::ids::format_option($crate::ids::prefix::USER, row.person_id),
                person_name: row.person_name,
                address: row.address,
                events: row.events,
                first_at: $crate::clock::timestamp(row.first_at),
                last_at: $crate::clock::timestamp(row.last_at),
                acknowledged_at: row.acknowledged_at.and_then($crate::clock::timestamp),
                acknowledged_by: $crate::ids::format_option($crate::ids::prefix::USER, row.acknowledged_by),
                version: row.version,
            }
        }
    };
}
