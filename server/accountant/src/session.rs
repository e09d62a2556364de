//! `streamflow.accountant.v1.SessionService`.

use streamflow_kernel::{operator::Desk, operator_session_service};

#[derive(Debug)]
pub struct Api {
    pub desk: Desk,
}

operator_session_service!(Api, streamflow_proto::accountant::v1, "accountant", streamflow_proto::access::ACCOUNTANT);
