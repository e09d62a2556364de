//! `streamflow.client.v1.AuditService`.

use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use streamflow_kernel::{
    audit::{AuditRecord, export, page},
    ctx::Ctx,
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::{
    client::v1::{self as pb, audit_service_server::AuditService},
    common::v1::PageInfo,
};
use tonic::{Request, Response, Status};

use crate::timestamp;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl AuditService for Api {
    type ExportAuditStream = Pin<Box<dyn Stream<Item = Result<pb::ExportAuditResponse, Status>> + Send>>;

    async fn list_audit(&self, request: Request<pb::ListAuditRequest>) -> Result<Response<pb::ListAuditResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = ListRequest { page_size: req.page_size, page_token: &req.page_token, filter: &req.filter, order_by: "" };
        let found = page::page(&ctx, list).await?;
        let info = PageInfo {
            next_page_token: found.next_page_token,
            total_size: found.total_size,
            total_is_capped: found.total_is_capped,
        };
        let records = found.records.into_iter().map(into_pb).collect();
        Ok(Response::new(pb::ListAuditResponse { records, page: Some(info) }))
    }

    async fn export_audit(&self, request: Request<pb::ExportAuditRequest>) -> Result<Response<Self::ExportAuditStream>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let pieces = export::export(&ctx, &req.filter)?;
        Ok(Response::new(pieces.map(|piece| piece.map(|data| pb::ExportAuditResponse { data })).boxed()))
    }
}

fn into_pb(record: AuditRecord) -> pb::AuditRecord {
    pb::AuditRecord {
        id: ids::format(prefix::AUDIT, record.id),
        at: timestamp(record.at),
        actor_id: ids::format_option(prefix::USER, record.actor_id),
        entity_id: record.entity_wire_id(),
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
    }
}
