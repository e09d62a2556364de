//! `streamflow.dev.v1.SessionService`.

use streamflow_kernel::{operator::Desk, operator_session_service};

#[derive(Debug)]
pub struct Api {
    pub desk: Desk,
}

operator_session_service!(Api, streamflow_proto::dev::v1, "dev", streamflow_proto::access::DEV);
