//! `OrgService`: what holds for the company, its templates and its feature modules.

use prost_types::FieldMask;
use sea_orm::FromQueryResult;
use streamflow_kernel::ids;
use streamflow_proto::{
    access,
    client::v1::{
        self as pb, lead_service_client::LeadServiceClient, org_service_client::OrgServiceClient,
        session_service_client::SessionServiceClient,
    },
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
    raw,
    world::World,
};
use tonic::{Code, Status, transport::Channel};

use super::{custom_field, customer, lead, record, work_order_type};

fn service(person: &Person) -> OrgServiceClient<Channel> {
    OrgServiceClient::new(person.channel.clone())
}

async fn get(person: &Person) -> Result<pb::Org, Status> {
    Ok(service(person).get_org(person.ask(pb::GetOrgRequest {})).await?.into_inner().org.unwrap())
}

async fn update(person: &Person, org: pb::Org, paths: &[&str]) -> Result<pb::Org, Status> {
    let update_mask = Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = person.ask(pb::UpdateOrgRequest { org: Some(org), update_mask });
    Ok(service(person).update_org(request).await?.into_inner().org.unwrap())
}

pub async fn switch(person: &Person, module: &str, enabled: bool) -> Result<pb::Org, Status> {
    let request = person.ask(pb::SetModuleRequest { module: module.into(), enabled });
    Ok(service(person).set_module(request).await?.into_inner().org.unwrap())
}

async fn me(person: &Person) -> pb::MeResponse {
    SessionServiceClient::new(person.channel.clone()).me(person.ask(pb::MeRequest {})).await.unwrap().into_inner()
}

/// Names and kinds of the stages, in order.
async fn pipeline(person: &Person) -> Vec<String> {
    let request = person.ask(pb::ListLeadStagesRequest {});
    let reply = LeadServiceClient::new(person.channel.clone()).list_lead_stages(request).await.unwrap().into_inner();
    reply.stages.into_iter().map(|stage| format!("{} {:?}", stage.name, stage.kind())).collect()
}

#[derive(FromQueryResult)]
struct Text {
    text: String,
}

