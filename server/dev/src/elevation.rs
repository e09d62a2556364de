//! `streamflow.dev.v1.ElevationService`.

use streamflow_kernel::{operator::Desk, operator_elevation_service};

#[derive(Debug)]
pub struct Api {
    pub desk: Desk,
}

operator_elevation_service!(Api, streamflow_proto::dev::v1, streamflow_proto::access::DEV);
