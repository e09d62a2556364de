//! How long a page waits for another system.

use std::time::Duration;

use tonic::{Response, Status};

/// A system that needs longer is away for whoever looks at the page.
const PATIENCE: Duration = Duration::from_secs(4);

pub async fn patiently<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Status> {
    let answer = tokio::time::timeout(PATIENCE, call).await;
    let late = |_| Status::deadline_exceeded(format!("It did not answer in {} seconds.", PATIENCE.as_secs()));
    Ok(answer.map_err(late)??.into_inner())
}