/// The one text that a statement about the company finds.
async fn kept(world: &World, person: &Person, sql: &str) -> String {
    let org = ids::parse(ids::prefix::ORG, &person.org_id).unwrap();
    let rows: Vec<Text> = world.kernel.database.system_read().await.unwrap().query(sql, vec![org.into()]).await.unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

on_both! {
    async fn each_template_gives_a_company_its_beginning(world) {
        for (industry, template) in streamflow_client::template::templates() {
            let owner = world.company_of("Harrow & Pike", Some(industry)).await;
            let org = get(&owner).await.unwrap();
            assert_eq!((org.industry.as_str(), org.plan.as_str(), org.version), (*industry, "standard", 1));
            let on: Vec<_> = org.modules.iter().filter(|module| module.enabled).map(|module| module.name.clone()).collect();
            assert_eq!(on, template.modules, "{industry}");
            let wanted: Vec<_> = template.stages.iter().map(|stage| format!("{} {:?}", stage.name, stage.kind)).collect();
            assert_eq!(pipeline(&owner).await, wanted, "{industry}");
            for (kind, fields) in [(pb::RecordKind::Customer, &template.fields.customer), (pb::RecordKind::Lead, &template.fields.lead)] {
                let made = custom_field::list(&owner, kind).await;
                let made: Vec<_> = made.iter().map(|field| (field.key.as_str(), field.label.as_str(), field.choices.len())).collect();
                let wanted: Vec<_> = fields.iter().map(|field| (field.key.as_str(), field.label.as_str(), field.choices.len())).collect();
                assert_eq!(made, wanted, "{industry}");
            }
            // A record of each kind can be made without knowing any of it.
            customer::create(&owner, customer::named("Harbour")).await.unwrap();
            lead::create(&owner, lead::named("Roof")).await.unwrap();
            let types = work_order_type::list(&owner).await.unwrap();
            let types: Vec<_> = types.into_iter().map(|one| (one.key, one.name, one.checklist.len())).collect();
            let wanted = template.work_orders.iter().map(|order| (order.key.clone(), order.name.clone(), order.checklist.len()));
            assert_eq!(types, wanted.collect::<Vec<_>>(), "{industry}");
        }
        let plain = world.company("Plain").await;
        assert_eq!(pipeline(&plain).await.len(), 6);
        assert!(custom_field::list(&plain, pb::RecordKind::Unspecified).await.is_empty());
        assert_eq!(kept(&world, &plain, "SELECT module AS text FROM org_modules WHERE org_id = ?").await, "");
    }

    async fn an_owner_changes_what_holds_for_the_company(world) {
        let owner = world.company("Harrow & Pike").await;
        let before = get(&owner).await.unwrap();
        let changed = pb::Org { name: " Harrow ".into(), time_zone: "Europe/Paris".into(), currency_code: "EUR".into(), ..before.clone() };
        let changed = update(&owner, changed, &["name", "time_zone", "currency_code"]).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.version), ("Harrow", 2));
        let me = me(&owner).await;
        assert_eq!((me.org_name.as_str(), me.time_zone.as_str(), me.currency_code.as_str()), ("Harrow", "Europe/Paris", "EUR"));
        assert_eq!(conflict::<pb::Org>(&update(&owner, before.clone(), &["name"]).await.unwrap_err()), changed);
        let wrong = pb::Org { name: " ".into(), time_zone: "../etc".into(), currency_code: "POU".into(), version: 0, ..before };
        let refused = update(&owner, wrong, &["name", "time_zone", "currency_code", "plan"]).await.unwrap_err();
        assert_eq!(fields(&refused), ["org.version", "org.name", "org.time_zone", "org.currency_code", "update_mask"]);
        let same = update(&owner, changed.clone(), &["name"]).await.unwrap();
        assert_eq!(same.version, 2, "nothing changed, so nothing was written");
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        assert_eq!(get(&manager).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(update(&manager, changed, &["name"]).await.unwrap_err().code(), Code::PermissionDenied);
    }

    async fn every_rpc_of_a_module_that_is_off_says_so(world) {
        let owner = world.company("Harrow & Pike").await;
        let other = world.company("Elsewhere").await;
        let made = lead::create(&owner, lead::named("Roof")).await.unwrap();
        let modules = streamflow_client::template::read::MODULES;
        let declared: Vec<_> = access::CLIENT.iter().filter(|access| !access.module.is_empty()).collect();
        assert!(modules.iter().all(|module| declared.iter().any(|access| access.module == *module)));
        assert!(declared.iter().all(|access| modules.contains(&access.module)));
        assert_eq!(me(&owner).await.modules, modules);
        for module in modules {
            switch(&owner, module, false).await.unwrap();
        }
        for access in &declared {
            let (code, reason) = raw::call(&world.channel, "client", Some(&owner.token), access.path, Vec::new()).await;
            let text = String::from_utf8(reason).unwrap();
            assert_eq!((code, text.contains("switched this feature off")), (Code::FailedPrecondition, true), "{} {text}", access.path);
            let (code, _) = raw::call(&world.channel, "client", Some(&other.token), access.path, Vec::new()).await;
            assert_ne!(code, Code::FailedPrecondition, "{} of another company", access.path);
        }
        let refused = lead::get(&owner, &made.id).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "MODULE_DISABLED"));
        let me_now = me(&owner).await;
        assert!(me_now.modules.is_empty());
        assert!(!me_now.permissions.iter().any(|right| right.starts_with("lead.") || right.starts_with("task.") || right.starts_with("import.")));
        // RPCs about any kind of record refuse the kind.
        let export = record::export(&owner, pb::RecordKind::Lead.into(), "", &[]).await.unwrap_err();
        assert_eq!(reason(&export), "MODULE_DISABLED");
        assert_eq!(record::found(&owner, "Roof").await, 0);
        for module in modules {
            let org = switch(&owner, module, true).await.unwrap();
            assert!(org.modules.iter().any(|one| one.name == module && one.enabled));
        }
        assert_eq!(lead::get(&owner, &made.id).await.unwrap(), made, "nothing was lost");
        assert_eq!(record::found(&owner, "Roof").await, 1);
    }

    async fn modules_are_switched_by_owners_and_by_name(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        assert_eq!(fields(&switch(&owner, "golf", true).await.unwrap_err()), ["module"]);
        assert_eq!(switch(&manager, "leads", false).await.unwrap_err().code(), Code::PermissionDenied);
        let first = switch(&owner, "leads", false).await.unwrap();
        let again = switch(&owner, "leads", false).await.unwrap();
        assert_eq!((first.version, again.version), (2, 2), "as it was already, so nothing was written");
    }
}
