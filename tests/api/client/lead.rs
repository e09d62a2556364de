//! `LeadService`.

use std::collections::HashMap;

use chrono::TimeDelta;
use prost_types::FieldMask;
use streamflow_proto::{
    client::v1::{self as pb, lead_service_client::LeadServiceClient},
    common::v1::Money,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::{contact, customer};

pub fn service(person: &Person) -> LeadServiceClient<Channel> {
    LeadServiceClient::new(person.channel.clone())
}

pub fn named(name: &str) -> pb::Lead {
    pb::Lead { name: name.into(), ..Default::default() }
}

pub async fn create(person: &Person, lead: pb::Lead) -> Result<pb::Lead, Status> {
    let request = person.ask(pb::CreateLeadRequest { lead: Some(lead) });
    Ok(service(person).create_lead(request).await?.into_inner().lead.unwrap())
}

pub async fn get(person: &Person, id: &str) -> Result<pb::Lead, Status> {
    let request = person.ask(pb::GetLeadRequest { lead_id: id.into() });
    Ok(service(person).get_lead(request).await?.into_inner().lead.unwrap())
}

async fn update(person: &Person, lead: pb::Lead, paths: &[&str]) -> Result<pb::Lead, Status> {
    let update_mask = Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = person.ask(pb::UpdateLeadRequest { lead: Some(lead), update_mask });
    Ok(service(person).update_lead(request).await?.into_inner().lead.unwrap())
}

async fn move_to(person: &Person, lead: &str, stage: &str, before: &str) -> Result<pb::Lead, Status> {
    Ok(moved(person, lead, stage, before).await?.lead.unwrap())
}

async fn moved(person: &Person, lead: &str, stage: &str, before: &str) -> Result<pb::MoveLeadResponse, Status> {
    let request = pb::MoveLeadRequest { lead_id: lead.into(), stage_id: stage.into(), before_lead_id: before.into() };
    Ok(service(person).move_lead(person.ask(request)).await?.into_inner())
}

pub async fn convert(person: &Person, lead: &pb::Lead) -> Result<pb::ConvertLeadResponse, Status> {
    let request = pb::ConvertLeadRequest { lead_id: lead.id.clone(), version: lead.version };
    Ok(service(person).convert_lead(person.ask(request)).await?.into_inner())
}

pub async fn list(person: &Person, filter: &str, order_by: &str) -> Result<Vec<String>, Status> {
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListLeadsRequest {
            page_size: 2,
            page_token,
            filter: filter.into(),
            order_by: order_by.into(),
            ..Default::default()
        };
        let reply = service(person).list_leads(person.ask(request)).await?.into_inner();
        names.extend(reply.leads.into_iter().map(|lead| lead.name));
        page_token = reply.page.unwrap().next_page_token;
        if page_token.is_empty() {
            return Ok(names);
        }
    }
}

async fn stages(person: &Person) -> HashMap<String, pb::LeadStage> {
    let reply = service(person).list_lead_stages(person.ask(pb::ListLeadStagesRequest {})).await.unwrap().into_inner();
    reply.stages.into_iter().map(|stage| (stage.name.clone(), stage)).collect()
}

