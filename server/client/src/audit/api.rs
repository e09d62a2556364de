//! `streamflow.client.v1.AuditService`.

use streamflow_kernel::audit_service;

#[derive(Debug)]
pub struct Api;

audit_service!(Api, streamflow_proto::client::v1);
