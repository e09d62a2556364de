//! What the page asks of the server, and what it says afterwards.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, merge_service_client::MergeServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    toast::use_toasts,
};

use crate::parts::{field::label, noun::Noun};

pub async fn find(noun: &Noun, record_id: String) -> Result<pb::FindDuplicatesResponse, ApiError> {
    let request = pb::FindDuplicatesRequest { kind: noun.kind.into(), record_id };
    use_api().read(request, async |transport, request| MergeServiceClient::new(transport).find_duplicates(request).await).await
}

pub async fn preview(noun: &Noun, survivor_id: String, other_ids: Vec<String>) -> Result<pb::PreviewMergeResponse, ApiError> {
    let request = pb::PreviewMergeRequest { kind: noun.kind.into(), survivor_id, other_ids };
    use_api().read(request, async |transport, request| MergeServiceClient::new(transport).preview_merge(request).await).await
}

/// The first of the records stays.
pub fn group(records: &[pb::Duplicate], choices: Vec<pb::MergeChoice>) -> pb::MergeGroup {
    let mut looked = records.iter().map(|record| pb::MergedVersion { id: record.id.clone(), version: record.version });
    pb::MergeGroup { survivor: looked.next(), others: looked.collect(), choices }
}

pub async fn merge(act: &Act, noun: &Noun, groups: Vec<pb::MergeGroup>) -> Result<Vec<String>, ApiError> {
    let request = pb::MergeRecordsRequest { kind: noun.kind.into(), groups };
    let call = async |transport, request| MergeServiceClient::new(transport).merge_records(request).await;
    Ok(use_api().write(act, request, call).await?.merge_ids)
}

/// Says so, with the way back.
pub fn say_merged(noun: &'static Noun, merges: Vec<String>, done: Callback<()>) {
    let told = match merges.len() {
        1 => t!("{title} merged", title = t!(noun.title)),
        count => n!(count as i64, "{count} group merged", "{count} groups merged"),
    };
    use_toasts().say_with_undo(told, move || undo(merges.clone(), done));
}

/// The last merge is undone first.
fn undo(merges: Vec<String>, done: Callback<()>) {
    spawn_local(async move {
        let mut kept = Vec::new();
        for merge_id in merges.into_iter().rev() {
            let request = pb::UndoMergeRequest { merge_id };
            let call = async |transport, request| MergeServiceClient::new(transport).undo_merge(request).await;
            match use_api().write(&Act::default(), request, call).await {
                Ok(reply) => kept.extend(stayed(reply)),
                Err(error) => {
                    use_toasts().say(t!("Not undone: {reason}", reason = error.sentence()));
                    return;
                }
            }
        }
        use_toasts().say(sentence(&kept));
        // The page may be another one by now.
        done.try_run(());
    });
}

fn stayed(reply: pb::UndoMergeResponse) -> impl Iterator<Item = String> {
    reply.kept_fields.into_iter().map(|field| label(&field)).chain(reply.kept_records)
}

fn sentence(kept: &[String]) -> String {
    if kept.is_empty() {
        return t!("Merge undone").to_owned();
    }
    t!("Merge undone, except what changed since: {kept}", kept = kept.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_stays() {
        let record = |id: &str, version| pb::Duplicate { id: id.into(), version, ..Default::default() };
        let group = group(&[record("cus_1", 4), record("cus_2", 7)], Vec::new());
        assert_eq!(group.survivor.map(|one| (one.id, one.version)), Some(("cus_1".to_owned(), 4)));
        assert_eq!(group.others.len(), 1);
    }

    #[test]
    fn what_an_undo_left_is_named() {
        assert_eq!(sentence(&[]), "Merge undone");
        let reply = pb::UndoMergeResponse {
            kept_fields: vec!["email".into()],
            kept_records: vec!["2 leads".into()],
            ..Default::default()
        };
        let kept: Vec<String> = stayed(reply).collect();
        assert_eq!(sentence(&kept), "Merge undone, except what changed since: E-mail, 2 leads");
    }
}
