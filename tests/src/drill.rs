//! Databases that really go away and come back, and how the provider portal takes it.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use streamflow_proto::provider::v1::{GetRecoveryStatusRequest, recovery_service_client::RecoveryServiceClient};
use tonic::transport::Channel;

use crate::{operator::request, postgres::Cluster};

/// What takes the database away and brings it back.
pub trait Database {
    fn lose(&mut self);
    fn bring_back(&mut self);
}

impl Database for Cluster {
    fn lose(&mut self) {
        self.stop();
    }

    fn bring_back(&mut self) {
        self.start_again();
    }
}

/// A file that makes room for a folder of its name, which nobody can open as a database.
#[derive(Debug)]
pub struct File(pub PathBuf);

impl File {
    fn aside(&self) -> PathBuf {
        self.0.with_extension("aside")
    }
}

impl Database for File {
    fn lose(&mut self) {
        std::fs::rename(&self.0, self.aside()).expect("a file moved");
        std::fs::create_dir(&self.0).expect("a folder");
    }

    fn bring_back(&mut self) {
        std::fs::remove_dir(&self.0).expect("a folder removed");
        std::fs::rename(self.aside(), &self.0).expect("a file moved back");
    }
}

pub async fn is_in_recovery(channel: &Channel) -> bool {
    let ask = request("provider", GetRecoveryStatusRequest {}, None);
    let answer = RecoveryServiceClient::new(channel.clone()).get_recovery_status(ask).await;
    // A request that was under way when the database went may fail.
    answer.is_ok_and(|status| status.into_inner().in_recovery)
}

/// Waits until the portal is in Recovery Mode, or out of it; says how long that took.
pub async fn wait_for_recovery(channel: &Channel, is_on: bool, at_most: Duration) -> Duration {
    let since = Instant::now();
    loop {
        let asked = tokio::time::timeout(Duration::from_millis(500), is_in_recovery(channel)).await;
        if asked == Ok(is_on) {
            return since.elapsed();
        }
        assert!(since.elapsed() < at_most, "not within {at_most:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
