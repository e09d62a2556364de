//! `streamflow.provider.v1.OverviewService`.

use chrono::{DateTime, Utc};
use streamflow_kernel::operator_overview_service;

#[derive(Debug)]
pub struct Api {
    pub started_at: DateTime<Utc>,
}

operator_overview_service!(Api, streamflow_proto::provider::v1);
