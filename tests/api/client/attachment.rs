//! `AttachmentService`, and the address that files are sent to.

mod room;
mod upload;

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    db::{Backend, Scope, Visibility},
    ids::{self, prefix},
};
use streamflow_proto::client::v1::{
    self as pb, attachment_service_client::AttachmentServiceClient, audit_service_client::AuditServiceClient,
    change_service_client::ChangeServiceClient, task_service_client::TaskServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
    world::World,
};
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

use super::{contact, customer, lead, timeline};

#[derive(FromQueryResult)]
struct Row {
    name: String,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR Wendehals";
const CUSTOMER: i32 = pb::RecordKind::Customer as i32;

fn service(person: &Person) -> AttachmentServiceClient<Channel> {
    AttachmentServiceClient::new(person.channel.clone())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn wanted(record_id: &str, name: &str, media_type: &str, bytes: &[u8]) -> pb::StartUploadRequest {
    pb::StartUploadRequest {
        record_id: record_id.into(),
        file_name: name.into(),
        size: i64::try_from(bytes.len()).unwrap(),
        media_type: media_type.into(),
        sha256: sha256(bytes),
    }
}

async fn start(person: &Person, request: pb::StartUploadRequest) -> Result<pb::StartUploadResponse, Status> {
    Ok(service(person).start_upload(person.ask(request)).await?.into_inner())
}

/// What a sender says besides the bytes.
#[derive(Clone, Debug)]
struct Put {
    method: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// In chunks, without saying beforehand how much it is.
    chunked: bool,
}

const PLAIN: Put = Put { method: "PUT", headers: &[], chunked: false };

/// Sends a file and returns the status of the answer.
fn send(to: SocketAddr, path: &str, put: &Put, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(to).unwrap();
    let headers: String = put.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if put.chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {}", body.len()) };
    write!(stream, "{} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{length}\r\n{headers}\r\n", put.method).unwrap();
    // A server that has seen enough may hang up before the end.
    if put.chunked {
        let _ = write!(stream, "{:x}\r\n", body.len());
        let _ = stream.write_all(body);
        let _ = write!(stream, "\r\n0\r\n\r\n");
    } else {
        let _ = stream.write_all(body);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(answer.contains("x-content-type-options: nosniff") && answer.contains("cache-control: no-store"), "{answer}");
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

async fn put(world: &World, path: &str, put: Put, body: &[u8]) -> u16 {
    let (to, path, body) = (world.address, path.to_owned(), body.to_vec());
    tokio::task::spawn_blocking(move || send(to, &path, &put, &body)).await.unwrap()
}

async fn complete(person: &Person, id: &str) -> Result<pb::Attachment, Status> {
    let request = pb::CompleteUploadRequest { attachment_id: id.into() };
    Ok(service(person).complete_upload(person.ask(request)).await?.into_inner().attachment.unwrap())
}

/// A file from its beginning to its end.
async fn add(world: &World, person: &Person, record_id: &str, name: &str) -> Result<pb::Attachment, Status> {
    let begun = start(person, wanted(record_id, name, "image/png", PNG)).await?;
    assert_eq!(put(world, &begun.upload_path, PLAIN, PNG).await, 204);
    complete(person, &begun.attachment_id).await
}

pub async fn any(world: &World, person: &Person, record_id: &str) -> String {
    add(world, person, record_id, "any.png").await.unwrap().id
}

async fn page(person: &Person, record_id: &str, page_size: i32, token: &str) -> Result<pb::ListAttachmentsResponse, Status> {
    let request = pb::ListAttachmentsRequest { record_id: record_id.into(), page_size, page_token: token.into() };
    Ok(service(person).list_attachments(person.ask(request)).await?.into_inner())
}

async fn names(person: &Person, record_id: &str) -> Result<Vec<String>, Status> {
    Ok(page(person, record_id, 0, "").await?.attachments.into_iter().map(|file| file.name).collect())
}

async fn download(person: &Person, id: &str) -> Result<Vec<u8>, Status> {
    let ask = person.ask(pb::DownloadAttachmentRequest { attachment_id: id.into() });
    let mut stream = service(person).download_attachment(ask).await?.into_inner();
    let mut file = Vec::new();
    while let Some(piece) = stream.message().await? {
        file.extend(piece.data);
    }
    Ok(file)
}

pub async fn delete(person: &Person, id: &str, version: i64) -> Result<(), Status> {
    let request = pb::DeleteAttachmentRequest { attachment_id: id.into(), version };
    service(person).delete_attachment(person.ask(request)).await?;
    Ok(())
}

pub async fn restore(person: &Person, id: &str) -> Result<pb::Attachment, Status> {
    let request = pb::RestoreAttachmentRequest { attachment_id: id.into() };
    Ok(service(person).restore_attachment(person.ask(request)).await?.into_inner().attachment.unwrap())
}

async fn task(person: &Person, assignee: &str) -> String {
    let task = pb::Task { title: "Measure".into(), assignee_id: assignee.into(), ..Default::default() };
    let make = pb::CreateTaskRequest { task: Some(task) };
    TaskServiceClient::new(person.channel.clone()).create_task(person.ask(make)).await.unwrap().into_inner().task.unwrap().id
}

/// Everything below a folder, with its bytes.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn stored(world: &World) -> Vec<(String, Vec<u8>)> {
    files(&world.folder.path().join("files"))
}

on_both! {
    async fn a_file_is_brought_seen_downloaded_deleted_and_brought_back(world) {
        let owner = world.company("Harrow").await;
        let made = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let begun = start(&owner, wanted(&made.id, "dir/Pl\u{202e}an.png", "image/png", PNG)).await.unwrap();
        assert!(names(&owner, &made.id).await.unwrap().is_empty());
        assert_eq!(put(&world, &begun.upload_path, PLAIN, PNG).await, 204);
        assert!(names(&owner, &made.id).await.unwrap().is_empty(), "shown before it was looked at");
        let file = complete(&owner, &begun.attachment_id).await.unwrap();
        assert_eq!((file.name.as_str(), file.size, file.media_type.as_str()), ("Plan.png", PNG.len() as i64, "image/png"));
        assert_eq!((file.record_id.as_str(), file.added_by_name.as_str()), (made.id.as_str(), "Olive Owner"));
        assert_eq!(names(&owner, &made.id).await.unwrap(), ["Plan.png"]);
        assert_eq!(download(&owner, &file.id).await.unwrap(), PNG);

        let (org, record) = (&owner.org_id[4..], &made.id[4..]);
        let [(path, sealed)] = stored(&world).try_into().unwrap();
        assert!(path.contains(&format!("/files/organizations/{org}/customers/{record}/attachment-")), "{path}");
        assert!(path.contains(".png") && !sealed.windows(9).any(|window| window == b"Wendehals"));

        let stale = delete(&owner, &file.id, file.version + 1).await.unwrap_err();
        assert_eq!(conflict::<pb::AttachmentConflict>(&stale).current.unwrap().id, file.id);
        delete(&owner, &file.id, file.version).await.unwrap();
        assert!(names(&owner, &made.id).await.unwrap().is_empty());
        for gone in [download(&owner, &file.id).await.unwrap_err(), delete(&owner, &file.id, 2).await.unwrap_err()] {
            assert_eq!(gone.code(), Code::NotFound);
        }
        let back = restore(&owner, &file.id).await.unwrap();
        assert_eq!((back.id.as_str(), back.version), (file.id.as_str(), 3));
        assert_eq!(reason(&restore(&owner, &file.id).await.unwrap_err()), "NOT_DELETED");
        assert_eq!(download(&owner, &file.id).await.unwrap(), PNG);

        let told = timeline::told(&owner, CUSTOMER, &made.id).await;
        assert_eq!(told[..3], ["file_restored", "file_removed", "file_added"].map(|kind| format!("{kind} by Olive Owner: Plan.png")));
        let audit = pb::ListAuditRequest { filter: "outcome = OK".into(), ..Default::default() };
        let audit = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(audit)).await.unwrap().into_inner().records;
        let acts: Vec<_> = audit.iter().filter(|record| record.path.contains("AttachmentService"))
            .map(|record| (record.path.rsplit('/').next().unwrap(), record.category.as_str())).filter(|act| act.1 != "read").collect();
        let expected = [
            ("StartUpload", "upload"),
            ("CompleteUpload", "upload"),
            ("DownloadAttachment", "download"),
            ("DeleteAttachment", "deletion"),
            ("RestoreAttachment", "record"),
        ];
        for act in expected {
            assert!(acts.contains(&act), "{act:?} is not in {acts:?}");
        }
    }

    async fn every_wrong_input_is_told_at_once(world) {
        let owner = world.company("Harrow").await;
        let made = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let all = ["record_id", "file_name", "size", "media_type", "sha256"];
        assert_eq!(fields(&start(&owner, pb::StartUploadRequest::default()).await.unwrap_err()), all);
        let good = wanted(&made.id, "a.png", "image/png", PNG);
        let wrong: [(pb::StartUploadRequest, &str); 9] = [
            (pb::StartUploadRequest { size: (1 << 20) + 1, ..good.clone() }, "size"),
            (pb::StartUploadRequest { size: -1, ..good.clone() }, "size"),
            (pb::StartUploadRequest { file_name: "a.html".into(), media_type: "text/html".into(), ..good.clone() }, "media_type"),
            (pb::StartUploadRequest { file_name: "a.pdf".into(), ..good.clone() }, "media_type"),
            (pb::StartUploadRequest { file_name: "\0\u{202e}".into(), ..good.clone() }, "file_name"),
            (pb::StartUploadRequest { file_name: format!("{}.png", "ö".repeat(197)), ..good.clone() }, "file_name"),
            (pb::StartUploadRequest { sha256: "0F".repeat(32), ..good.clone() }, "sha256"),
            (pb::StartUploadRequest { sha256: "0f".repeat(31), ..good.clone() }, "sha256"),
            (pb::StartUploadRequest { record_id: owner.user_id.clone(), ..good.clone() }, "record_id"),
        ];
        for (request, field) in wrong {
            assert_eq!(fields(&start(&owner, request.clone()).await.unwrap_err()), [field], "{request:?}");
        }
        assert_eq!(fields(&page(&owner, "x", 0, "").await.unwrap_err()), ["record_id"]);
        assert_eq!(fields(&page(&owner, &made.id, -1, "x").await.unwrap_err()), ["page_size"]);
        let named = start(&owner, pb::StartUploadRequest { file_name: format!("{}.png", "ö".repeat(196)), ..good }).await;
        assert!(named.is_ok());
    }

    async fn files_are_seen_and_changed_with_their_record(world) {
        let (owner, other) = (world.company("Harrow").await, world.company("Other").await);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let made = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ana = contact::create(&owner, &made.id, "Ana").await.unwrap();
        let roof = lead::create(&owner, lead::named("Roof")).await.unwrap();
        let job = task(&owner, &owner.user_id).await;
        let mine = customer::create(&staff, customer::named("Mine")).await.unwrap();
        let errand = task(&owner, &staff.user_id).await;
        let mut hidden = Vec::new();
        for record in [&made.id, &ana.id, &roof.id, &job] {
            let file = add(&world, &owner, record, "a.png").await.unwrap();
            for stranger in [&staff, &other] {
                assert_eq!(names(stranger, record).await.unwrap_err().code(), Code::NotFound, "{record}");
                assert_eq!(start(stranger, wanted(record, "a.png", "image/png", PNG)).await.unwrap_err().code(), Code::NotFound);
                let missing = download(stranger, &format!("att_{}", "0".repeat(32))).await.unwrap_err();
                for refused in [
                    download(stranger, &file.id).await.unwrap_err(),
                    delete(stranger, &file.id, file.version).await.unwrap_err(),
                    restore(stranger, &file.id).await.unwrap_err(),
                    complete(stranger, &file.id).await.unwrap_err(),
                ] {
                    assert_eq!((refused.code(), refused.message()), (Code::NotFound, missing.message()), "{record}");
                }
            }
            hidden.push(file);
        }
        // Bookkeeping reads what is on customers and contacts, and writes on its own tasks alone.
        assert_eq!(names(&accountant, &made.id).await.unwrap(), ["a.png"]);
        assert_eq!(download(&accountant, &hidden[1].id).await.unwrap(), PNG);
        assert_eq!(names(&accountant, &roof.id).await.unwrap_err().code(), Code::NotFound);
        for refused in [
            start(&accountant, wanted(&made.id, "a.png", "image/png", PNG)).await.unwrap_err(),
            delete(&accountant, &hidden[0].id, 1).await.unwrap_err(),
        ] {
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ROLE"));
        }
        let own = task(&accountant, "").await;
        add(&world, &accountant, &own, "b.png").await.unwrap();
        add(&world, &staff, &mine.id, "c.png").await.unwrap();
        add(&world, &staff, &errand, "d.png").await.unwrap();
        assert_eq!(names(&owner, &errand).await.unwrap(), ["d.png"]);

        // PostgreSQL keeps to it even where the service would forget to ask.
        let parse = |noun: &str, id: &str| -> Uuid { ids::parse(noun, id).unwrap() };
        let scope = Scope {
            org_id: parse(prefix::ORG, &owner.org_id),
            user_id: parse(prefix::USER, &staff.user_id),
            visibility: Visibility::Own,
            team_ids: Vec::new(),
        };
        let tx = world.kernel.database.tenant_read(scope).await.unwrap();
        let rows: Vec<Row> = tx.query("SELECT name FROM attachments WHERE org_id = {org} ORDER BY name", Vec::new()).await.unwrap();
        let seen: Vec<String> = rows.into_iter().map(|row| row.name).collect();
        match world.backend {
            Backend::Postgres => assert_eq!(seen, ["c.png", "d.png"]),
            Backend::Sqlite => assert_eq!(seen.len(), 7),
        }
    }

    async fn lists_come_page_by_page_and_news_reach_those_who_see_the_record(world) {
        let owner = world.company("Harrow").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let mine = customer::create(&staff, customer::named("Mine")).await.unwrap();
        let roof = lead::create(&owner, lead::named("Roof")).await.unwrap();
        let watch = async |person: &Person| {
            let watch = person.ask(pb::WatchRequest::default());
            ChangeServiceClient::new(person.channel.clone()).watch(watch).await.unwrap().into_inner()
        };
        let (mut of_staff, mut of_accountant) = (watch(&staff).await, watch(&accountant).await);
        add(&world, &owner, &roof.id, "hidden.png").await.unwrap();
        for name in ["1.png", "2.png", "3.png"] {
            world.pass(chrono::TimeDelta::seconds(1));
            add(&world, &owner, &mine.id, name).await.unwrap();
        }
        for stream in [&mut of_staff, &mut of_accountant] {
            let first = loop {
                let change = stream.message().await.unwrap().unwrap().change;
                if let Some(change) = change.filter(|change| change.entity == "attachment") {
                    break change;
                }
            };
            assert_eq!((first.fields, first.id.starts_with("att_")), (vec![mine.id.clone()], true));
        }
        let first = page(&staff, &mine.id, 2, "").await.unwrap();
        let token = first.page.unwrap().next_page_token;
        let second = page(&staff, &mine.id, 2, &token).await.unwrap();
        let all: Vec<_> = first.attachments.iter().chain(&second.attachments).map(|file| file.name.as_str()).collect();
        assert_eq!((all, second.page.unwrap().next_page_token.as_str()), (vec!["3.png", "2.png", "1.png"], ""));
    }

    async fn a_server_without_the_file_says_so(world) {
        let owner = world.company("Harrow").await;
        let record = customer::create(&owner, customer::named("Berglund")).await.unwrap().id;
        let id = any(&world, &owner, &record).await;
        assert_eq!(download(&owner, &id).await.unwrap(), PNG);
        std::fs::remove_dir_all(world.folder.path().join("files/organizations")).unwrap();
        let elsewhere = download(&owner, &id).await.unwrap_err();
        assert_eq!((elsewhere.code(), reason(&elsewhere).as_str()), (Code::FailedPrecondition, "FILE_ELSEWHERE"));
    }
}
