//! What an engineer may do with a job or a schedule, once the right is taken on.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, job_service_client::JobServiceClient};
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    operator::elevation::use_elevated,
    toast::use_toasts,
};

use crate::app::JOBS;

/// Queues scheduled work to be done now.
pub fn run(name: String, busy: RwSignal<bool>, acted: Callback<()>) {
    let told = t!("{name} is queued", name);
    carry_out(busy, acted, told, move || {
        let name = name.clone();
        let call = async |transport, request| JobServiceClient::new(transport).run_schedule(request).await;
        async move { use_api().write(&Act::default(), pb::RunScheduleRequest { name }, call).await.map(drop) }
    });
}

/// Queues a job anew.
pub fn retry(job_id: String, busy: RwSignal<bool>, acted: Callback<()>) {
    carry_out(busy, acted, t!("queued anew").to_owned(), move || {
        let job_id = job_id.clone();
        let call = async |transport, request| JobServiceClient::new(transport).retry_job(request).await;
        async move { use_api().write(&Act::default(), pb::RetryJobRequest { job_id }, call).await.map(drop) }
    });
}

/// Deletes a job that was given up.
pub fn discard(job_id: String, busy: RwSignal<bool>, acted: Callback<()>) {
    carry_out(busy, acted, t!("discarded").to_owned(), move || {
        let job_id = job_id.clone();
        let call = async |transport, request| JobServiceClient::new(transport).discard_job(request).await;
        async move { use_api().write(&Act::default(), pb::DiscardJobRequest { job_id }, call).await.map(drop) }
    });
}

/// Whatever came of it, the page looks again: a refusal means that it shows what was.
fn carry_out<C>(busy: RwSignal<bool>, acted: Callback<()>, told: String, act: impl Fn() -> C + Send + Sync + 'static)
where
    C: Future<Output = Result<(), ApiError>> + 'static,
{
    use_elevated().perform(JOBS.name, busy, act, move |answer| {
        match answer {
            Ok(()) => use_toasts().say(told.clone()),
            Err(error) => use_toasts().say(error.sentence()),
        }
        acted.try_run(());
    });
}
