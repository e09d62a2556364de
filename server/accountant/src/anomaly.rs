//! `streamflow.accountant.v1.AnomalyService`.

use streamflow_kernel::anomaly_service;

#[derive(Debug)]
pub struct Api;

anomaly_service!(Api, streamflow_proto::accountant::v1);
