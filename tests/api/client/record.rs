//! `RecordService`.

use chrono::TimeDelta;
use streamflow_proto::client::v1::{
    self as pb, audit_service_client::AuditServiceClient, change_service_client::ChangeServiceClient,
    record_service_client::RecordServiceClient, saved_view_service_client::SavedViewServiceClient,
    search_service_client::SearchServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::Person,
    world::HEARD_WITHIN,
};
use tonic::{Code, Status, Streaming, transport::Channel};

use super::{contact, customer, import, lead};

const CUSTOMER: i32 = pb::RecordKind::Customer as i32;
const CONTACT: i32 = pb::RecordKind::Contact as i32;
const LEAD: i32 = pb::RecordKind::Lead as i32;

pub fn service(person: &Person) -> RecordServiceClient<Channel> {
    RecordServiceClient::new(person.channel.clone())
}

async fn assign(person: &Person, request: pb::AssignRecordsRequest) -> Result<pb::AssignRecordsResponse, Status> {
    Ok(service(person).assign_records(person.ask(request)).await?.into_inner())
}

async fn archive(person: &Person, kind: i32, ids: &[&String]) -> Result<pb::ArchiveRecordsResponse, Status> {
    let ids = ids.iter().map(|id| (*id).clone()).collect();
    Ok(service(person).archive_records(person.ask(pb::ArchiveRecordsRequest { kind, ids })).await?.into_inner())
}

async fn restore(person: &Person, kind: i32, ids: &[&String]) -> Result<pb::RestoreRecordsResponse, Status> {
    let ids = ids.iter().map(|id| (*id).clone()).collect();
    Ok(service(person).restore_records(person.ask(pb::RestoreRecordsRequest { kind, ids })).await?.into_inner())
}

