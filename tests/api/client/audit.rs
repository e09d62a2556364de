//! `AuditService` of the client portal.

use streamflow_proto::client::v1::{
    self as pb, audit_service_client::AuditServiceClient, customer_service_client::CustomerServiceClient,
    session_service_client::SessionServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::fields,
    on_both,
    person::{Person, request},
    world::World,
};
use tonic::{Code, Status};

async fn list(world: &World, by: &Person, filter: &str, page_token: &str) -> Result<pb::ListAuditResponse, Status> {
    let list = pb::ListAuditRequest { page_size: 3, page_token: page_token.into(), filter: filter.into(), ..Default::default() };
    Ok(AuditServiceClient::new(world.channel.clone()).list_audit(by.ask(list)).await?.into_inner())
}

async fn whole(world: &World, by: &Person, filter: &str) -> Vec<pb::AuditRecord> {
    ordered(world, by, filter, "").await
}

async fn ordered(world: &World, by: &Person, filter: &str, order_by: &str) -> Vec<pb::AuditRecord> {
    let (mut records, mut token) = (Vec::new(), String::new());
    loop {
        let (filter, order_by) = (filter.to_owned(), order_by.to_owned());
        let list = pb::ListAuditRequest { page_size: 3, page_token: token, filter, order_by };
        let page = AuditServiceClient::new(world.channel.clone()).list_audit(by.ask(list)).await.unwrap().into_inner();
        records.extend(page.records);
        token = page.page.unwrap().next_page_token;
        if token.is_empty() {
            return records;
        }
    }
}

async fn make_team(world: &World, by: &Person, name: &str) -> Result<pb::Team, Status> {
    let team = pb::Team { name: name.into(), ..Default::default() };
    let reply =
        TeamServiceClient::new(world.channel.clone()).create_team(by.ask(pb::CreateTeamRequest { team: Some(team) })).await?;
    Ok(reply.into_inner().team.unwrap())
}

on_both! {
    async fn a_record_is_short_whatever_the_request_says(world) {
        let owner = world.company("Harrow & Pike").await;
        let paths = (0..5_000).map(|n| format!("{n}{}", "\u{1}x".repeat(70))).collect();
        let edit = pb::UpdateCustomerRequest {
            customer: Some(pb::Customer { id: "cus_00000000000000000000000000".into(), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths }),
        };
        CustomerServiceClient::new(world.channel.clone()).update_customer(owner.ask(edit)).await.unwrap_err();
        let records = whole(&world, &owner, "").await;
        let record = records.iter().find(|record| record.path.ends_with("/UpdateCustomer")).expect("a record");
        assert!(record.payload.len() <= 4 * 1024 && record.payload.contains("update_mask"), "{} bytes", record.payload.len());
        serde_json::from_str::<serde_json::Value>(&record.payload).unwrap();
    }

    async fn each_request_leaves_one_record_that_filters_find(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let team = make_team(&world, &owner, "North").await.unwrap();
        assert_eq!(make_team(&world, &staff, "South").await.unwrap_err().code(), Code::PermissionDenied);
        make_team(&world, &owner, "").await.unwrap_err();
        make_team(&world, &stranger, "East").await.unwrap();
        let teams = whole(&world, &owner, "path : createteam").await;
        let outcomes: Vec<&str> = teams.iter().map(|record| record.outcome.as_str()).collect();
        assert_eq!(outcomes, ["INVALID_ARGUMENT", "PERMISSION_DENIED", "OK"]);
        let oldest_first = ordered(&world, &owner, "outcome != NONE AND at < 2199-01-01", "at").await;
        assert!(oldest_first.len() > 3 && oldest_first.is_sorted_by_key(|record| record.at.map(|at| (at.seconds, at.nanos))));
        let mut turned = ordered(&world, &owner, "path : createteam", "at").await;
        turned.reverse();
        assert_eq!(turned, teams);
        let made = &teams[2];
        assert_eq!((made.entity.as_str(), made.entity_id.as_str(), made.actor_id.as_str()), ("team", team.id.as_str(), owner.user_id.as_str()));
        assert_eq!((made.actor_name.as_str(), made.actor_role.as_str(), made.category.as_str()), ("Olive Owner", "OWNER", "team"));
        let by_entity = whole(&world, &owner, &format!("entity_id = {} AND outcome = OK", team.id)).await;
        assert_eq!(by_entity.as_slice(), std::slice::from_ref(made));
        let by_actor = whole(&world, &owner, &format!("actor_id = {}", staff.user_id)).await;
        assert!(by_actor.iter().all(|record| record.actor_id == staff.user_id) && !by_actor.is_empty());
        let today = world.now().date_naive();
        assert_eq!(whole(&world, &owner, &format!("at >= {today} AND category = team AND outcome = OK")).await.as_slice(), std::slice::from_ref(made));
        let foreign = whole(&world, &stranger, "").await;
        assert!(foreign.iter().all(|record| record.actor_id != owner.user_id));
    }

    async fn a_failed_sign_in_is_found_in_its_company(world) {
        let owner = world.company("Harrow & Pike").await;
        let wrong = pb::SignInRequest { email: owner.email.clone(), password: "not the password".into(), return_token: true };
        SessionServiceClient::new(world.channel.clone()).sign_in(request(wrong, None)).await.unwrap_err();
        let found = whole(&world, &owner, "outcome = UNAUTHENTICATED AND path : SignIn").await;
        assert_eq!((found.len(), found[0].actor_id.as_str(), found[0].payload.as_str()), (1, owner.user_id.as_str(), "{}"));
    }

    async fn pages_follow_each_other_newest_first(world) {
        let owner = world.company("Harrow & Pike").await;
        for n in 0..8 {
            make_team(&world, &owner, &format!("Team {n}")).await.unwrap();
        }
        let first = list(&world, &owner, "category = team", "").await.unwrap();
        assert_eq!((first.records.len(), first.page.as_ref().unwrap().total_size), (3, 8));
        let all = whole(&world, &owner, "category = team").await;
        let mut ids: Vec<&str> = all.iter().map(|record| record.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 8);
        assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
        let token = first.page.unwrap().next_page_token;
        assert_eq!(fields(&list(&world, &owner, "category = x", &token).await.unwrap_err()), ["page_token"]);
        assert_eq!(fields(&list(&world, &owner, "payload = x", "").await.unwrap_err()), ["filter"]);
    }

    async fn the_export_is_a_whole_file(world) {
        let owner = world.company("=Harrow").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        make_team(&world, &owner, "North").await.unwrap();
        let mut service = AuditServiceClient::new(world.channel.clone());
        let export = |filter: &str| pb::ExportAuditRequest { filter: filter.into() };
        assert_eq!(service.export_audit(staff.ask(export(""))).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(fields(&service.export_audit(owner.ask(export("x"))).await.unwrap_err()), ["filter"]);
        let mut stream = service.export_audit(owner.ask(export("category = team"))).await.unwrap().into_inner();
        let mut file = Vec::new();
        while let Some(piece) = stream.message().await.unwrap() {
            file.extend(piece.data);
        }
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("id,at,actor_id,") && lines[1].contains(",Olive Owner,OWNER,"), "{text}");
        assert_eq!(whole(&world, &owner, "category = export AND outcome = OK").await.len(), 1);
    }
}
