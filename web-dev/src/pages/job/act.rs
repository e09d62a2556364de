//! What an engineer may do with a job or a schedule.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, job_service_client::JobServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    toast::use_toasts,
};

/// Queues scheduled work to be done now.
pub fn run(name: String, busy: RwSignal<bool>, acted: Callback<()>) {
    let told = t!("{name} is queued", name);
    carry_out(busy, acted, told, async move {
        let call = async |transport, request| JobServiceClient::new(transport).run_schedule(request).await;
        use_api().write(&Act::default(), pb::RunScheduleRequest { name }, call).await.map(drop)
    });
}

/// Queues a job anew.
pub fn retry(job_id: String, busy: RwSignal<bool>, acted: Callback<()>) {
    carry_out(busy, acted, t!("queued anew").to_owned(), async move {
        let call = async |transport, request| JobServiceClient::new(transport).retry_job(request).await;
        use_api().write(&Act::default(), pb::RetryJobRequest { job_id }, call).await.map(drop)
    });
}

/// Deletes a job that was given up.
pub fn discard(job_id: String, busy: RwSignal<bool>, acted: Callback<()>) {
    carry_out(busy, acted, t!("discarded").to_owned(), async move {
        let call = async |transport, request| JobServiceClient::new(transport).discard_job(request).await;
        use_api().write(&Act::default(), pb::DiscardJobRequest { job_id }, call).await.map(drop)
    });
}

/// Whatever came of it, the page looks again: a refusal means that it shows what was.
fn carry_out(busy: RwSignal<bool>, acted: Callback<()>, told: String, act: impl Future<Output = Result<(), ApiError>> + 'static) {
    busy.set(true);
    spawn_local(async move {
        let answer = act.await;
        busy.try_set(false);
        match answer {
            Ok(()) => use_toasts().say(told),
            Err(error) => use_toasts().say(error.sentence()),
        }
        acted.try_run(());
    });
}
