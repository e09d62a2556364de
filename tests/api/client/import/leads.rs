//! Files with leads.

use chrono::TimeDelta;
use streamflow_proto::{
    client::v1::{
        self as pb, ImportMode, ImportState, ImportSubject, notification_service_client::NotificationServiceClient,
        team_service_client::TeamServiceClient, timeline_service_client::TimelineServiceClient,
    },
    common::v1::Money,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status};

use super::{begin_with, came_to, ended, fix, get, preview, start, undo, upload, upload_of};
use crate::client::{assignment_rule, custom_field, lead, org, timeline};

const FILE: &str = include_str!("leads.csv");
const LEAD: i32 = pb::RecordKind::Lead as i32;

async fn send(person: &Person, file: &str) -> pb::Import {
    upload_of(person, ImportSubject::Leads, file.as_bytes()).await.unwrap()
}

async fn run(person: &Person, file: &str, mode: ImportMode, key: &str) -> pb::Import {
    let import = send(person, file).await;
    preview(person, &import.id, mode, key).await.unwrap();
    start(person, &import.id, false).await.unwrap();
    ended(person, &import.id).await
}

/// All leads a person sees, by number.
async fn all(person: &Person) -> Vec<pb::Lead> {
    let request = pb::ListLeadsRequest { order_by: "number".into(), page_size: 200, ..Default::default() };
    lead::service(person).list_leads(person.ask(request)).await.unwrap().into_inner().leads
}

async fn stage(person: &Person, at: usize) -> pb::LeadStage {
    let reply = lead::service(person).list_lead_stages(person.ask(pb::ListLeadStagesRequest {})).await.unwrap();
    reply.into_inner().stages.remove(at)
}

/// The address of somebody, as an owner of the company knows it.
async fn email(owner: &Person, person: &Person) -> String {
    let members = TeamServiceClient::new(owner.channel.clone())
        .list_members(owner.ask(pb::ListMembersRequest { page_size: 200, ..Default::default() }))
        .await;
    let members = members.unwrap().into_inner().members;
    members.into_iter().find(|member| member.id == person.user_id).unwrap().email
}

async fn change(person: &Person, lead: pb::Lead, path: &str) -> Result<pb::Lead, Status> {
    let update_mask = Some(prost_types::FieldMask { paths: vec![path.into()] });
    let request = person.ask(pb::UpdateLeadRequest { lead: Some(lead), update_mask });
    Ok(lead::service(person).update_lead(request).await?.into_inner().lead.unwrap())
}

/// Column and suggestion of each problem of a row.
fn told(row: &pb::ImportRow) -> Vec<(i32, &str)> {
    let mut told: Vec<_> = row.problems.iter().map(|problem| (problem.column, problem.suggestion.as_str())).collect();
    told.sort_unstable();
    told
}

