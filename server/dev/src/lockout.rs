//! `streamflow.dev.v1.LockoutService`.

use streamflow_kernel::{lockout_service, operator::Desk};

#[derive(Debug)]
pub struct Api {
    pub desk: Desk,
}

lockout_service!(Api, streamflow_proto::dev::v1);
