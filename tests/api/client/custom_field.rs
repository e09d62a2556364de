//! `CustomFieldService`, and what records do with their values.

use std::collections::HashMap;

use prost_types::FieldMask;
use streamflow_proto::client::v1::{
    self as pb, CustomFieldType as Type, RecordKind, custom_field_service_client::CustomFieldServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::{customer, import, lead, record, timeline};

fn service(person: &Person) -> CustomFieldServiceClient<Channel> {
    CustomFieldServiceClient::new(person.channel.clone())
}

pub async fn list(person: &Person, kind: RecordKind) -> Vec<pb::CustomField> {
    let request = person.ask(pb::ListCustomFieldsRequest { kind: kind.into() });
    service(person).list_custom_fields(request).await.unwrap().into_inner().fields
}

pub async fn create(person: &Person, field: pb::CustomField) -> Result<pb::CustomField, Status> {
    let request = person.ask(pb::CreateCustomFieldRequest { field: Some(field) });
    Ok(service(person).create_custom_field(request).await?.into_inner().field.unwrap())
}

async fn update(person: &Person, field: pb::CustomField) -> Result<pb::CustomField, Status> {
    let request = person.ask(pb::UpdateCustomFieldRequest { field: Some(field) });
    Ok(service(person).update_custom_field(request).await?.into_inner().field.unwrap())
}

async fn archive(person: &Person, id: &str, archived: bool) -> Result<pb::CustomField, Status> {
    let request = person.ask(pb::ArchiveCustomFieldRequest { field_id: id.into(), archived });
    Ok(service(person).archive_custom_field(request).await?.into_inner().field.unwrap())
}

async fn reorder(person: &Person, kind: RecordKind, ids: Vec<String>) -> Result<Vec<pb::CustomField>, Status> {
    let request = person.ask(pb::ReorderCustomFieldsRequest { kind: kind.into(), field_ids: ids });
    Ok(service(person).reorder_custom_fields(request).await?.into_inner().fields)
}

pub fn field(kind: RecordKind, key: &str, label: &str, holds: Type) -> pb::CustomField {
    let choices = if holds == Type::Choice { vec!["Flat".into(), "Gable".into()] } else { Vec::new() };
    pb::CustomField {
        kind: kind.into(),
        key: key.into(),
        label: label.into(),
        r#type: holds.into(),
        choices,
        ..Default::default()
    }
}

/// A company whose customers have a field of each type.
async fn with_fields(owner: &Person, kind: RecordKind) -> Vec<pb::CustomField> {
    let mut made = Vec::new();
    for (key, label, holds) in [
        ("ground", "Ground", Type::Text),
        ("access", "Access", Type::Lines),
        ("area", "Roof area", Type::Number),
        ("built_on", "Built", Type::Date),
        ("roof", "Roof type", Type::Choice),
        ("listed", "Listed building", Type::Checkbox),
    ] {
        made.push(create(owner, field(kind, key, label, holds)).await.unwrap());
    }
    made
}

fn values(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn customer_with(name: &str, pairs: &[(&str, &str)]) -> pb::Customer {
    pb::Customer { custom: values(pairs), ..customer::named(name) }
}

async fn edit_lead(person: &Person, lead: pb::Lead, path: &str) -> Result<pb::Lead, Status> {
    let request = pb::UpdateLeadRequest { lead: Some(lead), update_mask: Some(FieldMask { paths: vec![path.to_owned()] }) };
    Ok(lead::service(person).update_lead(person.ask(request)).await?.into_inner().lead.unwrap())
}

on_both! {
    async fn fields_are_made_changed_ordered_and_put_away(world) {
        let owner = world.company("Harrow & Pike").await;
        let made = with_fields(&owner, RecordKind::Customer).await;
        let roof = pb::CustomField { label: "Roof".into(), choices: vec!["Flat".into(), "Hip".into()], required: true, help: "From the street.".into(), ..made[4].clone() };
        let roof = update(&owner, roof).await.unwrap();
        assert_eq!((roof.label.as_str(), roof.version, roof.required, roof.key.as_str()), ("Roof", 2, true, "roof"));
        let stale: pb::CustomField = conflict(&update(&owner, made[4].clone()).await.unwrap_err());
        assert_eq!(stale, roof);
        let order = reorder(&owner, RecordKind::Customer, vec![made[4].id.clone(), made[2].id.clone()]).await.unwrap();
        let keys = |fields: &[pb::CustomField]| fields.iter().map(|field| field.key.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(keys(&order), "roof area ground access built_on listed");
        archive(&owner, &made[2].id, true).await.unwrap();
        let listed = list(&owner, RecordKind::Customer).await;
        assert_eq!(keys(&listed), "roof ground access built_on listed area");
        assert!(listed[5].archived_at.is_some() && list(&owner, RecordKind::Lead).await.is_empty());
        assert!(archive(&owner, &made[2].id, false).await.unwrap().archived_at.is_none());
    }

    async fn wrong_fields_are_told_at_once(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let wrong = pb::CustomField { kind: RecordKind::Contact.into(), key: "Roof type".into(), ..Default::default() };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["field.kind", "field.key", "field.label", "field.type"]);
        let made = create(&owner, field(RecordKind::Lead, "roof", "Roof", Type::Choice)).await.unwrap();
        assert_eq!(fields(&create(&owner, field(RecordKind::Lead, "roof", "Other", Type::Text)).await.unwrap_err()), ["field.key"]);
        assert_eq!(fields(&create(&owner, field(RecordKind::Lead, "other", "ROOF", Type::Text)).await.unwrap_err()), ["field.label"]);
        create(&owner, field(RecordKind::Customer, "roof", "Roof", Type::Text)).await.unwrap();
        let few = pb::CustomField { choices: vec!["One".into()], unit: "m".into(), ..made.clone() };
        assert_eq!(fields(&update(&owner, few).await.unwrap_err()), ["field.choices", "field.unit"]);
        assert_eq!(fields(&reorder(&owner, RecordKind::Contact, Vec::new()).await.unwrap_err()), ["kind"]);
        assert_eq!(fields(&reorder(&owner, RecordKind::Lead, vec![made.id.clone(), made.id.clone()]).await.unwrap_err()), ["field_ids"]);
        // Another company's field is not there.
        assert_eq!(update(&stranger, made.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(archive(&stranger, &made.id, true).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&reorder(&stranger, RecordKind::Lead, vec![made.id.clone()]).await.unwrap_err()), ["field_ids"]);
        assert!(list(&stranger, RecordKind::Unspecified).await.is_empty());
        // Everybody reads them, owners write them.
        assert_eq!(list(&manager, RecordKind::Lead).await.len(), 1);
        let refused = [
            create(&manager, field(RecordKind::Lead, "x", "X", Type::Text)).await.map(drop),
            update(&manager, made.clone()).await.map(drop),
            archive(&manager, &made.id, true).await.map(drop),
            reorder(&manager, RecordKind::Lead, Vec::new()).await.map(drop),
        ];
        assert!(refused.into_iter().all(|answer| answer.unwrap_err().code() == Code::PermissionDenied));
        for n in 1..40 {
            create(&owner, field(RecordKind::Lead, &format!("f{n}"), &format!("F {n}"), Type::Text)).await.unwrap();
        }
        assert_eq!(reason(&create(&owner, field(RecordKind::Lead, "more", "More", Type::Text)).await.unwrap_err()), "TOO_MANY_FIELDS");
    }

    async fn values_are_kept_in_one_spelling(world) {
        let owner = world.company("Harrow & Pike").await;
        with_fields(&owner, RecordKind::Customer).await;
        let typed = [("ground", " Clay "), ("access", "Gate\r\ncode"), ("area", "0120.50"), ("built_on", "1998-05-01"), ("roof", "FLAT"), ("listed", "true")];
        let made = customer::create(&owner, customer_with("Harbour", &typed)).await.unwrap();
        let kept = [("ground", "Clay"), ("access", "Gate\ncode"), ("area", "120.5"), ("built_on", "1998-05-01"), ("roof", "Flat"), ("listed", "true")];
        assert_eq!(made.custom, values(&kept));
        assert_eq!(customer::get(&owner, &made.id).await.unwrap(), made);
        let wrong = pb::Customer { email: "ana@gmail,com".into(), ..customer_with("", &[("area", "many"), ("built_on", "yesterday"), ("roof", "Round"), ("tower", "x")]) };
        let refused = customer::create(&owner, wrong).await.unwrap_err();
        let expected = ["customer.name", "customer.email", "customer.custom.area", "customer.custom.built_on", "customer.custom.roof", "customer.custom.tower"];
        assert_eq!(fields(&refused), expected);
        let wrong = pb::Customer { custom: values(&[("area", "-")]), ..made.clone() };
        assert_eq!(fields(&customer::update(&owner, wrong, &["custom.area", "custom.tower", "number"]).await.unwrap_err()), ["update_mask", "customer.custom.area", "customer.custom.tower"]);
        let edited = pb::Customer { custom: values(&[("area", "80"), ("listed", "")]), ..made.clone() };
        let edited = customer::update(&owner, edited, &["custom.area", "custom.listed"]).await.unwrap().customer.unwrap();
        assert_eq!((edited.custom.get("area").map(String::as_str), edited.custom.get("listed"), edited.version), (Some("80"), None, 2));
        assert_eq!(edited.custom.get("ground").map(String::as_str), Some("Clay"), "what the mask does not name stays");
        let told = timeline::told(&owner, RecordKind::Customer.into(), &made.id).await;
        assert!(told[0].contains("custom.area \"120.5\" \"80\", custom.listed \"true\" \"\""), "{told:?}");
    }

    async fn a_required_value_binds_new_records_and_edits(world) {
        let owner = world.company("Harrow & Pike").await;
        let old = lead::create(&owner, lead::named("Old")).await.unwrap();
        let made = create(&owner, pb::CustomField { required: true, ..field(RecordKind::Lead, "roof", "Roof", Type::Choice) }).await.unwrap();
        assert_eq!(fields(&lead::create(&owner, lead::named("New")).await.unwrap_err()), ["lead.custom.roof"]);
        let new = pb::Lead { custom: values(&[("roof", "Gable")]), ..lead::named("New") };
        let new = lead::create(&owner, new).await.unwrap();
        // Records from before are not locked by it.
        let renamed = edit_lead(&owner, pb::Lead { name: "Older".into(), ..old }, "name").await.unwrap();
        assert_eq!(renamed.version, 2);
        let emptied = pb::Lead { custom: HashMap::new(), ..new.clone() };
        assert_eq!(fields(&edit_lead(&owner, emptied.clone(), "custom.roof").await.unwrap_err()), ["lead.custom.roof"]);
        archive(&owner, &made.id, true).await.unwrap();
        lead::create(&owner, lead::named("Free")).await.unwrap();
        assert_eq!(fields(&edit_lead(&owner, emptied, "custom.roof").await.unwrap_err()), ["lead.custom.roof"]);
        assert_eq!(lead::get(&owner, &new.id).await.unwrap().custom, values(&[("roof", "Gable")]), "values stay");
    }

    async fn edits_merge_field_by_field(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        with_fields(&owner, RecordKind::Customer).await;
        let before = customer::create(&owner, customer_with("Harbour", &[("area", "1")])).await.unwrap();
        let theirs = pb::Customer { custom: values(&[("area", "2"), ("roof", "Flat")]), ..before.clone() };
        customer::update(&manager, theirs, &["custom.area", "custom.roof"]).await.unwrap();
        let mine = pb::Customer { custom: values(&[("ground", "Clay")]), ..before.clone() };
        let merged = customer::update(&owner, mine, &["custom.ground"]).await.unwrap();
        assert_eq!(merged.merged_fields, ["custom.area", "custom.roof"]);
        let now = merged.customer.unwrap();
        assert_eq!(now.custom, values(&[("area", "2"), ("roof", "Flat"), ("ground", "Clay")]));
        let clash = pb::Customer { custom: values(&[("area", "3"), ("roof", "flat")]), ..before };
        let detail: pb::CustomerConflict = conflict(&customer::update(&owner, clash, &["custom.area", "custom.roof"]).await.unwrap_err());
        assert_eq!((detail.fields, detail.current), (vec!["custom.area".to_owned()], Some(now)));
    }

    async fn lists_and_files_know_the_fields(world) {
        let owner = world.company("Harrow & Pike").await;
        with_fields(&owner, RecordKind::Customer).await;
        for (name, pairs) in [
            ("Alpha", &[("area", "9"), ("roof", "Flat"), ("built_on", "1998-05-01"), ("listed", "true"), ("ground", "50% Clay_x")][..]),
            ("Beta", &[("area", "120.5"), ("roof", "Gable"), ("built_on", "2004-01-31")]),
            ("Gamma", &[]),
        ] {
            customer::create(&owner, customer_with(name, pairs)).await.unwrap();
        }
        for (filter, names) in [
            ("custom.area > 10", "Beta"),
            ("custom.area <= 9", "Alpha"),
            ("custom.area = 120.50", "Beta"),
            ("custom.area != 9", "Beta, Gamma"),
            ("custom.area = none", "Gamma"),
            ("custom.built_on >= 2000-01-01", "Beta"),
            ("custom.built_on != none", "Alpha, Beta"),
            ("custom.roof = Flat", "Alpha"),
            ("custom.roof != Flat", "Beta, Gamma"),
            ("custom.roof = \"\"", "Gamma"),
            ("custom.listed = true", "Alpha"),
            ("custom.listed = false", "Beta, Gamma"),
            ("custom.ground : \"50% clay_\"", "Alpha"),
            ("custom.ground : \"50%%\"", ""),
            ("custom.area > 1 AND name : alp", "Alpha"),
        ] {
            assert_eq!(customer::list(&owner, filter, "").await.unwrap().join(", "), names, "{filter}");
        }
        for filter in ["custom.tower = 1", "custom.area : 1", "custom.area = many", "custom.listed = perhaps", "custom.roof < x", "custom.built_on = 2026-02-30"] {
            assert_eq!(fields(&customer::list(&owner, filter, "").await.unwrap_err()), ["filter"], "{filter}");
        }
        assert_eq!(fields(&customer::list(&owner, "", "custom.area").await.unwrap_err()), ["order_by"]);
        let kind = RecordKind::Customer.into();
        let file = record::export(&owner, kind, "custom.area > 1", &["name", "custom.area", "custom.roof"]).await.unwrap();
        assert_eq!(file.trim_start_matches('\u{feff}'), "name,Roof area,Roof type\r\nAlpha,9,Flat\r\nBeta,120.5,Gable\r\n");
        assert!(record::export(&owner, kind, "", &[]).await.unwrap().lines().next().unwrap().ends_with("Ground,Access,Roof area,Built,Roof type,Listed building"));
        assert_eq!(fields(&record::export(&owner, kind, "", &["custom.tower"]).await.unwrap_err()), ["columns"]);
        let view = pb::SavedView { kind, name: "Big".into(), filter: "custom.area > 10".into(), columns: vec!["custom.area".into()], ..Default::default() };
        let mut views = pb::saved_view_service_client::SavedViewServiceClient::new(owner.channel.clone());
        let request = pb::CreateSavedViewRequest { view: Some(view.clone()) };
        assert_eq!(views.create_saved_view(owner.ask(request)).await.unwrap().into_inner().view.unwrap().columns, ["custom.area"]);
        let wrong = pb::CreateSavedViewRequest { view: Some(pb::SavedView { filter: "custom.area > x".into(), ..view }) };
        assert_eq!(fields(&views.create_saved_view(owner.ask(wrong)).await.unwrap_err()), ["view.filter"]);
    }

    async fn a_file_fills_the_fields_and_gives_them_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let made = with_fields(&owner, RecordKind::Customer).await;
        let file = "id,name,Roof area,roof,Listed Building\nA1,Alpha,12.50,flat,yes\nB2,Beta,\"1,250.5\",round,no\n";
        let begun = import::upload(&owner, file.as_bytes()).await.unwrap();
        let columns = import::get(&owner, &begun.id).await.unwrap().import.unwrap().columns;
        let mapped: Vec<_> = columns.iter().map(|column| column.field.as_str()).collect();
        assert_eq!(mapped, ["external_id", "name", "custom.area", "custom.roof", "custom.listed"]);
        let plan = import::preview(&owner, &begun.id, pb::ImportMode::Create, "external_id").await.unwrap();
        let found: Vec<_> = plan.problem_rows[0].problems.iter().map(|problem| (problem.column, problem.suggestion.as_str())).collect();
        assert_eq!((plan.will_create, found), (1, vec![(2, "1250.5"), (3, "")]));
        let fixes = vec![
            pb::CellFix { row: 2, column: 2, value: "1250.5".into() },
            pb::CellFix { row: 2, column: 3, value: "Gable".into() },
        ];
        import::fix(&owner, pb::FixImportCellsRequest { import_id: begun.id.clone(), fixes, ..Default::default() }).await.unwrap();
        import::start(&owner, &begun.id, false).await.unwrap();
        assert_eq!(import::came_to(&import::ended(&owner, &begun.id).await), (pb::ImportState::Done, [2, 0, 0, 0, 0]));
        let all = customer::service(&owner).list_customers(owner.ask(pb::ListCustomersRequest::default())).await.unwrap().into_inner().customers;
        assert_eq!(all[0].custom, values(&[("area", "12.5"), ("roof", "Flat"), ("listed", "true")]));
        assert_eq!(all[1].custom, values(&[("area", "1250.5"), ("roof", "Gable")]));

        let second = import::run(&owner, "id,Roof area,Listed building\nA1,13,no\nB2,1250.50,\n", pb::ImportMode::Update, "external_id").await;
        assert_eq!(import::came_to(&second), (pb::ImportState::Done, [0, 1, 1, 0, 0]));
        assert_eq!(customer::get(&owner, &all[0].id).await.unwrap().custom, values(&[("area", "13"), ("roof", "Flat")]));
        import::undo(&owner, &second.id).await.unwrap();
        assert_eq!(import::ended(&owner, &second.id).await.state(), pb::ImportState::Undone);
        assert_eq!(customer::get(&owner, &all[0].id).await.unwrap().custom, all[0].custom);

        update(&owner, pb::CustomField { required: true, ..made[4].clone() }).await.unwrap();
        let third = import::upload(&owner, b"id,name\nC3,Gamma\n").await.unwrap();
        assert_eq!(fields(&import::preview(&owner, &third.id, pb::ImportMode::Create, "external_id").await.unwrap_err()), ["mapping"]);
        let fourth = import::upload(&owner, b"id,name,Roof type\nC3,Gamma,\n").await.unwrap();
        let plan = import::preview(&owner, &fourth.id, pb::ImportMode::Create, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.problem_rows[0].problems[0].column), (0, 2));
    }

    async fn a_customer_takes_over_what_its_lead_says(world) {
        let owner = world.company("Harrow & Pike").await;
        for kind in [RecordKind::Lead, RecordKind::Customer] {
            create(&owner, field(kind, "roof", "Roof", Type::Choice)).await.unwrap();
        }
        create(&owner, field(RecordKind::Lead, "urgent", "Urgent", Type::Checkbox)).await.unwrap();
        create(&owner, pb::CustomField { required: true, ..field(RecordKind::Customer, "area", "Area", Type::Number) }).await.unwrap();
        let won = pb::Lead { company: "Harbour".into(), custom: values(&[("roof", "Flat"), ("urgent", "true")]), ..lead::named("Roof") };
        let won = lead::create(&owner, won).await.unwrap();
        let request = pb::ConvertLeadRequest { lead_id: won.id, version: won.version };
        let customer_id = lead::service(&owner).convert_lead(owner.ask(request)).await.unwrap().into_inner().customer_id;
        assert_eq!(customer::get(&owner, &customer_id).await.unwrap().custom, values(&[("roof", "Flat")]));
    }
}
