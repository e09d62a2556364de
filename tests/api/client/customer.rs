//! `CustomerService`.

use std::collections::HashSet;

use chrono::TimeDelta;
use prost_types::FieldMask;
use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

pub fn service(person: &Person) -> CustomerServiceClient<Channel> {
    CustomerServiceClient::new(person.channel.clone())
}

pub async fn create(person: &Person, customer: pb::Customer) -> Result<pb::Customer, Status> {
    let request = person.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    Ok(service(person).create_customer(request).await?.into_inner().customer.unwrap())
}

pub fn named(name: &str) -> pb::Customer {
    pb::Customer { name: name.into(), ..Default::default() }
}

pub async fn get(person: &Person, id: &str) -> Result<pb::Customer, Status> {
    let request = person.ask(pb::GetCustomerRequest { customer_id: id.into() });
    Ok(service(person).get_customer(request).await?.into_inner().customer.unwrap())
}

pub async fn update(person: &Person, customer: pb::Customer, paths: &[&str]) -> Result<pb::UpdateCustomerResponse, Status> {
    let update_mask = Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = person.ask(pb::UpdateCustomerRequest { customer: Some(customer), update_mask });
    Ok(service(person).update_customer(request).await?.into_inner())
}

pub async fn write_private(person: &Person, private: pb::CustomerPrivate) -> Result<pb::CustomerPrivate, Status> {
    let request = person.ask(pb::UpdateCustomerPrivateRequest { private: Some(private) });
    Ok(service(person).update_customer_private(request).await?.into_inner().private.unwrap())
}

pub async fn list(person: &Person, filter: &str, order_by: &str) -> Result<Vec<String>, Status> {
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCustomersRequest {
            page_size: 2,
            page_token,
            filter: filter.into(),
            order_by: order_by.into(),
            ..Default::default()
        };
        let reply = service(person).list_customers(person.ask(request)).await?.into_inner();
        names.extend(reply.customers.into_iter().map(|customer| customer.name));
        page_token = reply.page.unwrap().next_page_token;
        if page_token.is_empty() {
            return Ok(names);
        }
    }
}

