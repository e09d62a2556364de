//! `LeadStageService`.

use streamflow_proto::client::v1::{
    self as pb, lead_service_client::LeadServiceClient, lead_stage_service_client::LeadStageServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::{lead, record};

fn service(person: &Person) -> LeadStageServiceClient<Channel> {
    LeadStageServiceClient::new(person.channel.clone())
}

async fn stages(person: &Person) -> Vec<pb::LeadStage> {
    let request = person.ask(pb::ListLeadStagesRequest {});
    LeadServiceClient::new(person.channel.clone()).list_lead_stages(request).await.unwrap().into_inner().stages
}

async fn names(person: &Person) -> String {
    stages(person).await.into_iter().map(|stage| stage.name).collect::<Vec<_>>().join(", ")
}

async fn create(person: &Person, name: &str, kind: pb::LeadStageKind) -> Result<pb::LeadStage, Status> {
    let stage = pb::LeadStage { name: name.into(), kind: kind.into(), ..Default::default() };
    let request = person.ask(pb::CreateLeadStageRequest { stage: Some(stage) });
    Ok(service(person).create_lead_stage(request).await?.into_inner().stage.unwrap())
}

async fn rename(person: &Person, stage: pb::LeadStage) -> Result<pb::LeadStage, Status> {
    let request = person.ask(pb::UpdateLeadStageRequest { stage: Some(stage) });
    Ok(service(person).update_lead_stage(request).await?.into_inner().stage.unwrap())
}

async fn order(person: &Person, ids: Vec<String>) -> Result<(), Status> {
    service(person).reorder_lead_stages(person.ask(pb::ReorderLeadStagesRequest { stage_ids: ids })).await.map(drop)
}

async fn archive(person: &Person, id: &str) -> Result<(), Status> {
    let request = pb::ArchiveLeadStageRequest { stage_id: id.into(), archived: true };
    service(person).archive_lead_stage(person.ask(request)).await.map(drop)
}

async fn restore(person: &Person, id: &str) -> Result<(), Status> {
    let request = pb::ArchiveLeadStageRequest { stage_id: id.into(), archived: false };
    service(person).archive_lead_stage(person.ask(request)).await.map(drop)
}

on_both! {
    async fn a_pipeline_is_shaped(world) {
        let owner = world.company("Harrow & Pike").await;
        let visit = create(&owner, " Site visit ", pb::LeadStageKind::Open).await.unwrap();
        assert_eq!((visit.name.as_str(), visit.version), ("Site visit", 1));
        let renamed = rename(&owner, pb::LeadStage { name: "Visit".into(), ..visit.clone() }).await.unwrap();
        assert_eq!((renamed.name.as_str(), renamed.version), ("Visit", 2));
        let stale: pb::LeadStage = conflict(&rename(&owner, pb::LeadStage { name: "Late".into(), ..visit.clone() }).await.unwrap_err());
        assert_eq!(stale.name, "Visit");
        let all = stages(&owner).await;
        order(&owner, vec![all[0].id.clone(), visit.id.clone()]).await.unwrap();
        assert_eq!(names(&owner).await, "New, Visit, Contacted, Qualified, Proposal, Won, Lost");
        archive(&owner, &all[1].id).await.unwrap();
        assert_eq!(names(&owner).await, "New, Visit, Qualified, Proposal, Won, Lost");
        assert_eq!(archive(&owner, &all[1].id).await.unwrap_err().code(), Code::NotFound);
        let moved = pb::MoveLeadRequest { lead_id: lead::create(&owner, lead::named("Roof")).await.unwrap().id, stage_id: all[1].id.clone(), ..Default::default() };
        assert_eq!(fields(&lead::service(&owner).move_lead(owner.ask(moved)).await.unwrap_err()), ["stage_id"]);
    }

    async fn an_archived_stage_comes_back_behind_the_others(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let contacted = stages(&owner).await[1].clone();
        archive(&owner, &contacted.id).await.unwrap();
        assert_eq!(restore(&stranger, &contacted.id).await.unwrap_err().code(), Code::NotFound);
        restore(&owner, &contacted.id).await.unwrap();
        restore(&owner, &contacted.id).await.expect("twice is once");
        assert_eq!(names(&owner).await, "New, Qualified, Proposal, Won, Lost, Contacted");
        archive(&owner, &contacted.id).await.unwrap();
        create(&owner, "contacted", pb::LeadStageKind::Open).await.unwrap();
        assert_eq!(reason(&restore(&owner, &contacted.id).await.unwrap_err()), "STAGE_NAME_TAKEN");
        assert_eq!(names(&owner).await, "New, Qualified, Proposal, Won, Lost, contacted");
    }

    async fn a_stage_in_use_stays(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let all = stages(&owner).await;
        // Somebody else's lead counts too, and so does one that is put away.
        let theirs = lead::create(&manager, pb::Lead { stage_id: all[2].id.clone(), ..lead::named("Roof") }).await.unwrap();
        assert_eq!(reason(&archive(&owner, &all[2].id).await.unwrap_err()), "STAGE_IN_USE");
        let away = pb::ArchiveRecordsRequest { kind: pb::RecordKind::Lead.into(), ids: vec![theirs.id] };
        record::service(&owner).archive_records(owner.ask(away)).await.unwrap();
        assert_eq!(reason(&archive(&owner, &all[2].id).await.unwrap_err()), "STAGE_IN_USE");
        for stage in [&all[0], &all[1]] {
            archive(&owner, &stage.id).await.unwrap();
        }
        archive(&owner, &all[3].id).await.unwrap();
        assert_eq!(reason(&archive(&owner, &all[2].id).await.unwrap_err()), "LAST_OPEN_STAGE");
    }

    async fn wrong_stages_are_refused(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        assert_eq!(fields(&create(&owner, " ", pb::LeadStageKind::Unspecified).await.unwrap_err()), ["stage.name", "stage.kind"]);
        assert_eq!(fields(&create(&owner, "NEW", pb::LeadStageKind::Open).await.unwrap_err()), ["stage.name"]);
        let all = stages(&owner).await;
        assert_eq!(fields(&rename(&owner, pb::LeadStage { name: "won".into(), ..all[0].clone() }).await.unwrap_err()), ["stage.name"]);
        assert_eq!(fields(&order(&owner, vec![all[0].id.clone(), all[0].id.clone()]).await.unwrap_err()), ["stage_ids"]);
        let foreign = stages(&stranger).await[0].clone();
        assert_eq!(rename(&owner, foreign.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(archive(&owner, &foreign.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&order(&owner, vec![foreign.id]).await.unwrap_err()), ["stage_ids"]);
        assert_eq!(create(&manager, "Mine", pb::LeadStageKind::Open).await.unwrap_err().code(), Code::PermissionDenied);
        for n in all.len()..20 {
            create(&owner, &format!("Stage {n}"), pb::LeadStageKind::Open).await.unwrap();
        }
        assert_eq!(reason(&create(&owner, "One more", pb::LeadStageKind::Open).await.unwrap_err()), "TOO_MANY_STAGES");
    }
}
