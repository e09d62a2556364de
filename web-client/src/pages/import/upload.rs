//! Sends a file in pieces. It goes on while other pages are open, and where it was after it broke off.

use std::cell::RefCell;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, import_service_client::ImportServiceClient};
use tonic::Code;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_kit::api::{act::Act, error::ApiError, use_api};
use web_sys::File;

use super::sheet::fetch;

/// Bytes of a piece.
const PIECE: i64 = 256 * 1024;

/// One file on its way. Its signals outlive the page that began it.
#[derive(Clone)]
pub struct Upload {
    id: String,
    file: File,
    pub sent: ArcRwSignal<i64>,
    /// Why it stands still.
    pub error: ArcRwSignal<Option<ApiError>>,
    /// Every byte is there, or will never be.
    pub ended: ArcRwSignal<bool>,
}

thread_local! {
    static UPLOADS: RefCell<Vec<Upload>> = const { RefCell::new(Vec::new()) };
}

/// The upload of an import that this tab carries out, if it does.
pub fn running(id: &str) -> Option<Upload> {
    UPLOADS.with_borrow(|all| all.iter().find(|upload| upload.id == id).cloned())
}

/// Begins an import with this file; gives it as the server knows it.
pub async fn begin(act: &Act, file: File, subject: pb::ImportSubject) -> Result<pb::Import, ApiError> {
    let request = pb::CreateImportRequest { file_name: file.name(), file_size: file.size() as i64, subject: subject.into() };
    let call = async |transport, request| ImportServiceClient::new(transport).create_import(request).await;
    let import = use_api().write(act, request, call).await?.import.unwrap_or_default();
    start(&import, file);
    Ok(import)
}

/// Goes on with an upload that broke off, with the same file chosen again.
pub fn resume(import: &pb::Import, file: File) -> Result<(), ApiError> {
    if file.size() as i64 != import.file_size {
        let text = t!(
            "This is another file: “{name}” has another size. Choose “{file_name}” again.",
            name = file.name(),
            file_name = import.file_name
        );
        return Err(ApiError::new(Code::InvalidArgument, text));
    }
    start(import, file);
    Ok(())
}

fn start(import: &pb::Import, file: File) {
    let upload = Upload {
        id: import.id.clone(),
        file,
        sent: ArcRwSignal::new(import.uploaded_bytes),
        error: ArcRwSignal::new(None),
        ended: ArcRwSignal::new(false),
    };
    UPLOADS.with_borrow_mut(|all| {
        all.retain(|one| one.id != upload.id);
        all.push(upload.clone());
    });
    upload.go();
}

impl Upload {
    pub fn size(&self) -> i64 {
        self.file.size() as i64
    }

    /// Sends what is missing.
    pub fn go(&self) {
        let upload = self.clone();
        upload.error.set(None);
        spawn_local(async move {
            let answer = upload.send().await;
            match answer {
                Err(error) if error.is_retryable() || error.outcome_is_unknown() => upload.error.set(Some(error)),
                // The server has said its word about the file; the import itself tells.
                _ => {
                    UPLOADS.with_borrow_mut(|all| all.retain(|one| one.id != upload.id));
                    upload.ended.set(true);
                }
            }
        });
    }

    async fn send(&self) -> Result<(), ApiError> {
        let mut offset = fetch(self.id.clone()).await?.import.unwrap_or_default().uploaded_bytes;
        while offset < self.size() {
            self.sent.set(offset);
            let end = (offset + PIECE).min(self.size());
            let data = self.read(offset, end).await?;
            let request = pb::UploadImportChunkRequest { import_id: self.id.clone(), offset, data };
            let call = async |transport, request| ImportServiceClient::new(transport).upload_import_chunk(request).await;
            use_api().write(&Act::default(), request, call).await?;
            offset = end;
        }
        self.sent.set(offset);
        Ok(())
    }

    async fn read(&self, from: i64, to: i64) -> Result<Vec<u8>, ApiError> {
        let gone = |_| ApiError::new(Code::DataLoss, t!("The file can no longer be read. Choose it again."));
        let piece = self.file.slice_with_f64_and_f64(from as f64, to as f64).map_err(gone)?;
        let buffer = JsFuture::from(piece.array_buffer()).await.map_err(gone)?;
        Ok(js_sys::Uint8Array::new(&buffer).to_vec())
    }
}