pub async fn export(person: &Person, kind: i32, filter: &str, columns: &[&str]) -> Result<String, Status> {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    let request = pb::ExportRecordsRequest { kind, filter: filter.into(), columns, ..Default::default() };
    let mut pieces = service(person).export_records(person.ask(request)).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend(piece.data);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

pub async fn found(person: &Person, query: &str) -> usize {
    let request = pb::SearchRequest { query: query.into(), ..Default::default() };
    SearchServiceClient::new(person.channel.clone()).search(person.ask(request)).await.unwrap().into_inner().hits.len()
}

on_both! {
    async fn records_are_handed_on_with_their_contacts(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let colleague = owner.hire(&world, pb::Role::Staff, "").await;
        let mine = customer::create(&staff, customer::named("Harbour")).await.unwrap();
        let ana = contact::create(&staff, &mine.id, "Ana Silva").await.unwrap();
        let hidden = customer::create(&owner, customer::named("Hidden")).await.unwrap();
        let missing = "cus_x".to_owned();
        let request = pb::AssignRecordsRequest { kind: CUSTOMER, ids: vec![mine.id.clone(), hidden.id.clone(), missing.clone(), mine.id.clone()], owner_id: Some(colleague.user_id.clone()), ..Default::default() };
        let done = assign(&staff, request.clone()).await.unwrap();
        assert_eq!((done.changed, done.not_found_ids), (1, vec![hidden.id.clone(), missing]));
        assert_eq!(customer::get(&staff, &mine.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(found(&staff, "harbour").await + found(&staff, "silva").await, 0);
        let given = customer::get(&colleague, &mine.id).await.unwrap();
        assert_eq!((given.owner_id.as_str(), given.version), (colleague.user_id.as_str(), mine.version + 2));
        assert!(found(&colleague, "harbour").await >= 1 && contact::get(&colleague, &ana.id).await.is_ok());
        // Already so: nothing is written.
        assert_eq!(assign(&owner, pb::AssignRecordsRequest { ids: vec![mine.id.clone()], ..request }).await.unwrap().changed, 0);
        let roof = lead::create(&colleague, lead::named("Roof")).await.unwrap();
        let clear = pb::AssignRecordsRequest { kind: LEAD, ids: vec![roof.id.clone()], owner_id: Some("none".into()), assignee_id: Some(staff.user_id.clone()), ..Default::default() };
        assert_eq!(assign(&owner, clear).await.unwrap().changed, 1);
        let roof = lead::get(&staff, &roof.id).await.unwrap();
        assert_eq!((roof.owner_id.as_str(), roof.assignee_id.as_str()), ("", staff.user_id.as_str()));
    }

    async fn wrong_choices_are_refused(world) {
        let owner = world.company("Harrow & Pike").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let stranger = world.company("Elsewhere").await;
        let theirs = customer::create(&stranger, customer::named("Theirs")).await.unwrap();
        let wrong = pb::AssignRecordsRequest { team_id: Some("x".into()), ..Default::default() };
        assert_eq!(fields(&assign(&owner, wrong).await.unwrap_err()), ["kind", "ids", "team_id"]);
        let foreign = pb::AssignRecordsRequest { kind: CUSTOMER, ids: vec![theirs.id.clone()], owner_id: Some(stranger.user_id.clone()), ..Default::default() };
        assert_eq!(fields(&assign(&owner, foreign).await.unwrap_err()), ["owner_id"]);
        let contacts = pb::AssignRecordsRequest { kind: CONTACT, ids: vec!["con_x".into()], owner_id: Some("none".into()), ..Default::default() };
        assert_eq!(fields(&assign(&owner, contacts).await.unwrap_err()), ["kind"]);
        let done = archive(&owner, CUSTOMER, &[&theirs.id]).await.unwrap();
        assert_eq!((done.changed, done.not_found_ids), (0, vec![theirs.id.clone()]));
        assert!(customer::get(&stranger, &theirs.id).await.unwrap().archived_at.is_none());
        assert_eq!(archive(&employee, CUSTOMER, &[&theirs.id]).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(restore(&employee, CUSTOMER, &[&theirs.id]).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(fields(&restore(&owner, 0, &[]).await.unwrap_err()), ["kind", "ids"]);
    }

    async fn archived_records_leave_the_lists_and_come_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ana = contact::create(&owner, &harbour.id, "Ana").await.unwrap();
        let ben = contact::create(&owner, &harbour.id, "Ben").await.unwrap();
        assert_eq!(archive(&owner, CONTACT, &[&ana.id]).await.unwrap().changed, 1);
        // The next one is the main contact now, and stays it when the first comes back.
        assert_eq!(customer::get(&owner, &harbour.id).await.unwrap().main_contact_name, "Ben");
        assert!(contact::get(&owner, &ben.id).await.unwrap().main);
        assert_eq!(restore(&owner, CONTACT, &[&ana.id, &ben.id]).await.unwrap().changed, 1);
        assert!(!contact::get(&owner, &ana.id).await.unwrap().main);
        let listed = |filter: &'static str| {
            let request = pb::ListCustomersRequest { filter: filter.into(), ..Default::default() };
            let mut service = customer::service(&owner);
            let request = owner.ask(request);
            async move { service.list_customers(request).await.unwrap().into_inner().customers.len() }
        };
        assert_eq!(archive(&owner, CUSTOMER, &[&harbour.id]).await.unwrap().changed, 1);
        assert_eq!(archive(&owner, CUSTOMER, &[&harbour.id]).await.unwrap().changed, 0);
        assert_eq!((listed("").await, listed("archived = true").await, listed("archived = false").await), (0, 1, 0));
        assert!(customer::get(&owner, &harbour.id).await.unwrap().archived_at.is_some());
        assert_eq!(restore(&owner, CUSTOMER, &[&harbour.id]).await.unwrap().changed, 1);
        assert_eq!(listed("").await, 1);
        let roof = lead::create(&owner, lead::named("Roof")).await.unwrap();
        assert_eq!(archive(&owner, LEAD, &[&roof.id]).await.unwrap().changed, 1);
        assert!(lead::get(&owner, &roof.id).await.unwrap().archived_at.is_some());
    }

    async fn an_export_holds_what_the_list_shows(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        for n in 0..7 {
            customer::create(&owner, customer::named(&format!("Customer {n}"))).await.unwrap();
        }
        let risky = pb::Customer { note: "two\nlines".into(), ..customer::named("=HYPERLINK(1), \"x\"") };
        let risky = customer::create(&staff, risky).await.unwrap();
        let text = export(&owner, CUSTOMER, "", &["name", "owner_id", "note", "number"]).await.unwrap();
        let mut lines = text.split("\r\n");
        assert_eq!(lines.next(), Some("\u{feff}name,owner_id,note,number"));
        assert_eq!(lines.next(), Some("Customer 0,,,C-10001"));
        assert!(text.contains("\"'=HYPERLINK(1), \"\"x\"\"\",Test ROLE_STAFF,\"two\nlines\",C-10008\r\n"), "{text}");
        assert_eq!(text.matches("\r\n").count(), 9);
        assert_eq!(export(&staff, CUSTOMER, "", &["id"]).await.unwrap(), format!("\u{feff}id\r\n{}\r\n", risky.id));
        assert_eq!(export(&owner, CUSTOMER, "name : \"customer 3\"", &["number"]).await.unwrap(), "\u{feff}number\r\nC-10004\r\n");
        contact::create(&staff, &risky.id, "Ana").await.unwrap();
        lead::create(&staff, lead::named("Roof")).await.unwrap();
        assert!(export(&owner, CONTACT, "", &[]).await.unwrap().contains("Ana"));
        assert!(export(&owner, LEAD, "", &["name", "stage_id", "value"]).await.unwrap().contains("Roof,New,0.00 GBP"));
        assert!(export(&accountant, CUSTOMER, "", &[]).await.unwrap().contains("Customer 6"));
        assert_eq!(export(&accountant, LEAD, "", &[]).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(fields(&export(&owner, CUSTOMER, "", &["password"]).await.unwrap_err()), ["columns"]);
        assert_eq!(fields(&export(&owner, 0, "", &[]).await.unwrap_err()), ["kind"]);
        let stranger = world.company("Elsewhere").await;
        assert_eq!(export(&stranger, CUSTOMER, "", &["id"]).await.unwrap(), "\u{feff}id\r\n");
    }

    async fn a_list_without_end_is_refused_at_its_field(world) {
        let owner = world.company("Harrow & Pike").await;
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ids = vec![&harbour.id; 1_001];
        assert_eq!(fields(&archive(&owner, CUSTOMER, &ids).await.unwrap_err()), ["ids"]);
        assert_eq!(archive(&owner, CUSTOMER, &ids[..1_000]).await.unwrap().changed, 1);
        restore(&owner, CUSTOMER, &ids[..1]).await.unwrap();
        let harbour = customer::get(&owner, &harbour.id).await.unwrap();
        for path in ["name", "no_field"] {
            let refused = customer::update(&owner, harbour.clone(), &[path; 101]).await.unwrap_err();
            assert_eq!(fields(&refused), ["update_mask"]);
        }
        let tagged = pb::Customer { tags: vec!["vip".into(); 101], ..harbour };
        assert_eq!(fields(&customer::update(&owner, tagged, &["tags"]).await.unwrap_err()), ["customer.tags"]);
        assert_eq!(fields(&export(&owner, CUSTOMER, "", &["name"; 101]).await.unwrap_err()), ["columns"]);
        let view = pb::SavedView { kind: CUSTOMER, name: "Mine".into(), columns: vec!["name".into(); 101], ..Default::default() };
        let view = pb::CreateSavedViewRequest { view: Some(view) };
        let refused = SavedViewServiceClient::new(owner.channel.clone()).create_saved_view(owner.ask(view)).await.unwrap_err();
        assert_eq!(fields(&refused), ["view.columns"]);
        let file = import::upload(&owner, b"name\nAlpha\n").await.unwrap();
        import::preview(&owner, &file.id, pb::ImportMode::Create, "").await.unwrap();
        let cell = pb::CellFix { row: 1, column: 0, value: "Beta".into() };
        let fixes = pb::FixImportCellsRequest { import_id: file.id, fixes: vec![cell; 1_001], drop_rows: vec![9; 1_001], ..Default::default() };
        assert_eq!(fields(&import::fix(&owner, fixes).await.unwrap_err()), ["fixes", "drop_rows"]);
    }

    async fn an_export_ends_with_the_right_to_it(world) {
        let owner = world.company("Harrow & Pike").await;
        let colleague = owner.hire(&world, pb::Role::Owner, "").await;
        let note = "x".repeat(1_000);
        let file: String = (0..1_600).map(|n| format!("Customer {n},{note}\n")).collect();
        import::run(&owner, &format!("name,note\n{file}"), pb::ImportMode::Create, "").await;
        // More than a connection holds, so that the rest is read only when it is asked for.
        let columns = vec!["note".to_owned(); 7];
        let begin = async || {
            let request = pb::ExportRecordsRequest { kind: CUSTOMER, columns: columns.clone(), ..Default::default() };
            let mut pieces = service(&colleague).export_records(colleague.ask(request)).await.unwrap().into_inner();
            pieces.message().await.unwrap();
            pieces
        };
        let end = async |mut pieces: Streaming<pb::ExportRecordsResponse>| loop {
            match pieces.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return String::new(),
                Err(status) => return reason(&status),
            }
        };
        assert_eq!(end(begin().await).await, "");
        let slow = begin().await;
        world.pass(TimeDelta::minutes(16));
        assert_eq!(end(slow).await, "DOWNLOAD_TOO_LONG");
        let under_way = begin().await;
        let member = pb::Member { id: colleague.user_id.clone(), version: 1, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["team_ids".into()] });
        let request = owner.ask(pb::UpdateMemberRequest { member: Some(member), update_mask });
        TeamServiceClient::new(owner.channel.clone()).update_member(request).await.unwrap();
        assert_eq!(end(under_way).await, "RIGHTS_CHANGED");
        let under_way = begin().await;
        SessionServiceClient::new(colleague.channel.clone()).sign_out(colleague.ask(pb::SignOutRequest {})).await.unwrap();
        assert_eq!(end(under_way).await, "NOT_SIGNED_IN");
    }

    async fn an_export_ends_with_what_its_company_allows(world) {
        let owner = world.company("Harrow & Pike").await;
        let reader = owner.hire(&world, pb::Role::Accountant, "").await;
        let note = "x".repeat(1_000);
        let file: String = (0..1_600).map(|n| format!("Customer {n},{note}\n")).collect();
        import::run(&owner, &format!("name,note\n{file}"), pb::ImportMode::Create, "").await;
        let columns = vec!["note".to_owned(); 7];
        for change in ["second_factor_required = TRUE", "suspended_at = '2026-11-28 00:00:00+00:00'"] {
            let request = pb::ExportRecordsRequest { kind: CUSTOMER, columns: columns.clone(), ..Default::default() };
            let mut pieces = service(&reader).export_records(reader.ask(request)).await.unwrap().into_inner();
            pieces.message().await.unwrap();
            let db = world.kernel.database.system().await.unwrap();
            db.execute(&format!("UPDATE orgs SET {change}"), vec![]).await.unwrap();
            db.commit().await.unwrap();
            let end = loop {
                match pieces.message().await {
                    Ok(Some(_)) => {}
                    Ok(None) => break String::new(),
                    Err(status) => break reason(&status),
                }
            };
            assert_eq!(end, "RIGHTS_CHANGED", "{change}");
            let db = world.kernel.database.system().await.unwrap();
            db.execute("UPDATE orgs SET second_factor_required = FALSE, suspended_at = NULL", vec![]).await.unwrap();
            db.commit().await.unwrap();
        }
    }

    async fn whom_an_export_looked_for_is_not_kept(world) {
        let owner = world.company("Harrow & Pike").await;
        export(&owner, CUSTOMER, "email = \"ana@example.com\"", &["name", "email"]).await.unwrap();
        let request = pb::ListAuditRequest { filter: "category = export".into(), ..Default::default() };
        let mut audit = AuditServiceClient::new(owner.channel.clone());
        let records = audit.list_audit(owner.ask(request)).await.unwrap().into_inner().records;
        assert_eq!(records.len(), 1);
        let payload = &records[0].payload;
        assert!(payload.contains("RECORD_KIND_CUSTOMER") && payload.contains("columns") && !payload.contains("ana@"), "{payload}");
    }

    async fn who_loses_a_record_hears_that_it_is_gone(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let colleague = owner.hire(&world, pb::Role::Staff, "").await;
        let mine = customer::create(&staff, customer::named("Harbour")).await.unwrap();
        let mut heard = Vec::new();
        world.handed_on().await;
        for person in [&staff, &colleague, &owner] {
            let mut changes = ChangeServiceClient::new(person.channel.clone());
            let mut stream = changes.watch(person.ask(pb::WatchRequest::default())).await.unwrap().into_inner();
            // The first message says that the stream stands.
            stream.message().await.unwrap();
            heard.push(stream);
        }
        let request = pb::AssignRecordsRequest { kind: CUSTOMER, ids: vec![mine.id.clone()], owner_id: Some(colleague.user_id.clone()), ..Default::default() };
        assign(&staff, request).await.unwrap();
        let mut ops = Vec::new();
        for (stream, count) in heard.iter_mut().zip([1, 1, 2]) {
            let mut told = Vec::new();
            while told.len() < count {
                let message = tokio::time::timeout(HEARD_WITHIN, stream.message()).await.expect("news in time").unwrap().unwrap();
                // A new stream may still tell of the creation.
                let news = message.change.filter(|change| change.entity == "customer" && change.op() != pb::ChangeOp::Created);
                told.extend(news.map(|change| change.op()));
            }
            ops.push(told);
        }
        let (gone, changed) = (pb::ChangeOp::Deleted, pb::ChangeOp::Updated);
        assert_eq!(ops, [vec![gone], vec![changed], vec![gone, changed]]);
    }
}
