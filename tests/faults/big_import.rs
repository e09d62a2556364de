//! Many rows come in while another company works on: every call of theirs is answered, every row arrives once, and the server's memory
//! stays bounded.
//!
//! `IMPORT_ROWS` sets the number of rows (20,000 when unset, which takes a debug build long enough; 100,000 need minutes of one).

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, customer_service_client::CustomerServiceClient,
    import_service_client::ImportServiceClient,
};
use streamflow_tests::{person::request, postgres::Cluster, process::Server};
use tonic::transport::Channel;

const EMAIL: &str = "owner@example.com";
const OTHER: &str = "other@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
/// What a server takes that holds neither the file nor its rows.
const MOST_MEMORY: u64 = 320 * 1024 * 1024;

fn file(rows: i32) -> String {
    let mut text = String::from("external_id,name,email,phone,city\n");
    for n in 0..rows {
        writeln!(text, "B{n:06},Customer number {n},office{n}@example.com,+44 20 7946 {:04},Leeds", n % 10_000).unwrap();
    }
    text
}

/// The owner of a second company.
async fn another_company(server: &Server) -> String {
    let words = ["tenant", "create", "--name", "Other & Co", "--owner-name", "Otto Other", "--owner-email", OTHER, "--json"];
    let (is_done, text) = server.run(&words);
    assert!(is_done, "{text}");
    let made: serde_json::Value = serde_json::from_str(&text).unwrap();
    let token = made["password_url"].as_str().unwrap().split_once("token=").unwrap().1.to_owned();
    let reset = pb::ResetPasswordRequest { token, new_password: PASSWORD.into() };
    AccountServiceClient::new(server.channel()).reset_password(request(reset, None)).await.unwrap();
    server.first_sign_in(OTHER, PASSWORD).await
}

/// Writes and lists until told to stop, and has each call answered; returns how many customers it made.
async fn work(channel: Channel, token: String, stop: Arc<AtomicBool>) -> i32 {
    let mut customers = CustomerServiceClient::new(channel);
    let mut made = 0;
    while !stop.load(Ordering::Relaxed) {
        let customer = Some(pb::Customer { name: format!("Other {made}"), ..Default::default() });
        customers.create_customer(request(pb::CreateCustomerRequest { customer }, Some(&token))).await.expect("an answer");
        made += 1;
        let list = pb::ListCustomersRequest { page_size: 50, count_total: true, ..Default::default() };
        let found = customers.list_customers(request(list, Some(&token))).await.expect("an answer").into_inner();
        assert_eq!(found.page.unwrap().total_size, made);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    made
}

/// Sends the file, and starts its import.
pub async fn start(imports: &mut ImportServiceClient<Channel>, token: &str, file: &[u8]) -> String {
    let create = pb::CreateImportRequest {
        file_name: "big.csv".into(),
        file_size: i64::try_from(file.len()).unwrap(),
        subject: pb::ImportSubject::Customers.into(),
    };
    let mut import = imports.create_import(request(create, Some(token))).await.unwrap().into_inner().import.unwrap();
    for piece in file.chunks(500_000) {
        let chunk =
            pb::UploadImportChunkRequest { import_id: import.id.clone(), offset: import.uploaded_bytes, data: piece.to_vec() };
        import = imports.upload_import_chunk(request(chunk, Some(token))).await.unwrap().into_inner().import.unwrap();
    }
    let mode = pb::ImportMode::Create.into();
    let preview = pb::PreviewImportRequest { import_id: import.id.clone(), mode, ..Default::default() };
    imports.preview_import(request(preview, Some(token))).await.unwrap();
    let run = pb::RunImportRequest { import_id: import.id.clone(), skip_problem_rows: false };
    imports.run_import(request(run, Some(token))).await.unwrap();
    import.id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_come_in_while_others_work_on_sqlite() {
    many_rows_come_in(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_come_in_while_others_work_on_postgres() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    many_rows_come_in(Some(format!("{}/postgres", cluster.url))).await;
}

async fn many_rows_come_in(postgres_url: Option<String>) {
    let rows = std::env::var("IMPORT_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(folder.path(), postgres_url);
    server.set("STREAMFLOW_LIMITS__UPLOAD", "1000000");
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let (owner, other) = (server.first_sign_in(EMAIL, PASSWORD).await, another_company(&server).await);
    let stop = Arc::new(AtomicBool::new(false));
    let worker = tokio::spawn(work(server.channel(), other, Arc::clone(&stop)));
    let begun = std::time::Instant::now();
    let mut imports = ImportServiceClient::new(server.channel());
    let import_id = start(&mut imports, &owner, file(rows).as_bytes()).await;
    let import = loop {
        let get = pb::GetImportRequest { import_id: import_id.clone() };
        let import = imports.get_import(request(get, Some(&owner))).await.unwrap().into_inner().import.unwrap();
        if import.state() != pb::ImportState::Running {
            break import;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    stop.store(true, Ordering::Relaxed);
    let made = worker.await.expect("every call answered");
    println!("{:?}, {made} customers of others meanwhile, {} MiB", begun.elapsed(), server.peak_memory() / 1024 / 1024);
    assert_eq!((import.state(), import.created, import.skipped), (pb::ImportState::Done, rows, 0), "{import:?}");
    assert!(made > 20, "others hardly got on: {made}");
    assert!(server.peak_memory() < MOST_MEMORY, "{} bytes", server.peak_memory());
}
