//! `streamflow.provider.v1.ElevationService`.

use streamflow_kernel::{operator::Desk, operator_elevation_service};

#[derive(Debug)]
pub struct Api {
    pub desk: Desk,
}

operator_elevation_service!(Api, streamflow_proto::provider::v1, streamflow_proto::access::PROVIDER);
