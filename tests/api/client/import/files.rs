//! What files come to: read, mapped, fixed, written.

use chrono::TimeDelta;
use streamflow_client::import::{
    job::{Claim, Job},
    store::State,
};
use streamflow_kernel::ids;
use streamflow_proto::client::v1::{self as pb, ImportMode, ImportState};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
};
use tonic::{Code, Status};

use super::{begin, begin_with, came_to, ended, fix, get, preview, reformat, run, send, service, start, undo, upload};
use crate::client::customer;

const FILE: &str = "customerID,companyName,contactName,city,phone,email\n\
    A1,Alpha GmbH,Ana Silva,Köln,NULL,ana@alpha.example\n\
    B2,\"Beta, Ltd\",Ben Hall,Leeds,0113 496 0142,\n\
    C3,Café Gamma,,Lyon,call me,info@gamma.example\n";

fn cell(row: i32, column: i32, value: &str) -> pb::CellFix {
    pb::CellFix { row, column, value: value.into() }
}

on_both! {
    async fn a_file_is_read_fixed_and_brought_in(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = upload(&owner, FILE.as_bytes()).await.unwrap();
        assert_eq!((import.state(), import.total_rows, import.key.as_str()), (ImportState::Mapping, 3, "external_id"));
        let read = get(&owner, &import.id).await.unwrap();
        let mapped: Vec<_> = read.import.unwrap().columns.into_iter().map(|column| column.field).collect();
        assert_eq!(mapped, ["external_id", "name", "contact.name", "address.city", "phone", "email"]);
        assert_eq!(reason(&start(&owner, &import.id, true).await.unwrap_err()), "IMPORT_STATE");

        let plan = preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.sample.len(), plan.problem_rows.len()), (2, 3, 1));
        let problem = &plan.problem_rows[0];
        assert_eq!((problem.row, problem.problems[0].column, problem.fate()), (3, 4, pb::ImportRowFate::Blocked));
        assert_eq!(reason(&start(&owner, &import.id, false).await.unwrap_err()), "PROBLEM_ROWS");

        let request = pb::FixImportCellsRequest { import_id: import.id.clone(), fixes: vec![cell(3, 4, "0421 12345")], ..Default::default() };
        let fixed = fix(&owner, request).await.unwrap();
        assert_eq!((fixed.import.unwrap().problem_count, fixed.problem_rows.len()), (0, 0));
        start(&owner, &import.id, false).await.unwrap();
        let done = ended(&owner, &import.id).await;
        assert_eq!((came_to(&done), done.done_rows), ((ImportState::Done, [3, 0, 0, 0, 2]), 3), "{}", done.failure);

        let found = customer::service(&owner).list_customers(owner.ask(pb::ListCustomersRequest::default())).await.unwrap().into_inner().customers;
        let shown: Vec<_> = found.iter().map(|c| (c.name.as_str(), c.main_contact_name.as_str(), c.phone.as_str(), c.source.as_str())).collect();
        let expected = [
            ("Alpha GmbH", "Ana Silva", "", "import"),
            ("Beta, Ltd", "Ben Hall", "0113 496 0142", "import"),
            ("Café Gamma", "", "0421 12345", "import"),
        ];
        assert_eq!(shown, expected);
        let numbers: Vec<_> = found.iter().map(|c| c.number.as_str()).collect();
        assert_eq!(numbers, ["C-10001", "C-10002", "C-10003"]);
        assert_eq!(customer::create(&owner, customer::named("Next")).await.unwrap().number, "C-10004");
    }

    async fn a_second_file_updates_what_differs(world) {
        let owner = world.company("Harrow & Pike").await;
        let file = FILE.replace("call me", "");
        run(&owner, &file, ImportMode::Create, "").await;
        let changed = file.replace("Köln", "Bonn").replace("Ben Hall", "Bea Hall").replace("C3,Café", "D4,Café");
        let import = upload(&owner, changed.as_bytes()).await.unwrap();
        let plan = preview(&owner, &import.id, ImportMode::Upsert, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.will_update, plan.unchanged), (1, 2, 0));
        start(&owner, &import.id, false).await.unwrap();
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [1, 2, 0, 0, 1]));
        let again = upload(&owner, changed.as_bytes()).await.unwrap();
        let plan = preview(&owner, &again.id, ImportMode::Upsert, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.will_update, plan.unchanged), (0, 0, 3));
        // C3 and D4 have one name, so the name tells nobody which is meant.
        let plan = preview(&owner, &again.id, ImportMode::Upsert, "name").await.unwrap();
        assert_eq!((plan.unchanged, plan.problem_rows[0].problems[0].message.as_str()), (2, "Several customers have this name."));
    }

    async fn rows_are_matched_by_name_or_address_too(world) {
        let owner = world.company("Harrow & Pike").await;
        customer::create(&owner, pb::Customer { email: "a@b.example".into(), ..customer::named("Café Été") }).await.unwrap();
        let by_name = run(&owner, "name;city\nCAFE ETE;Lyon\n", ImportMode::Update, "name").await;
        assert_eq!(came_to(&by_name), (ImportState::Done, [0, 1, 0, 0, 0]));
        let by_address = run(&owner, "email;city\nA@B.example;Nice\n", ImportMode::Update, "email").await;
        assert_eq!(came_to(&by_address), (ImportState::Done, [0, 1, 0, 0, 0]));
        let import = upload(&owner, b"name,email\nCafe Ete,new@b.example\nNobody,x@y.example\n").await.unwrap();
        let plan = preview(&owner, &import.id, ImportMode::Create, "name").await.unwrap();
        let blocked: Vec<_> = plan.problem_rows.iter().map(|row| row.problems[0].message.as_str()).collect();
        assert_eq!(blocked, ["A customer with this name exists already."]);
        let plan = preview(&owner, &import.id, ImportMode::Update, "email").await.unwrap();
        assert_eq!((plan.will_update, plan.problem_rows.len()), (0, 2));
    }

    async fn a_piece_may_come_twice_and_never_wrong(world) {
        let owner = world.company("Harrow & Pike").await;
        let file = b"name\nAlpha\n";
        let import = begin(&owner, "a.csv", 11).await.unwrap();
        assert_eq!(fields(&send(&owner, &import.id, 4, b"x").await.unwrap_err()), ["offset"]);
        assert_eq!(send(&owner, &import.id, 0, &file[..6]).await.unwrap().uploaded_bytes, 6);
        assert_eq!(send(&owner, &import.id, 0, &file[..6]).await.unwrap().uploaded_bytes, 6);
        assert_eq!(fields(&send(&owner, &import.id, 0, b"other!").await.unwrap_err()), ["offset"]);
        assert_eq!(fields(&send(&owner, &import.id, 6, b"too many bytes").await.unwrap_err()), ["data"]);
        assert_eq!(fields(&send(&owner, &import.id, -1, b"").await.unwrap_err()), ["offset", "data"]);
        assert_eq!(send(&owner, &import.id, 6, &file[6..]).await.unwrap().state(), ImportState::Mapping);
        assert_eq!(send(&owner, &import.id, 6, &file[6..]).await.unwrap().state(), ImportState::Mapping);
        assert_eq!(fields(&send(&owner, &import.id, 11, b"x").await.unwrap_err()), ["offset"]);
    }

    async fn what_is_no_import_is_refused_clearly(world) {
        let owner = world.company("Harrow & Pike").await;
        assert_eq!(fields(&begin_with(&owner, pb::ImportSubject::Unspecified, " ", 65 << 20).await.unwrap_err()), ["file_name", "file_size", "subject"]);
        let long = format!("name\n{}", "x\n".repeat(200_001));
        let refused = upload(&owner, long.as_bytes()).await.unwrap_err();
        assert_eq!((fields(&refused), refused.message().contains("200,000 rows")), (vec!["file".to_owned()], true));
        let listed = service(&owner).list_imports(owner.ask(pb::ListImportsRequest::default())).await.unwrap().into_inner().imports;
        assert_eq!((listed[0].state(), listed[0].failure.as_str()), (ImportState::Failed, refused.message()));
        for (file, text) in [(&b"PK\x03\x04\x14\0\x06\0"[..], "This is an Excel workbook."), (b"\x89PNG\r\n\x1a\n\0\0", "This is not a text file.")] {
            let refused = upload(&owner, file).await.unwrap_err();
            assert_eq!((fields(&refused), refused.message().contains(text)), (vec!["file".to_owned()], true), "{}", refused.message());
        }

        let import = upload(&owner, FILE.as_bytes()).await.unwrap();
        let wrong = pb::PreviewImportRequest { import_id: import.id.clone(), mapping: vec!["nonsense".into(); 2], mode: 3, key: "name".into() };
        let refused = service(&owner).preview_import(owner.ask(wrong)).await.unwrap_err();
        assert_eq!(fields(&refused), ["mapping", "mapping[0]", "mapping[1]", "mapping", "key"]);
        assert_eq!(fields(&preview(&owner, &import.id, ImportMode::Upsert, "phone").await.unwrap_err()), ["key"]);
        assert_eq!(fields(&preview(&owner, &import.id, ImportMode::Unspecified, "name").await.unwrap_err()), ["mode"]);
        preview(&owner, &import.id, ImportMode::Upsert, "name").await.unwrap();
        let wrong = pb::FixImportCellsRequest { import_id: import.id, fixes: vec![cell(9, 0, "")], drop_rows: vec![0], ..Default::default() };
        assert_eq!(fields(&fix(&owner, wrong).await.unwrap_err()), ["fixes[0].row", "drop_rows[0]"]);
    }

    async fn a_wrong_guess_of_the_format_is_put_right(world) {
        let owner = world.company("Harrow & Pike").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        // Two bytes of Latin-1 that are one letter of UTF-8, and a comma in every line.
        let import = upload(&owner, "name,more;city\nAna,x;Köln\nBo,y;Bonn\n".as_bytes()).await.unwrap();
        assert_eq!((import.delimiter.as_str(), import.encoding.as_str()), (",", "UTF-8"));
        preview(&owner, &import.id, ImportMode::Upsert, "name").await.unwrap();
        let drop = pb::FixImportCellsRequest { import_id: import.id.clone(), drop_rows: vec![1], ..Default::default() };
        fix(&owner, drop).await.unwrap();
        let changed = reformat(&owner, &import.id, ";", "ISO-8859-1").await.unwrap();
        assert_eq!((changed.delimiter.as_str(), changed.encoding.as_str(), changed.state()), (";", "ISO-8859-1", ImportState::Mapping));
        let columns: Vec<_> = changed.columns.iter().map(|column| (column.header.as_str(), column.samples[0].as_str())).collect();
        assert_eq!(columns, [("name,more", "Ana,x"), ("city", "KÃ¶ln")]);
        assert_eq!(get(&owner, &import.id).await.unwrap().import.unwrap(), changed);
        let back = reformat(&owner, &import.id, "", "UTF-8").await.unwrap();
        assert_eq!((back.delimiter.as_str(), back.columns[1].samples[0].as_str()), (";", "Köln"));
        // What was dropped when the rows were others is not dropped now.
        let mapping = vec!["name".to_owned(), "address.city".to_owned()];
        let request = pb::PreviewImportRequest { import_id: import.id.clone(), mapping, mode: ImportMode::Create.into(), key: String::new() };
        let plan = service(&owner).preview_import(owner.ask(request)).await.unwrap().into_inner();
        assert_eq!((plan.will_create, plan.sample.iter().any(|row| row.dropped)), (2, false));
        assert_eq!(fields(&reformat(&owner, &import.id, "::", "KOI8-R").await.unwrap_err()), ["delimiter", "encoding"]);
        assert_eq!(reformat(&employee, &import.id, ";", "").await.unwrap_err().code(), Code::PermissionDenied);
        let begun = begin(&owner, "next.csv", 5).await.unwrap();
        assert_eq!(reason(&reformat(&owner, &begun.id, ";", "").await.unwrap_err()), "IMPORT_STATE");
    }

    async fn imports_come_page_by_page(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut expected = Vec::new();
        for n in 0..5 {
            expected.insert(0, begin(&owner, &format!("{n}.csv"), 5).await.unwrap().id);
            world.pass(TimeDelta::seconds(1));
        }
        let page = async |page_token: &str| {
            let request = pb::ListImportsRequest { page_size: 2, page_token: page_token.into() };
            Ok::<_, Status>(service(&owner).list_imports(owner.ask(request)).await?.into_inner())
        };
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let reply = page(&token).await.unwrap();
            assert!(reply.imports.len() <= 2);
            seen.extend(reply.imports.into_iter().map(|import| import.id));
            token = reply.page.unwrap().next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, expected);
        assert_eq!(fields(&page("x").await.unwrap_err()), ["page_token"]);
    }

    async fn abandoned_files_make_room(world) {
        let owner = world.company("Harrow & Pike").await;
        let first = upload(&owner, FILE.as_bytes()).await.unwrap();
        world.pass(TimeDelta::seconds(1));
        for _ in 0..10 {
            begin(&owner, "next.csv", 5).await.unwrap();
        }
        assert_eq!(get(&owner, &first.id).await.unwrap_err().code(), Code::NotFound);
        let list = async || service(&owner).list_imports(owner.ask(pb::ListImportsRequest::default())).await.unwrap().into_inner().imports.len();
        assert_eq!(list().await, 10);
    }

    async fn nobodys_unfinished_work_makes_room_for_anothers(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let first = upload(&manager, FILE.as_bytes()).await.unwrap();
        world.pass(TimeDelta::seconds(1));
        for _ in 0..9 {
            begin(&manager, "next.csv", 5).await.unwrap();
        }
        assert_eq!(reason(&begin(&owner, "mine.csv", 5).await.unwrap_err()), "TOO_MANY_IMPORTS");
        assert!(get(&manager, &first.id).await.is_ok());
        begin(&manager, "own.csv", 5).await.unwrap();
        assert_eq!(get(&manager, &first.id).await.unwrap_err().code(), Code::NotFound);
        let db = world.kernel.database.system().await.unwrap();
        db.execute("UPDATE imports SET created_at = ?", vec![(world.now() - TimeDelta::days(8)).into()]).await.unwrap();
        db.commit().await.unwrap();
        begin(&owner, "mine.csv", 5).await.unwrap();
        let left = service(&owner).list_imports(owner.ask(pb::ListImportsRequest::default())).await.unwrap().into_inner().imports;
        assert_eq!(left.iter().map(|import| import.file_name.as_str()).collect::<Vec<_>>(), ["mine.csv"]);
    }

    async fn files_that_are_read_at_once_wait_for_each_other(world) {
        let owner = world.company("Harrow & Pike").await;
        let rows: String = (1..=2_000).map(|n| format!("K{n},Customer {n}\n")).collect();
        let import = upload(&owner, format!("external_id,name\n{rows}").as_bytes()).await.unwrap();
        preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        let answers = futures::future::join_all((0..6).map(|_| get(&owner, &import.id))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().sample.len() == 20));
    }

    async fn nobody_imports_into_what_they_may_not(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let stranger = world.company("Elsewhere").await;
        let hidden = pb::Customer { external_id: "H1".into(), owner_id: owner.user_id.clone(), ..customer::named("Hidden") };
        let hidden = customer::create(&owner, hidden).await.unwrap();
        let import = upload(&manager, b"external_id,name\nH1,Mine now\nH2,New\n").await.unwrap();
        let plan = preview(&manager, &import.id, ImportMode::Upsert, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.will_update, plan.problem_rows.len()), (1, 0, 1));
        start(&manager, &import.id, true).await.unwrap();
        assert_eq!(came_to(&ended(&manager, &import.id).await), (ImportState::Done, [1, 0, 0, 1, 0]));
        assert_eq!(customer::get(&owner, &hidden.id).await.unwrap().name, "Hidden");
        assert_eq!(begin(&staff, "a.csv", 5).await.unwrap_err().code(), Code::PermissionDenied);
        let id = import.id.as_str();
        let elsewhere = [
            get(&stranger, id).await.map(drop),
            send(&stranger, id, 0, b"x").await.map(drop),
            preview(&stranger, id, ImportMode::Upsert, "name").await.map(drop),
            fix(&stranger, pb::FixImportCellsRequest { import_id: id.into(), ..Default::default() }).await.map(drop),
            start(&stranger, id, true).await.map(drop),
            undo(&stranger, id).await.map(drop),
            get(&owner, "imp_nonsense").await.map(drop),
        ];
        assert!(elsewhere.into_iter().all(|answer| answer.unwrap_err().code() == Code::NotFound));
    }

    async fn an_import_goes_on_after_the_row_a_dead_process_wrote_last(world) {
        let owner = world.company("Harrow & Pike").await;
        let file: String = (1..=9).map(|n| format!("K{n},Customer {n}\n")).collect();
        let import = upload(&owner, format!("external_id,name\n{file}").as_bytes()).await.unwrap();
        preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        let db = world.kernel.database.system().await.unwrap();
        let sql = "UPDATE imports SET state = 'running', done_rows = 4, created = 4, lease_until = ? WHERE state = 'review'";
        db.execute(sql, vec![(world.now() + TimeDelta::seconds(20)).into()]).await.unwrap();
        db.commit().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(get(&owner, &import.id).await.unwrap().import.unwrap().done_rows, 4, "somebody else holds it");
        world.pass(TimeDelta::seconds(21));
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [9, 0, 0, 0, 0]));
        let found = customer::service(&owner).list_customers(owner.ask(pb::ListCustomersRequest::default())).await.unwrap().into_inner().customers;
        assert_eq!(found.iter().map(|c| c.external_id.as_str()).collect::<Vec<_>>(), ["K5", "K6", "K7", "K8", "K9"]);
    }
    async fn a_process_that_lost_an_import_does_not_end_it(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = upload(&owner, b"external_id,name\nK1,Customer 1\n").await.unwrap();
        preview(&owner, &import.id, ImportMode::Create, "external_id").await.unwrap();
        let lease_until = world.now() + TimeDelta::seconds(20);
        let org_id = ids::parse(ids::prefix::ORG, &owner.org_id).unwrap();
        let import_id = ids::parse(ids::prefix::IMPORT, &import.id).unwrap();
        let first = Claim { org_id, import_id, lease_until };
        let second = Claim { lease_until: lease_until + TimeDelta::seconds(1), ..first };
        let mut jobs = Vec::new();
        for claim in [first, second] {
            let sql = "UPDATE imports SET state = 'running', lease_until = ? WHERE org_id = ? AND id = ?";
            let db = world.kernel.database.system().await.unwrap();
            db.execute(sql, vec![claim.lease_until.into(), org_id.into(), import_id.into()]).await.unwrap();
            db.commit().await.unwrap();
            jobs.push(Job::load(&world.kernel, claim).await.unwrap());
        }
        let [mut lost, mut held] = jobs.try_into().unwrap();
        assert!(!lost.stay_alive().await.unwrap());
        lost.end(State::Failed, "It stopped.").await.unwrap();
        assert_eq!(get(&owner, &import.id).await.unwrap().import.unwrap().state(), ImportState::Running);
        assert!(held.stay_alive().await.unwrap());
        held.end(State::Failed, "It stopped.").await.unwrap();
        assert_eq!(get(&owner, &import.id).await.unwrap().import.unwrap().state(), ImportState::Failed);
    }
}