on_both! {
    async fn a_customer_is_kept_as_it_was_written(world) {
        let owner = world.company("Harrow & Pike").await;
        let written = pb::Customer {
            name: " Berglunds snabbköp ".into(),
            kind: pb::CustomerKind::Business.into(),
            email: "info@berglund.example".into(),
            phone: "0921-12 34 65".into(),
            website: "https://berglund.example".into(),
            address: Some(pb::Address { street: "Berguvsvägen 8".into(), postal_code: "S-958 22".into(), city: "Luleå".into(), region: "Norrbotten".into(), country: "Sweden".into() }),
            tags: vec!["VIP".into(), "O'Neill \"net\" 30%".into()],
            external_id: "BERGS".into(),
            note: "Side\nentrance".into(),
            owner_id: owner.user_id.clone(),
            ..Default::default()
        };
        let created = create(&owner, written.clone()).await.unwrap();
        assert_eq!((created.number.as_str(), created.version, created.source.as_str()), ("C-10001", 1, "manual"));
        assert_eq!(created.name, "Berglunds snabbköp");
        assert_eq!((&created.address, &created.tags, &created.note), (&written.address, &written.tags, &written.note));
        assert_eq!(created.owner_id, owner.user_id);
        assert_eq!(get(&owner, &created.id).await.unwrap(), created);
        assert_eq!(create(&owner, named("Next")).await.unwrap().number, "C-10002");
        let taken = create(&owner, pb::Customer { external_id: "BERGS".into(), ..named("Other") }).await.unwrap_err();
        assert_eq!(fields(&taken), ["customer.external_id"]);
        // A missing key is no key: two customers may lack one. The refused one left no hole but in the numbers.
        assert_eq!(list(&owner, "", "number").await.unwrap(), ["Berglunds snabbköp", "Next"]);
    }

    async fn wrong_input_is_told_at_each_field(world) {
        let owner = world.company("Harrow & Pike").await;
        let wrong = pb::Customer { email: "ana@gmail,com".into(), owner_id: "nobody".into(), ..Default::default() };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["customer.name", "customer.email", "customer.owner_id"]);
        let stranger = world.company("Elsewhere").await;
        let team = format!("tea_{}", uuid::Uuid::now_v7().simple());
        let foreign = pb::Customer { owner_id: stranger.user_id.clone(), assignee_id: owner.user_id.clone(), team_id: team, ..named("X") };
        assert_eq!(fields(&create(&owner, foreign).await.unwrap_err()), ["customer.owner_id", "customer.team_id"]);
        let customer = create(&owner, named("X")).await.unwrap();
        let early = pb::Customer { version: 7, ..customer.clone() };
        assert_eq!(fields(&update(&owner, early, &["name"]).await.unwrap_err()), ["customer.version"]);
        let nothing = pb::Customer { version: 0, ..customer };
        assert_eq!(fields(&update(&owner, nothing, &["number"]).await.unwrap_err()), ["customer.version", "update_mask"]);
        let bad = list(&owner, "town = x AND city < 3", "town").await.unwrap_err();
        assert_eq!(fields(&bad), ["filter", "filter", "order_by"]);
    }

    async fn a_list_is_filtered_ordered_and_paged(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let at = |name: &str, city: &str| pb::Customer { address: Some(pb::Address { city: city.into(), ..Default::default() }), ..named(name) };
        for (name, city) in [("Ålborg", "Luleå"), ("zeta", "Bonn"), ("Alpha", "Bonn"), ("50% off_all", ""), ("éclair", "Bonn")] {
            create(&owner, at(name, city)).await.unwrap();
            world.pass(TimeDelta::seconds(1));
        }
        let tagged = pb::Customer { tags: vec!["VIP".into(), "Net 30".into()], owner_id: owner.user_id.clone(), kind: pb::CustomerKind::Person.into(), ..named("Beta") };
        create(&owner, tagged).await.unwrap();
        let all = |text: &'static str| text.split(", ").map(str::to_owned).collect::<Vec<_>>();
        for (filter, order_by, names) in [
            ("", "", "50% off_all, Ålborg, Alpha, Beta, éclair, zeta"),
            ("", "name desc", "zeta, éclair, Beta, Alpha, Ålborg, 50% off_all"),
            ("", "created_at", "Ålborg, zeta, Alpha, 50% off_all, éclair, Beta"),
            ("", "updated_at desc", "Beta, éclair, 50% off_all, Alpha, zeta, Ålborg"),
            ("", "number desc", "Beta, éclair, 50% off_all, Alpha, zeta, Ålborg"),
            ("city = Bonn", "name", "Alpha, éclair, zeta"),
            ("city : bON AND name != alpha", "name", "éclair, zeta"),
            ("name : \"50% off_\"", "", "50% off_all"),
            ("name : ECLAIR", "", "éclair"),
            ("tag = vip", "", "Beta"),
            ("tag = \"Net 3\"", "", ""),
            ("tag : net", "", "Beta"),
            ("tag != VIP AND city = Bonn", "", "Alpha, éclair, zeta"),
            ("owner_id = none AND city != Bonn", "", "50% off_all, Ålborg"),
            ("owner_id != none", "", "Beta"),
            ("kind = person AND source = manual", "", "Beta"),
            ("created_at > 2199-01-01", "", ""),
            ("archived = true", "", ""),
        ] {
            let expected = if names.is_empty() { Vec::new() } else { all(names) };
            let found = list(&owner, filter, order_by).await.unwrap_or_else(|refused| panic!("{filter:?} {order_by:?} {refused:?}"));
            assert_eq!(found, expected, "{filter:?} {order_by:?}");
        }
        let cities = list(&owner, "", "city").await.unwrap();
        assert_eq!((cities.len(), cities.last().map(String::as_str)), (6, Some("Ålborg")));
        let mine = format!("owner_id = {}", owner.user_id);
        assert_eq!(list(&owner, &mine, "").await.unwrap(), ["Beta"]);
        let only = pb::ListCustomersRequest { filter: mine.clone(), ..Default::default() };
        let beta = service(&owner).list_customers(owner.ask(only)).await.unwrap().into_inner().customers.remove(0).id;
        assert_eq!(list(&owner, &format!("{mine} AND id = {beta}"), "").await.unwrap(), ["Beta"]);
        assert_eq!(list(&owner, &format!("owner_id = none AND id = {beta}"), "").await.unwrap(), [""; 0]);
        assert_eq!(list(&stranger, &format!("id = {beta}"), "").await.unwrap(), [""; 0]);
        assert_eq!(list(&owner, &format!("id != {beta}"), "").await.unwrap().len(), 5);
        assert_eq!(list(&owner, "id = none", "").await.unwrap(), [""; 0]);
        for (count_total, total) in [(true, 6), (false, 0)] {
            let first = pb::ListCustomersRequest { page_size: 2, count_total, ..Default::default() };
            let page = service(&owner).list_customers(owner.ask(first)).await.unwrap().into_inner().page.unwrap();
            assert_eq!((page.total_size, page.total_is_capped, page.next_page_token.is_empty()), (total, false, false));
        }
    }

    async fn edits_of_different_fields_merge_and_of_the_same_field_conflict(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let before = create(&owner, named("Harbour")).await.unwrap();
        let theirs = pb::Customer { name: "Harbour Ltd".into(), phone: "0113 496 0142".into(), ..before.clone() };
        let theirs = update(&manager, theirs, &["name", "phone"]).await.unwrap().customer.unwrap();
        assert_eq!(theirs.version, 2);
        let mine = pb::Customer { email: "hi@harbour.example".into(), ..before.clone() };
        let merged = update(&owner, mine, &["email"]).await.unwrap();
        let now = merged.customer.unwrap();
        assert_eq!((now.name.as_str(), now.email.as_str(), now.version), ("Harbour Ltd", "hi@harbour.example", 3));
        assert_eq!(merged.merged_fields.iter().collect::<HashSet<_>>().len(), 2);
        let clash = pb::Customer { name: "Harbour & Co".into(), phone: "0113 496 0142".into(), ..before.clone() };
        let refused = update(&owner, clash, &["name", "phone"]).await.unwrap_err();
        assert_eq!(refused.code(), Code::Aborted);
        let detail: pb::CustomerConflict = conflict(&refused);
        // Both wrote the same phone: that is agreement.
        assert_eq!((detail.fields, detail.current), (vec!["name".to_owned()], Some(now.clone())));
        assert!(detail.changed_by.contains("MANAGER"), "{}", detail.changed_by);
        let same = update(&owner, now.clone(), &["name", "address", "tags"]).await.unwrap().customer.unwrap();
        assert_eq!(same.version, now.version, "nothing changed, so nothing was written");
    }

    async fn each_role_sees_and_writes_its_own(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let colleague = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let mine = create(&staff, named("Mine")).await.unwrap();
        assert_eq!(mine.owner_id, staff.user_id);
        let nobodys = create(&owner, named("Nobody's")).await.unwrap();
        let worked = create(&owner, pb::Customer { assignee_id: employee.user_id.clone(), ..named("Worked on") }).await.unwrap();
        for (person, names) in [(&owner, "Mine, Nobody's, Worked on"), (&staff, "Mine"), (&colleague, ""), (&employee, "Worked on"), (&accountant, "Mine, Nobody's, Worked on")] {
            assert_eq!(list(person, "", "").await.unwrap().join(", "), names, "{}", person.role);
        }
        assert_eq!(get(&staff, &nobodys.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(update(&colleague, mine.clone(), &["name"]).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(create(&employee, named("X")).await.unwrap_err().code(), Code::PermissionDenied);
        // An employee edits what is assigned, but does not hand it on.
        let noted = pb::Customer { note: "Rang".into(), owner_id: employee.user_id.clone(), ..worked.clone() };
        let noted = update(&employee, noted, &["note"]).await.unwrap().customer.unwrap();
        let handed = pb::Customer { owner_id: employee.user_id.clone(), ..noted };
        assert_eq!(fields(&update(&employee, handed, &["owner_id"]).await.unwrap_err()), ["customer.owner_id"]);
        // Staff may hand over, and then no longer see it.
        let given = pb::Customer { owner_id: colleague.user_id.clone(), ..mine.clone() };
        let given = update(&staff, given, &["owner_id"]).await.unwrap().customer.unwrap();
        assert_eq!(given.owner_id, colleague.user_id);
        assert_eq!(get(&staff, &mine.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(get(&colleague, &mine.id).await.unwrap(), given);
    }

    async fn another_companys_customer_is_not_there(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let theirs = create(&stranger, pb::Customer { external_id: "K1".into(), ..named("Theirs") }).await.unwrap();
        let missing = get(&owner, &format!("cus_{}", uuid::Uuid::now_v7().simple())).await.unwrap_err();
        for refused in [get(&owner, &theirs.id).await.unwrap_err(), get(&owner, "cus_x").await.unwrap_err()] {
            assert_eq!((refused.code(), refused.message(), refused.details()), (Code::NotFound, missing.message(), missing.details()));
        }
        assert_eq!(update(&owner, theirs.clone(), &["name"]).await.unwrap_err().code(), Code::NotFound);
        assert!(list(&owner, "", "").await.unwrap().is_empty());
        let private = pb::GetCustomerPrivateRequest { customer_id: theirs.id };
        assert_eq!(service(&owner).get_customer_private(owner.ask(private)).await.unwrap_err().code(), Code::NotFound);
        // Keys and numbers are each company's own.
        let mine = create(&owner, pb::Customer { external_id: "K1".into(), ..named("Mine") }).await.unwrap();
        assert_eq!(mine.number, "C-10001");
    }

    async fn private_fields_are_encrypted_and_versioned(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let customer = create(&staff, named("Harbour")).await.unwrap();
        let read = || pb::GetCustomerPrivateRequest { customer_id: customer.id.clone() };
        let empty = service(&owner).get_customer_private(owner.ask(read())).await.unwrap().into_inner().private.unwrap();
        assert_eq!((empty.version, empty.tax_id.as_str()), (0, ""));
        let written = pb::CustomerPrivate { tax_id: "GB 123 4567 89".into(), private_note: "Pays late".into(), ..empty };
        let kept = write_private(&owner, written.clone()).await.unwrap();
        assert_eq!(kept.version, 1);
        assert_eq!(service(&owner).get_customer_private(owner.ask(read())).await.unwrap().into_inner().private, Some(kept.clone()));
        let refused = write_private(&owner, written).await.unwrap_err();
        assert_eq!(conflict::<pb::CustomerPrivate>(&refused), kept);
        let again = write_private(&owner, pb::CustomerPrivate { private_note: String::new(), ..kept }).await.unwrap();
        assert_eq!((again.version, again.private_note.as_str()), (2, ""));
        assert_eq!(service(&staff).get_customer_private(staff.ask(read())).await.unwrap_err().code(), Code::PermissionDenied);
        for entry in std::fs::read_dir(world.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = if path.is_file() { std::fs::read(path).unwrap() } else { Vec::new() };
            assert!(!bytes.windows(13).any(|window| window == b"GB 123 4567 8"), "in the clear at rest");
        }
    }

    async fn parallel_writers_lose_nothing(world) {
        let owner = world.company("Harrow & Pike").await;
        let created = (0..16).map(|n| {
            let owner = owner.clone();
            tokio::spawn(async move { create(&owner, named(&format!("Customer {n}"))).await.unwrap().number })
        });
        let numbers: HashSet<String> = futures::future::join_all(created.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(numbers.len(), 16);
        let before = create(&owner, named("Harbour")).await.unwrap();
        let paths = ["email", "phone", "website", "note", "address.city", "tags", "external_id", "kind"];
        let edits = paths.map(|path| {
            let edited = pb::Customer {
                email: "hi@harbour.example".into(),
                phone: "0113 496 0142".into(),
                website: "https://harbour.example".into(),
                note: "Side entrance".into(),
                address: Some(pb::Address { city: "Leeds".into(), ..Default::default() }),
                tags: vec!["VIP".into()],
                external_id: "H1".into(),
                kind: pb::CustomerKind::Person.into(),
                ..before.clone()
            };
            let owner = owner.clone();
            tokio::spawn(async move { update(&owner, edited, &[path]).await.unwrap() })
        });
        futures::future::join_all(edits).await;
        let after = get(&owner, &before.id).await.unwrap();
        assert_eq!(after.version, 9);
        assert_eq!((after.email.as_str(), after.external_id.as_str(), after.tags.len()), ("hi@harbour.example", "H1", 1));
        assert_eq!((after.kind(), after.address.unwrap().city.as_str()), (pb::CustomerKind::Person, "Leeds"));
    }

    async fn a_managers_customer_is_the_teams(world) {
        let owner = world.company("Harrow & Pike").await;
        let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        let team = TeamServiceClient::new(owner.channel.clone()).create_team(owner.ask(team)).await.unwrap().into_inner().team.unwrap();
        let manager = owner.hire(&world, pb::Role::Manager, &team.id).await;
        let colleague = owner.hire(&world, pb::Role::Manager, &team.id).await;
        let outsider = owner.hire(&world, pb::Role::Manager, "").await;
        let made = create(&manager, named("Harbour")).await.unwrap();
        assert_eq!((made.owner_id.as_str(), made.team_id.as_str()), (manager.user_id.as_str(), team.id.as_str()));
        assert_eq!(list(&colleague, &format!("team_id = {}", team.id), "").await.unwrap(), ["Harbour"]);
        assert!(list(&outsider, "", "").await.unwrap().is_empty());
        // Given to somebody outside the team, it leaves the team's sight.
        let away = pb::Customer { owner_id: outsider.user_id.clone(), team_id: String::new(), ..made.clone() };
        update(&manager, away, &["owner_id", "team_id"]).await.unwrap();
        assert_eq!(list(&outsider, "", "").await.unwrap(), ["Harbour"]);
        assert_eq!(get(&colleague, &made.id).await.unwrap_err().code(), Code::NotFound);
    }
}