on_both! {
    async fn a_file_becomes_leads_as_a_form_makes_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = send(&owner, FILE).await;
        assert_eq!((import.subject(), import.state(), import.mode()), (ImportSubject::Leads, ImportState::Mapping, ImportMode::Create));
        let columns = get(&owner, &import.id).await.unwrap().import.unwrap().columns;
        let mapped: Vec<_> = columns.iter().map(|column| column.field.as_str()).collect();
        let expected = [
            "name", "company", "contact_name", "email", "phone", "stage", "value", "currency", "source", "owner", "follow_up_on", "tags", "note",
        ];
        assert_eq!(mapped, expected);
        let plan = preview(&owner, &import.id, ImportMode::Create, "email").await.unwrap();
        assert_eq!((plan.will_create, plan.problem_rows.len()), (4, 0), "{:?}", plan.problem_rows);
        start(&owner, &import.id, false).await.unwrap();
        let done = ended(&owner, &import.id).await;
        assert_eq!(came_to(&done), (ImportState::Done, [4, 0, 0, 0, 0]), "{}", done.failure);

        let made = all(&owner).await;
        let first = stage(&owner, 0).await.id;
        let roof = &made[0];
        let kept = (roof.name.as_str(), roof.company.as_str(), roof.contact_name.as_str(), roof.email.as_str(), roof.follow_up_on.as_str());
        assert_eq!(kept, ("Roof of the boat house", "Harbour Café", "Ana Silva", "ana@harbour.example", "2026-12-01"));
        assert_eq!((roof.number.as_str(), roof.tags.join(" "), roof.note.as_str()), ("L-2001", "roof urgent".into(), "Rang twice"));
        assert!(made.iter().all(|lead| lead.stage_id == first && lead.owner_id.is_empty() && lead.assignee_id.is_empty()));
        let worth: Vec<_> = made.iter().map(|lead| lead.value.clone().unwrap()).map(|value| (value.minor_units, value.currency_code)).collect();
        let money = |minor, code: &str| (minor, code.to_owned());
        assert_eq!(worth, [money(125_050, "GBP"), money(0, "GBP"), money(4_800_000, "EUR"), money(90_000, "GBP")]);
        let sources: Vec<_> = made.iter().map(|lead| lead.source.as_str()).collect();
        assert_eq!(sources, ["web", "phone", "import", "referral"]);
        assert_eq!(timeline::told(&owner, LEAD, &roof.id).await, ["imported by Olive Owner: "]);
        assert_eq!(lead::create(&owner, lead::named("Next")).await.unwrap().number, "L-2005");
        // The same addresses again are told, unless every row is to be a lead of its own.
        let again = send(&owner, FILE).await;
        assert_eq!(preview(&owner, &again.id, ImportMode::Create, "email").await.unwrap().problem_rows.len(), 4);
        assert_eq!(preview(&owner, &again.id, ImportMode::Create, "").await.unwrap().will_create, 4);
    }

    async fn rows_go_to_people_by_turns_and_to_whom_they_name(world) {
        let owner = world.company("Harrow & Pike").await;
        let (ana, ben) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Staff, "").await);
        let rule = assignment_rule::create(&owner, assignment_rule::rule("Everybody", &[&ana, &ben])).await.unwrap();
        let mut turns = [ana.user_id.clone(), ben.user_id.clone()];
        turns.sort();
        let of_ben = email(&owner, &ben).await;
        let file = format!("Subject,Owner,Assignee\nA,,\nB,,\nC,{of_ben},\nD,,\nE,,{}\nF,,\n", of_ben.to_uppercase());
        let import = run(&owner, &file, ImportMode::Create, "").await;
        assert_eq!(came_to(&import), (ImportState::Done, [6, 0, 0, 0, 0]), "{}", import.failure);
        let made = all(&owner).await;
        let given: Vec<_> = made.iter().map(|lead| lead.assignee_id.as_str()).collect();
        assert_eq!(given, [&turns[0], &turns[1], &ben.user_id, &turns[0], &ben.user_id, &turns[1]]);
        assert_eq!(made.iter().map(|lead| lead.owner_id.as_str()).collect::<Vec<_>>(), ["", "", &ben.user_id, "", "", ""]);
        assert!(timeline::told(&owner, LEAD, &made[0].id).await[0].starts_with(&format!("assigned by Olive Owner: {}", rule.name)));
        // A form goes on where the file stopped.
        assert_eq!(lead::create(&owner, lead::named("G")).await.unwrap().assignee_id, turns[0]);
        // What a manager brings is the manager's, as at a form.
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        run(&manager, "Subject\nH\n", ImportMode::Create, "").await;
        let last = all(&manager).await.into_iter().find(|lead| lead.name == "H").unwrap();
        assert_eq!((last.owner_id.as_str(), last.assignee_id.as_str()), (manager.user_id.as_str(), turns[1].as_str()));
    }

    async fn every_problem_is_told_at_its_cell_and_can_be_mended(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let theirs = email(&stranger, &stranger).await;
        let file = format!(
            "Subject,Company,Email,Stage,Owner,Team,Value,Follow-up\n,Harbour,ana@gmail,Nowhere,{theirs},South,\"1,250\",soon\nRoof,,b@x.example,,,,,\n"
        );
        let import = send(&owner, &file).await;
        let plan = preview(&owner, &import.id, ImportMode::Create, "email").await.unwrap();
        assert_eq!((plan.will_create, plan.problem_rows.len()), (1, 1));
        let found = told(&plan.problem_rows[0]);
        assert_eq!(found.iter().map(|(column, _)| *column).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7], "{:?}", plan.problem_rows[0].problems);
        assert!(found.contains(&(6, "1250")));
        assert_eq!(reason(&start(&owner, &import.id, false).await.unwrap_err()), "PROBLEM_ROWS");
        let cell = |column, value: &str| pb::CellFix { row: 1, column, value: value.into() };
        let fixes = vec![
            cell(2, "ana@gmail.com"), cell(3, &stage(&owner, 1).await.name), cell(4, &email(&owner, &owner).await), cell(5, ""), cell(6, "1250"), cell(7, "2026-12-01"),
        ];
        let mended = fix(&owner, pb::FixImportCellsRequest { import_id: import.id.clone(), fixes, ..Default::default() }).await.unwrap();
        // With the rest right, the missing subject is told, with a likely one.
        assert_eq!(told(&mended.problem_rows[0]), [(0, "Harbour")]);
        let request = pb::FixImportCellsRequest { import_id: import.id.clone(), fixes: vec![cell(0, "Harbour")], ..Default::default() };
        assert!(fix(&owner, request).await.unwrap().problem_rows.is_empty());
        start(&owner, &import.id, false).await.unwrap();
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [2, 0, 0, 0, 0]));
        let made = all(&owner).await;
        let kept = (&made[0].stage_id, &made[0].owner_id, made[0].value.clone());
        assert_eq!(kept, (&stage(&owner, 1).await.id, &owner.user_id, Some(Money { minor_units: 125_000, currency_code: "GBP".into() })));

        let wrong = pb::PreviewImportRequest { import_id: send(&owner, "a,b,c\n1,2,3\n").await.id, mapping: vec!["website".into(), "email".into(), "number".into()], mode: ImportMode::Upsert.into(), key: "number".into() };
        assert_eq!(fields(&crate::client::import::service(&owner).preview_import(owner.ask(wrong)).await.unwrap_err()), ["mapping[0]", "mapping", "key"]);
        let import = send(&owner, FILE).await;
        assert_eq!(fields(&preview(&owner, &import.id, ImportMode::Upsert, "external_id").await.unwrap_err()), ["key"]);
        assert_eq!(fields(&begin_with(&owner, ImportSubject::Unspecified, "a.csv", 9).await.unwrap_err()), ["subject"]);
    }

    async fn leads_are_found_by_address_or_number_and_come_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let open = pb::Lead { email: "ana@x.example".into(), value: Some(Money { minor_units: 1_050, currency_code: "EUR".into() }), tags: vec!["a".into(), "b".into()], ..lead::named("Old") };
        let open = lead::create(&owner, open).await.unwrap();
        let won = lead::create(&owner, pb::Lead { email: "ben@x.example".into(), ..lead::named("Won") }).await.unwrap();
        lead::convert(&owner, &won).await.unwrap();
        let last = stage(&owner, 1).await;
        // A customer who asks anew is a new lead.
        let file = format!("Subject,Email,Stage,Value,Tags\nNew,ANA@x.example,{},7,c\nAgain,ben@x.example,,,\n", last.name);
        let import = run(&owner, &file, ImportMode::Upsert, "email").await;
        assert_eq!(came_to(&import), (ImportState::Done, [1, 1, 0, 0, 0]), "{}", import.failure);
        let now = lead::get(&owner, &open.id).await.unwrap();
        assert_eq!((now.name.as_str(), &now.stage_id, now.value.clone().unwrap().minor_units, now.tags.join("")), ("New", &last.id, 700, "c".into()));
        undo(&owner, &import.id).await.unwrap();
        let undone = ended(&owner, &import.id).await;
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 0), "{}", undone.failure);
        let back = lead::get(&owner, &open.id).await.unwrap();
        assert_eq!((back.name, back.stage_id, back.value, back.tags), (open.name.clone(), open.stage_id.clone(), open.value.clone(), open.tags.clone()));
        assert_eq!(all(&owner).await.len(), 2);

        let import = send(&owner, &format!("number,name,stage\n{},Renamed,\n{},Kept,{}\nL-9,Nobody,\n", open.number, won.number, last.name)).await;
        assert_eq!((import.mode(), import.key.as_str()), (ImportMode::Update, "number"));
        let plan = preview(&owner, &import.id, ImportMode::Update, "number").await.unwrap();
        let blocked: Vec<_> = plan.problem_rows.iter().map(|row| (row.row, row.problems[0].column)).collect();
        assert_eq!((plan.will_update, blocked), (1, vec![(2, 2), (3, 0)]), "a customer's stage stays");
        start(&owner, &import.id, true).await.unwrap();
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [0, 1, 0, 2, 0]));
        assert_eq!(lead::get(&owner, &open.id).await.unwrap().name, "Renamed");
    }

    async fn what_people_worked_with_since_stays_with_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = run(&owner, "Subject\nA\nB\nC\nD\nE\n", ImportMode::Create, "").await;
        let made = all(&owner).await;
        change(&owner, pb::Lead { phone: "0113 496".into(), ..made[0].clone() }, "phone").await.unwrap();
        let note = pb::AddNoteRequest { kind: LEAD, record_id: made[1].id.clone(), text: "Rang".into() };
        TimelineServiceClient::new(owner.channel.clone()).add_note(owner.ask(note)).await.unwrap();
        lead::convert(&owner, &made[2]).await.unwrap();
        let moved = pb::MoveLeadRequest { lead_id: made[3].id.clone(), stage_id: stage(&owner, 1).await.id, ..Default::default() };
        lead::service(&owner).move_lead(owner.ask(moved)).await.unwrap();
        undo(&owner, &import.id).await.unwrap();
        let undone = ended(&owner, &import.id).await;
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 4), "{}", undone.failure);
        assert_eq!(all(&owner).await.iter().map(|lead| lead.name.as_str()).collect::<Vec<_>>(), ["A", "B", "C", "D"]);
        assert_eq!(lead::get(&owner, &made[4].id).await.unwrap_err().code(), Code::NotFound);
    }

    async fn fields_of_the_companys_own_are_filled(world) {
        let owner = world.company("Harrow & Pike").await;
        let area = custom_field::field(pb::RecordKind::Lead, "area", "Roof area", pb::CustomFieldType::Number);
        let area = pb::CustomField { required: true, ..area };
        custom_field::create(&owner, area).await.unwrap();
        // A field of customers is none of leads.
        custom_field::create(&owner, custom_field::field(pb::RecordKind::Customer, "roof", "Roof", pb::CustomFieldType::Text)).await.unwrap();
        let import = send(&owner, "Subject,Roof area,Roof\nA,12.50,x\nB,\"1,250.5\",x\nC,,x\n").await;
        let columns = get(&owner, &import.id).await.unwrap().import.unwrap().columns;
        assert_eq!(columns.iter().map(|column| column.field.as_str()).collect::<Vec<_>>(), ["name", "custom.area", ""]);
        let plan = preview(&owner, &import.id, ImportMode::Create, "").await.unwrap();
        let found: Vec<_> = plan.problem_rows.iter().map(|row| (row.row, told(row))).collect();
        assert_eq!(found, [(2, vec![(1, "1250.5")]), (3, vec![(1, "")])]);
        start(&owner, &import.id, true).await.unwrap();
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [1, 0, 0, 2, 0]));
        assert_eq!(all(&owner).await[0].custom.get("area").map(String::as_str), Some("12.5"));
        let newest = owner.ask(pb::ListNotificationsRequest::default());
        let news = NotificationServiceClient::new(owner.channel.clone()).list_notifications(newest).await.unwrap().into_inner().notifications;
        assert_eq!(news[0].body, "1 added, 0 updated, 2 left out.");
        let without = send(&owner, "Subject\nD\n").await;
        assert_eq!(fields(&preview(&owner, &without.id, ImportMode::Create, "").await.unwrap_err()), ["mapping"]);
    }

    async fn who_brings_leads_needs_the_role_and_the_company_its_feature(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        for role in [pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant] {
            let person = owner.hire(&world, role, "").await;
            assert_eq!(begin_with(&person, ImportSubject::Leads, "a.csv", 9).await.unwrap_err().code(), Code::PermissionDenied);
        }
        let import = send(&owner, FILE).await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        for person in [&stranger, &manager] {
            assert_eq!(get(person, &import.id).await.unwrap_err().code(), Code::NotFound);
            assert_eq!(preview(person, &import.id, ImportMode::Create, "").await.unwrap_err().code(), Code::NotFound);
        }
        // A lead that a manager does not see is not found, and so not changed.
        let hidden = lead::create(&owner, pb::Lead { email: "h@x.example".into(), owner_id: owner.user_id.clone(), ..lead::named("Hidden") }).await.unwrap();
        let done = run(&manager, "Subject,Email\nMine,h@x.example\n", ImportMode::Upsert, "email").await;
        assert_eq!(came_to(&done), (ImportState::Done, [1, 0, 0, 0, 0]));
        assert_eq!(lead::get(&owner, &hidden.id).await.unwrap(), hidden);
        org::switch(&owner, "leads", false).await.unwrap();
        let off = [
            begin_with(&owner, ImportSubject::Leads, "a.csv", 9).await.map(drop),
            get(&owner, &import.id).await.map(drop),
            preview(&owner, &import.id, ImportMode::Create, "").await.map(drop),
            start(&owner, &import.id, true).await.map(drop),
        ];
        for answer in off {
            assert_eq!(reason(&answer.unwrap_err()), "MODULE_DISABLED");
        }
        assert!(upload(&owner, b"name\nAlpha\n").await.is_ok(), "customers come in all the same");
    }

    async fn leads_go_on_after_the_row_a_dead_process_wrote_last(world) {
        let owner = world.company("Harrow & Pike").await;
        let ana = owner.hire(&world, pb::Role::Staff, "").await;
        assignment_rule::create(&owner, assignment_rule::rule("Everybody", &[&ana])).await.unwrap();
        let file: String = (1..=9).map(|n| format!("Lead {n},l{n}@x.example\n")).collect();
        let import = send(&owner, &format!("Subject,Email\n{file}")).await;
        preview(&owner, &import.id, ImportMode::Create, "email").await.unwrap();
        let db = world.kernel.database.system().await.unwrap();
        let sql = "UPDATE imports SET state = 'running', done_rows = 4, created = 4, lease_until = ? WHERE state = 'review'";
        db.execute(sql, vec![(world.now() + TimeDelta::seconds(20)).into()]).await.unwrap();
        db.commit().await.unwrap();
        world.pass(TimeDelta::seconds(21));
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [9, 0, 0, 0, 0]));
        let made = all(&owner).await;
        assert_eq!(made.iter().map(|lead| lead.name.as_str()).collect::<Vec<_>>(), ["Lead 5", "Lead 6", "Lead 7", "Lead 8", "Lead 9"]);
        assert!(made.iter().all(|lead| lead.assignee_id == ana.user_id));
    }
}
