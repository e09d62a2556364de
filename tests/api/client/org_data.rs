//! `OrgDataService` of the client portal.

use std::{
    collections::HashMap,
    io::{Cursor, Read as _},
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use chrono::TimeDelta;
use sea_orm::Value;
use sha2::{Digest as _, Sha256};
use streamflow_client::org_data::{
    domain::{LEFT_OUT, OPENED, TABLES},
    store,
};
use streamflow_kernel::{
    db::{Backend, Scope},
    ids::{self, prefix},
    jobs::Runner,
};
use streamflow_migrations::TENANT_TABLES;
use streamflow_proto::client::v1::{
    self as pb, audit_service_client::AuditServiceClient, notification_service_client::NotificationServiceClient,
    org_data_service_client::OrgDataServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::reason,
    on_both,
    person::{PASSWORD, Person, request},
    sql,
    world::{Setup, World},
};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{customer, lead};

const CANARY: &str = "Zebrafink";

pub async fn start(person: &Person) -> Result<pb::OrgExport, Status> {
    let mut service = OrgDataServiceClient::new(person.channel.clone());
    Ok(service.start_export(person.ask(pb::StartExportRequest {})).await?.into_inner().export.unwrap())
}

async fn list(person: &Person) -> Result<Vec<pb::OrgExport>, Status> {
    let mut service = OrgDataServiceClient::new(person.channel.clone());
    Ok(service.list_exports(person.ask(pb::ListExportsRequest {})).await?.into_inner().exports)
}

async fn download(person: &Person, id: &str) -> Result<Vec<u8>, Status> {
    let ask = person.ask(pb::DownloadExportRequest { export_id: id.into() });
    let mut stream = OrgDataServiceClient::new(person.channel.clone()).download_export(ask).await?.into_inner();
    let mut file = Vec::new();
    while let Some(piece) = stream.message().await? {
        file.extend(piece.data);
    }
    Ok(file)
}

async fn jobs(world: &World) -> Runner {
    world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap()
}

/// Waits for the newest export to end.
async fn ended(person: &Person) -> pb::OrgExport {
    for _ in 0..1000 {
        let newest = list(person).await.unwrap().remove(0);
        if newest.state() != pb::OrgExportState::Running {
            return newest;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the export does not end");
}

/// A company's whole archive, once the jobs have written it.
pub async fn exported(person: &Person) -> Vec<u8> {
    start(person).await.unwrap();
    let done = ended(person).await;
    download(person, &done.id).await.unwrap()
}

/// Files of an archive by name.
fn unpacked(file: Vec<u8>) -> HashMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut files = HashMap::new();
    for name in names {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        files.insert(name, text);
    }
    files
}

async fn rows_of(world: &World, org: Uuid, table: &str) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Count {
        rows: i64,
    }
    let tx = world.kernel.database.tenant_read(Scope::whole(org)).await.unwrap();
    let counts: Vec<Count> =
        tx.query(&format!("SELECT COUNT(*) AS rows FROM {table} WHERE org_id = {{org}}"), vec![]).await.unwrap();
    counts[0].rows
}

/// Something of most kinds, all with a word in it.
async fn fill(world: &World, owner: &Person, word: &str) {
    owner.hire(world, pb::Role::Staff, "").await;
    for n in 0..3 {
        let made = customer::create(owner, customer::named(&format!("{word} {n}"))).await.unwrap();
        let private = pb::CustomerPrivate { customer_id: made.id, tax_id: format!("{word} tax {n}"), ..Default::default() };
        customer::write_private(owner, private).await.unwrap();
        lead::create(owner, pb::Lead { name: format!("{word} lead {n}"), ..Default::default() }).await.unwrap();
    }
}

/// Tables whose rows change while an export is written and read.
const MOVING: [&str; 6] = ["audit", "audit_chain", "changes", "jobs", "notifications", "org_exports"];

on_both! {
    async fn an_archive_holds_everything_of_one_company_and_nothing_of_another(world) {
        let (owner, other) = (world.company("Harrow").await, world.company(CANARY).await);
        fill(&world, &owner, "Rotkehl").await;
        fill(&world, &other, CANARY).await;
        let _jobs = jobs(&world).await;
        let begun = start(&owner).await.unwrap();
        assert_eq!((begun.state(), begun.asked_by.as_str()), (pb::OrgExportState::Running, "Olive Owner"));
        let done = ended(&owner).await;
        assert_eq!((done.state(), done.tables_done, done.id.as_str()), (pb::OrgExportState::Done, done.tables, begun.id.as_str()));
        let file = download(&owner, &done.id).await.unwrap();
        assert_eq!(i64::try_from(file.len()).unwrap(), done.bytes);
        let files = unpacked(file);
        for (name, text) in &files {
            assert!(!text.contains(CANARY) && !text.contains(&other.email), "{name} holds something of another company");
        }

        let org = ids::parse(prefix::ORG, &owner.org_id).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&files["manifest.json"]).unwrap();
        let entries = manifest["files"].as_array().unwrap();
        assert_eq!(entries.len() + 1, files.len());
        for entry in entries {
            let text = &files[entry["name"].as_str().unwrap()];
            let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((entry["sha256"].as_str().unwrap(), entry["bytes"].as_u64().unwrap()), (hash.as_str(), text.len() as u64));
            assert_eq!(entry["rows"].as_u64().unwrap(), text.lines().count() as u64);
        }
        for table in TABLES.iter().filter(|table| !MOVING.contains(table)) {
            let whole = LEFT_OUT.iter().any(|left| left.table == *table && left.column.is_empty());
            let lines = files.get(&format!("tables/{table}.jsonl")).map(|text| text.lines().count());
            let rows = usize::try_from(rows_of(&world, org, table).await).unwrap();
            assert_eq!(lines, (!whole).then_some(rows), "{table}");
        }
        assert_eq!(files["people.jsonl"].lines().count(), 2);
        let private: Vec<serde_json::Value> =
            files["tables/customer_privates.jsonl"].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut opened: Vec<&str> = private.iter().map(|row| row["tax_id"].as_str().unwrap()).collect();
        opened.sort_unstable();
        assert_eq!(opened, ["Rotkehl tax 0", "Rotkehl tax 1", "Rotkehl tax 2"]);
        assert!(!files["tables/invitations.jsonl"].contains("token_hash"));
        assert!(manifest["left_out"].to_string().contains("token_hash") && manifest["decrypted"].to_string().contains("tax_id"));

        let news = pb::ListNotificationsRequest { unread_only: true, ..Default::default() };
        let news = NotificationServiceClient::new(world.channel.clone()).list_notifications(owner.ask(news)).await.unwrap();
        assert!(news.into_inner().notifications.iter().any(|one| one.kind() == pb::NotificationKind::Export && one.link == "settings/data"));
        let audit = pb::ListAuditRequest { filter: "category = export AND outcome = OK".into(), ..Default::default() };
        let audit = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(audit)).await.unwrap().into_inner().records;
        let paths: Vec<&str> = audit.iter().map(|record| record.path.rsplit('/').next().unwrap()).collect();
        assert_eq!(paths, ["DownloadExport", "StartExport", "StartExport"]);
    }

    async fn its_file_is_sealed_and_goes_after_a_week(world) {
        let owner = world.company("Harrow").await;
        fill(&world, &owner, CANARY).await;
        let runner = jobs(&world).await;
        start(&owner).await.unwrap();
        let done = ended(&owner).await;
        let folder = world.folder.path().join("exports").join(&owner.org_id[4..]);
        let path = folder.join(&done.id[4..]).with_extension("sealed");
        let sealed = std::fs::read(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!sealed.windows(4).any(|four| four == b"PK\x03\x04") && !sealed.windows(5).any(|five| five == b"audit"));
        // Cut, it is refused.
        std::fs::write(&path, &sealed[..sealed.len() - 1]).unwrap();
        assert_eq!(download(&owner, &done.id).await.unwrap_err().code(), Code::Internal);
        std::fs::write(&path, &sealed).unwrap();
        download(&owner, &done.id).await.unwrap();

        drop(runner);
        world.pass(TimeDelta::days(7));
        let owner = again(&world, &owner).await;
        assert_eq!(reason(&download(&owner, &done.id).await.unwrap_err()), "EXPORT_NOT_THERE");
        let _jobs = jobs(&world).await;
        for _ in 0..1000 {
            if !path.exists() && list(&owner).await.unwrap()[0].state() == pb::OrgExportState::Expired {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the file stays");
    }

    async fn a_server_that_has_no_file_says_where_to_look(world) {
        let owner = world.company("Harrow").await;
        let runner = jobs(&world).await;
        start(&owner).await.unwrap();
        let done = ended(&owner).await;
        drop(runner);
        // Another machine on the same database, with a disk of its own.
        let disk = tempfile::tempdir().unwrap();
        let twin = world.twin_with(Setup { vault: Some(disk.path().to_owned()), ..Setup::default() }).await;
        let there = Person { channel: twin.channel.clone(), ..owner.clone() };
        let elsewhere = download(&there, &done.id).await.unwrap_err();
        assert_eq!((elsewhere.code(), reason(&elsewhere).as_str()), (Code::FailedPrecondition, "EXPORT_ELSEWHERE"));
        assert!(!download(&owner, &done.id).await.unwrap().is_empty());

        // Whose disk it is not on leaves the deleting to the others, for a while.
        let ids = world.kernel.ids.uuid();
        let storages = [world.kernel.vault.storage("exports", ids).await.unwrap(), twin.kernel.vault.storage("exports", ids).await.unwrap()];
        assert_ne!(storages[0], storages[1]);
        let over = async |storage: &str, days: i64| {
            let db = world.kernel.database.system_read().await.unwrap();
            store::over(&db, storage, world.now() + TimeDelta::days(days)).await.unwrap().len()
        };
        assert_eq!([over(&storages[0], 6).await, over(&storages[0], 8).await], [0, 1]);
        assert_eq!([over(&storages[1], 8).await, over(&storages[1], 15).await], [0, 1]);

        let file = world.folder.path().join("exports").join(&owner.org_id[4..]).join(&done.id[4..]).with_extension("sealed");
        std::fs::remove_file(file).unwrap();
        assert_eq!(reason(&download(&owner, &done.id).await.unwrap_err()), "EXPORT_NOT_THERE");
    }

    async fn owners_alone_export_and_only_their_own(world) {
        let (owner, other) = (world.company("Harrow").await, world.company("Other").await);
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        assert_eq!(start(&manager).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(list(&manager).await.unwrap_err().code(), Code::PermissionDenied);
        let begun = start(&owner).await.unwrap();
        assert_eq!(download(&manager, &begun.id).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(reason(&start(&owner).await.unwrap_err()), "EXPORT_RUNNING");
        assert_eq!(reason(&download(&owner, &begun.id).await.unwrap_err()), "EXPORT_NOT_THERE");
        assert!(list(&other).await.unwrap().is_empty());
        let foreign = download(&other, &begun.id).await.unwrap_err();
        let missing = download(&other, &format!("exp_{}", "0".repeat(32))).await.unwrap_err();
        let wrong = download(&other, "x").await.unwrap_err();
        assert_eq!((foreign.code(), foreign.message()), (Code::NotFound, missing.message()));
        assert_eq!((wrong.code(), wrong.message()), (Code::NotFound, missing.message()));
    }

    async fn a_suspended_company_whose_trial_is_over_still_gets_its_data(world) {
        let owner = world.company("Harrow").await;
        let close = "UPDATE orgs SET suspended_at = ?, suspend_reason = 'Unpaid', suspend_contact = 'Dana', trial_ends_at = ?";
        world.kernel.database.system_execute(close, vec![world.now().into(), world.now().into()]).await.unwrap();
        let _jobs = jobs(&world).await;
        start(&owner).await.unwrap();
        let done = ended(&owner).await;
        assert!(!download(&owner, &done.id).await.unwrap().is_empty());
    }

    async fn no_table_and_no_secret_is_forgotten(world) {
        assert_eq!(TABLES, TENANT_TABLES);
        if world.backend == Backend::Sqlite {
            world.company("Anybody").await;
            return;
        }
        let mut known: Vec<String> = LEFT_OUT.iter().map(|left| format!("{}.{}", left.table, left.column)).collect();
        known.extend(OPENED.iter().flat_map(|(table, _, columns)| columns.iter().map(move |column| format!("{table}.{column}"))));
        let secrets = "SELECT COALESCE(string_agg(c.relname || '.' || a.attname, ','), '') AS found FROM pg_class c \
                       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
                       WHERE c.relnamespace = 'client'::regnamespace AND c.relkind = 'r' \
                       AND col_description(c.oid, a.attnum) LIKE '%[4 secret]'";
        let found: String = sql::row(&world.kernel.database, secrets, Vec::<Value>::new()).await.try_get("", "found").unwrap();
        for secret in found.split(',') {
            let table = secret.split('.').next().unwrap();
            let is_known = known.iter().any(|known| known == secret || *known == format!("{table}."));
            assert!(!TABLES.contains(&table) || is_known, "{secret}");
        }
        world.company("Anybody").await;
    }
}

/// The same owner after a while, with a code of then.
async fn again(world: &World, owner: &Person) -> Person {
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    let sign_in = pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true };
    let pending = sessions.sign_in(request(sign_in, None)).await.unwrap().into_inner().token;
    let verify = pb::VerifySecondFactorRequest { code: owner.code(world), return_token: true };
    let token = sessions.verify_second_factor(request(verify, Some(&pending))).await.unwrap().into_inner().token;
    Person { token, ..owner.clone() }
}
