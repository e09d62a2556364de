//! `ImportService`.

mod corrections;
mod files;
mod leads;
mod right;
mod undo;

use std::time::Duration;

use streamflow_proto::client::v1::{self as pb, ImportSubject, import_service_client::ImportServiceClient};
use streamflow_tests::person::Person;
use tonic::{Status, transport::Channel};

pub fn service(person: &Person) -> ImportServiceClient<Channel> {
    ImportServiceClient::new(person.channel.clone())
}

pub async fn begin(person: &Person, name: &str, size: i64) -> Result<pb::Import, Status> {
    begin_with(person, ImportSubject::Customers, name, size).await
}

async fn begin_with(person: &Person, subject: ImportSubject, name: &str, size: i64) -> Result<pb::Import, Status> {
    let request = pb::CreateImportRequest { file_name: name.into(), file_size: size, subject: subject.into() };
    Ok(service(person).create_import(person.ask(request)).await?.into_inner().import.unwrap())
}

pub async fn send(person: &Person, id: &str, offset: i64, data: &[u8]) -> Result<pb::Import, Status> {
    let request = pb::UploadImportChunkRequest { import_id: id.into(), offset, data: data.to_vec() };
    Ok(service(person).upload_import_chunk(person.ask(request)).await?.into_inner().import.unwrap())
}

/// A file with customers, sent in pieces.
pub async fn upload(person: &Person, file: &[u8]) -> Result<pb::Import, Status> {
    upload_of(person, ImportSubject::Customers, file).await
}

async fn upload_of(person: &Person, subject: ImportSubject, file: &[u8]) -> Result<pb::Import, Status> {
    let mut import = begin_with(person, subject, "file.csv", i64::try_from(file.len()).unwrap()).await?;
    for piece in file.chunks(400_000) {
        import = send(person, &import.id, import.uploaded_bytes, piece).await?;
    }
    Ok(import)
}

pub async fn reformat(person: &Person, id: &str, delimiter: &str, encoding: &str) -> Result<pb::Import, Status> {
    let request = pb::SetImportFormatRequest { import_id: id.into(), delimiter: delimiter.into(), encoding: encoding.into() };
    Ok(service(person).set_import_format(person.ask(request)).await?.into_inner().import.unwrap())
}

pub async fn preview(person: &Person, id: &str, mode: pb::ImportMode, key: &str) -> Result<pb::PreviewImportResponse, Status> {
    let request = pb::PreviewImportRequest { import_id: id.into(), mapping: Vec::new(), mode: mode.into(), key: key.into() };
    Ok(service(person).preview_import(person.ask(request)).await?.into_inner())
}

pub async fn fix(person: &Person, request: pb::FixImportCellsRequest) -> Result<pb::FixImportCellsResponse, Status> {
    Ok(service(person).fix_import_cells(person.ask(request)).await?.into_inner())
}

pub async fn start(person: &Person, id: &str, skip_problem_rows: bool) -> Result<pb::Import, Status> {
    let request = pb::RunImportRequest { import_id: id.into(), skip_problem_rows };
    Ok(service(person).run_import(person.ask(request)).await?.into_inner().import.unwrap())
}

pub async fn undo(person: &Person, id: &str) -> Result<pb::Import, Status> {
    let request = pb::UndoImportRequest { import_id: id.into() };
    Ok(service(person).undo_import(person.ask(request)).await?.into_inner().import.unwrap())
}

pub async fn get(person: &Person, id: &str) -> Result<pb::GetImportResponse, Status> {
    let request = pb::GetImportRequest { import_id: id.into() };
    Ok(service(person).get_import(person.ask(request)).await?.into_inner())
}

/// The import once nobody works on it any more.
pub async fn ended(person: &Person, id: &str) -> pb::Import {
    for _ in 0..1_000 {
        let import = get(person, id).await.unwrap().import.unwrap();
        if !matches!(import.state(), pb::ImportState::Running | pb::ImportState::Undoing) {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the import does not end");
}

/// A file brought all the way in.
pub async fn run(person: &Person, file: &str, mode: pb::ImportMode, key: &str) -> pb::Import {
    let import = upload(person, file.as_bytes()).await.unwrap();
    preview(person, &import.id, mode, key).await.unwrap();
    start(person, &import.id, false).await.unwrap();
    ended(person, &import.id).await
}

/// State and counts: created, updated, unchanged, skipped, contacts.
pub fn came_to(import: &pb::Import) -> (pb::ImportState, [i32; 5]) {
    let counts = [import.created, import.updated, import.unchanged, import.skipped, import.contacts_created];
    (import.state(), counts)
}
