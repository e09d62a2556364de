//! `streamflow.provider.v1.SupportSessionService`.

use streamflow_kernel::operator_support_session_service;

#[derive(Debug)]
pub struct Api;

operator_support_session_service!(Api, streamflow_proto::provider::v1);