on_both! {
    async fn what_leads_are_worth_can_always_be_summed(world) {
        let owner = world.company("Harrow & Pike").await;
        let most: i64 = 1_000_000_000_000;
        let worth = |minor_units| Some(Money { minor_units, currency_code: "GBP".into() });
        let named = |name: &str, value| pb::Lead { name: name.into(), value, ..Default::default() };
        let refused = create(&owner, named("Moon", worth(most + 1))).await.unwrap_err();
        assert_eq!(fields(&refused), ["lead.value"]);
        for name in ["Roof", "Gutter", "Attic"] {
            create(&owner, named(name, worth(most))).await.unwrap();
        }
        // Values of before there was this limit.
        let kernel = &world.kernel;
        let org = streamflow_kernel::ids::parse("org_", &owner.org_id).unwrap();
        let db = kernel.database.tenant_write(streamflow_kernel::db::Scope::whole(org)).await.unwrap();
        db.execute("UPDATE leads SET value_minor = ? WHERE org_id = {org}", vec![i64::MAX.into()]).await.unwrap();
        let actor = streamflow_kernel::feed::Actor { id: None, name: String::new(), at: world.now() };
        db.commit_changes(&actor).await.unwrap();
        let board = stages(&owner).await;
        assert_eq!(board["New"].lead_value, worth(3 * most));
    }

    async fn a_lead_is_kept_listed_and_summed(world) {
        let owner = world.company("Harrow & Pike").await;
        let board = stages(&owner).await;
        assert_eq!(board.len(), 6);
        let worth = |minor_units, code: &str| Some(Money { minor_units, currency_code: code.into() });
        let roof = pb::Lead { value: worth(125_000, ""), follow_up_on: "2026-12-01".into(), tags: vec!["hot".into()], ..named("Roof") };
        let roof = create(&owner, roof).await.unwrap();
        assert_eq!((roof.number.as_str(), roof.stage_id == board["New"].id, roof.value.clone()), ("L-2001", true, worth(125_000, "GBP")));
        world.pass(TimeDelta::seconds(1));
        let gutter = pb::Lead { value: worth(5_000, "GBP"), stage_id: board["Proposal"].id.clone(), ..named("Gutter") };
        create(&owner, gutter).await.unwrap();
        world.pass(TimeDelta::seconds(1));
        create(&owner, pb::Lead { value: worth(9_000_000, "EUR"), follow_up_on: "2026-11-30".into(), ..named("Attic") }).await.unwrap();
        for (filter, order_by, names) in [
            ("", "", "Attic, Gutter, Roof"),
            ("", "value desc", "Attic, Roof, Gutter"),
            ("", "follow_up_on", "Attic, Roof, Gutter"),
            ("", "follow_up_on desc", "Roof, Attic, Gutter"),
            ("", "stage", "Roof, Attic, Gutter"),
            ("", "stage desc", "Gutter, Attic, Roof"),
            ("", "number", "Roof, Gutter, Attic"),
            ("follow_up_on = none", "", "Gutter"),
            ("follow_up_on <= 2026-11-30", "", "Attic"),
            ("tag = hot AND converted = false", "", "Roof"),
            ("converted = true", "", ""),
        ] {
            assert_eq!(list(&owner, filter, order_by).await.unwrap().join(", "), names, "{filter:?} {order_by:?}");
        }
        let new = &stages(&owner).await["New"];
        assert_eq!((new.lead_count, new.lead_value.clone()), (2, worth(125_000, "GBP")));
        assert_eq!(get(&owner, &roof.id).await.unwrap(), roof);
        let edited = pb::Lead { stage_id: board["Contacted"].id.clone(), value: None, ..roof.clone() };
        let edited = update(&owner, edited, &["stage_id", "value"]).await.unwrap();
        assert_eq!((edited.value.clone(), edited.version), (worth(0, "GBP"), 2));
        let refused = update(&owner, pb::Lead { value: worth(1, "GBP"), ..roof }, &["value"]).await.unwrap_err();
        assert_eq!(conflict::<pb::LeadConflict>(&refused).current, Some(edited));
    }

    async fn cards_lie_where_they_were_put(world) {
        let owner = world.company("Harrow & Pike").await;
        let stages = stages(&owner).await;
        let (new, won) = (stages["New"].id.clone(), stages["Won"].id.clone());
        let mut ids = HashMap::new();
        for name in ["A", "B", "C"] {
            ids.insert(name, create(&owner, named(name)).await.unwrap().id);
        }
        let here = format!("stage_id = {new}");
        assert_eq!(list(&owner, &here, "stage").await.unwrap(), ["A", "B", "C"]);
        move_to(&owner, &ids["C"], &new, &ids["A"]).await.unwrap();
        assert_eq!(list(&owner, &here, "stage").await.unwrap(), ["C", "A", "B"]);
        move_to(&owner, &ids["C"], &new, "").await.unwrap();
        assert_eq!(list(&owner, &here, "stage").await.unwrap(), ["A", "B", "C"]);
        // The same gap until numbers run out: the stage is spread out, and the order stays.
        for turn in 0..60 {
            let moving = if turn % 2 == 0 { "C" } else { "A" };
            move_to(&owner, &ids[moving], &new, &ids["B"]).await.unwrap();
        }
        assert_eq!(list(&owner, &here, "stage").await.unwrap(), ["C", "A", "B"]);
        let moved = move_to(&owner, &ids["A"], &won, "").await.unwrap();
        assert_eq!(moved.stage_id, won);
        assert_eq!(list(&owner, &here, "stage desc").await.unwrap(), ["B", "C"]);
        for (stage, before, field) in [("stg_x", "", "stage_id"), (won.as_str(), ids["B"].as_str(), "before_lead_id"), (won.as_str(), "led_x", "before_lead_id")] {
            assert_eq!(fields(&move_to(&owner, &ids["C"], stage, before).await.unwrap_err()), [field]);
        }
        let stranger = world.company("Elsewhere").await;
        assert_eq!(move_to(&stranger, &ids["A"], &won, "").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&create(&stranger, pb::Lead { stage_id: won.clone(), ..named("X") }).await.unwrap_err()), ["lead.stage_id"]);
        let theirs = create(&stranger, named("X")).await.unwrap();
        let foreign = update(&stranger, pb::Lead { stage_id: won, ..theirs }, &["stage_id"]).await.unwrap_err();
        assert_eq!(fields(&foreign), ["lead.stage_id"]);
    }

    async fn a_move_tells_where_the_lead_stood_so_that_it_can_go_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let stages = stages(&owner).await;
        let (new, won) = (stages["New"].id.clone(), stages["Won"].id.clone());
        let mut ids = HashMap::new();
        for (by, name) in [(&owner, "A"), (&staff, "B"), (&owner, "C"), (&staff, "D")] {
            ids.insert(name, create(by, named(name)).await.unwrap().id);
        }
        let here = format!("stage_id = {new}");
        for (name, next) in [("A", ids["B"].as_str()), ("B", ids["C"].as_str()), ("D", "")] {
            let gone = moved(&owner, &ids[name], &won, "").await.unwrap();
            assert_eq!(gone.was_before_lead_id, next, "{name}");
            move_to(&owner, &ids[name], &new, &gone.was_before_lead_id).await.unwrap();
            assert_eq!(list(&owner, &here, "stage").await.unwrap(), ["A", "B", "C", "D"]);
        }
        // What somebody does not see is not named to them.
        let gone = moved(&staff, &ids["B"], &won, "").await.unwrap();
        assert_eq!(gone.was_before_lead_id, ids["D"]);
        // Within a stage as well.
        let up = moved(&owner, &ids["D"], &new, &ids["A"]).await.unwrap();
        assert_eq!(up.was_before_lead_id, "");
        assert_eq!(moved(&owner, &ids["A"], &new, "").await.unwrap().was_before_lead_id, ids["C"]);
    }

    async fn a_lead_becomes_a_customer_once(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let lead = pb::Lead { company: "Harbour".into(), contact_name: "Ana Silva".into(), email: "ana@harbour.example".into(), ..named("Roof") };
        let lead = create(&staff, lead).await.unwrap();
        let edited = update(&staff, pb::Lead { note: "Rang".into(), ..lead.clone() }, &["note"]).await.unwrap();
        let stale = convert(&staff, &lead).await.unwrap_err();
        assert_eq!(conflict::<pb::LeadConflict>(&stale).fields, ["note"]);
        let done = convert(&staff, &edited).await.unwrap();
        let won = done.lead.unwrap();
        let board = stages(&owner).await;
        assert_eq!((won.customer_id.clone(), won.stage_id.clone()), (done.customer_id.clone(), board["Won"].id.clone()));
        // What it became is settled; its place among the others is not.
        let lost = pb::Lead { stage_id: board["Lost"].id.clone(), ..won.clone() };
        for refused in [move_to(&staff, &won.id, &lost.stage_id, "").await.unwrap_err(), update(&staff, lost.clone(), &["stage_id"]).await.unwrap_err()] {
            assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "ALREADY_CONVERTED".into()));
        }
        assert_eq!(move_to(&staff, &won.id, &won.stage_id, "").await.unwrap().stage_id, won.stage_id);
        let customer = customer::get(&staff, &done.customer_id).await.unwrap();
        assert_eq!((customer.name.as_str(), customer.source.as_str(), customer.main_contact_name.as_str()), ("Harbour", "lead", "Ana Silva"));
        assert_eq!(customer.owner_id, staff.user_id);
        let contacts = pb::ListContactsRequest { filter: format!("customer_id = {}", customer.id), ..Default::default() };
        let contacts = contact::service(&staff).list_contacts(staff.ask(contacts)).await.unwrap().into_inner().contacts;
        assert_eq!(contacts.len(), 1);
        let again = convert(&staff, &get(&staff, &won.id).await.unwrap()).await.unwrap_err();
        assert_eq!((again.code(), reason(&again)), (Code::FailedPrecondition, "ALREADY_CONVERTED".into()));
        let other = create(&employee, named("Fence")).await.unwrap();
        assert_eq!(convert(&employee, &other).await.unwrap_err().code(), Code::PermissionDenied);
    }

    async fn each_role_sees_its_leads(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        create(&owner, named("Anyone's")).await.unwrap();
        create(&manager, named("Manager's")).await.unwrap();
        create(&staff, named("Staff's")).await.unwrap();
        let made = create(&employee, named("Employee's")).await.unwrap();
        assert_eq!((made.assignee_id.as_str(), made.owner_id.as_str()), (employee.user_id.as_str(), ""));
        for (person, names) in [(&owner, "Anyone's, Employee's, Manager's, Staff's"), (&manager, "Anyone's, Employee's, Manager's"), (&staff, "Staff's"), (&employee, "Employee's")] {
            assert_eq!(list(person, "", "").await.unwrap().join(", "), names, "{}", person.role);
        }
        assert_eq!(list(&accountant, "", "").await.unwrap_err().code(), Code::PermissionDenied);
        let handed = pb::Lead { assignee_id: staff.user_id.clone(), ..named("X") };
        assert_eq!(fields(&create(&employee, handed).await.unwrap_err()), ["lead.assignee_id"]);
        let wrong = pb::Lead { follow_up_on: "soon".into(), value: Some(Money { minor_units: -1, currency_code: "GBP".into() }), ..Default::default() };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["lead.name", "lead.value", "lead.follow_up_on"]);
    }
}
