//! `streamflow.accountant.v1.ClientErrorService`.

use streamflow_kernel::client_error_service;

#[derive(Debug)]
pub struct Api;

client_error_service!(Api, streamflow_proto::accountant::v1);
