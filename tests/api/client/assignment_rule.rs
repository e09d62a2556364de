//! `AssignmentRuleService`, and what its rules do with new leads.

use std::collections::{BTreeMap, HashMap};

use streamflow_proto::{
    client::v1::{
        self as pb, assignment_rule_service_client::AssignmentRuleServiceClient,
        custom_field_service_client::CustomFieldServiceClient, team_service_client::TeamServiceClient,
    },
    common::v1::Money,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::{lead, timeline};

fn service(person: &Person) -> AssignmentRuleServiceClient<Channel> {
    AssignmentRuleServiceClient::new(person.channel.clone())
}

fn teams(person: &Person) -> TeamServiceClient<Channel> {
    TeamServiceClient::new(person.channel.clone())
}

/// A rule for every lead.
pub fn rule(name: &str, people: &[&Person]) -> pb::AssignmentRule {
    let user_ids = people.iter().map(|person| person.user_id.clone()).collect();
    pb::AssignmentRule { name: name.into(), enabled: true, user_ids, ..Default::default() }
}

pub async fn create(person: &Person, rule: pb::AssignmentRule) -> Result<pb::AssignmentRule, Status> {
    let request = person.ask(pb::CreateAssignmentRuleRequest { rule: Some(rule) });
    Ok(service(person).create_assignment_rule(request).await?.into_inner().rule.unwrap())
}

async fn update(person: &Person, rule: pb::AssignmentRule) -> Result<pb::AssignmentRule, Status> {
    let request = person.ask(pb::UpdateAssignmentRuleRequest { rule: Some(rule) });
    Ok(service(person).update_assignment_rule(request).await?.into_inner().rule.unwrap())
}

async fn list(person: &Person) -> Result<Vec<pb::AssignmentRule>, Status> {
    let request = person.ask(pb::ListAssignmentRulesRequest {});
    Ok(service(person).list_assignment_rules(request).await?.into_inner().rules)
}

async fn reorder(person: &Person, rule_ids: Vec<String>) -> Result<(), Status> {
    service(person).reorder_assignment_rules(person.ask(pb::ReorderAssignmentRulesRequest { rule_ids })).await.map(drop)
}

async fn delete(person: &Person, id: &str) -> Result<(), Status> {
    let request = person.ask(pb::DeleteAssignmentRuleRequest { rule_id: id.into() });
    service(person).delete_assignment_rule(request).await.map(drop)
}

async fn names(person: &Person) -> String {
    list(person).await.unwrap().into_iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ")
}

/// Who gets a lead of this look.
async fn given(person: &Person, lead: pb::Lead) -> String {
    lead::create(person, lead).await.unwrap().assignee_id
}

async fn change(owner: &Person, member: pb::Member, path: &str) {
    let now = teams(owner).list_members(owner.ask(pb::ListMembersRequest::default())).await.unwrap().into_inner().members;
    let version = now.iter().find(|one| one.id == member.id).unwrap().version;
    let update_mask = Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
    let request = pb::UpdateMemberRequest { member: Some(pb::Member { version, ..member }), update_mask };
    teams(owner).update_member(owner.ask(request)).await.unwrap();
}

async fn make_team(owner: &Person, name: &str) -> String {
    let team = pb::Team { name: name.into(), ..Default::default() };
    let made = teams(owner).create_team(owner.ask(pb::CreateTeamRequest { team: Some(team) })).await.unwrap();
    made.into_inner().team.unwrap().id
}

on_both! {
    async fn rules_are_made_changed_ordered_and_deleted(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let team_id = make_team(&owner, "North").await;
        let full = pb::AssignmentRule {
            sources: vec![" web ".into(), "referral".into()],
            name_contains: "roof".into(),
            company_contains: "Ltd".into(),
            value_from: Some(Money { minor_units: 5_000, ..Default::default() }),
            team_id: team_id.clone(),
            ..rule(" Roofs ", &[&staff, &owner, &staff])
        };
        let by_manager = create(&manager, full.clone()).await.unwrap_err();
        assert_eq!(by_manager.code(), Code::PermissionDenied, "a rule would hand a manager what others' teams get");
        let made = create(&owner, full).await.unwrap();
        let mut people = vec![staff.user_id.clone(), owner.user_id.clone()];
        people.sort();
        let kept = (made.name.as_str(), made.version, made.enabled, made.sources.join(","), made.user_ids.clone(), &made.team_id);
        assert_eq!(kept, ("Roofs", 1, true, "web,referral".into(), people, &team_id));
        assert_eq!(made.value_from, Some(Money { currency_code: "GBP".into(), minor_units: 5_000 }));
        let rest = create(&owner, rule("The rest", &[&owner])).await.unwrap();
        assert_eq!(list(&manager).await.unwrap(), [made.clone(), rest.clone()]);
        let off = update(&owner, pb::AssignmentRule { enabled: false, value_from: None, ..made.clone() }).await.unwrap();
        assert_eq!((off.version, off.enabled, off.value_from.is_none()), (2, false, true));
        let stale: pb::AssignmentRule = conflict(&update(&owner, made.clone()).await.unwrap_err());
        assert_eq!(stale, off);
        reorder(&owner, vec![rest.id.clone()]).await.unwrap();
        assert_eq!(names(&owner).await, "The rest, Roofs");
        delete(&owner, &rest.id).await.unwrap();
        assert_eq!(delete(&owner, &rest.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(names(&owner).await, "Roofs");
        teams(&owner).delete_team(owner.ask(pb::DeleteTeamRequest { team_id })).await.unwrap();
        let left = list(&owner).await.unwrap();
        assert_eq!((left[0].team_id.as_str(), left[0].user_ids.len()), ("", 2), "a team goes, its rules stay");
    }

    async fn wrong_rules_are_told_at_once(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Elsewhere").await;
        let wrong = pb::AssignmentRule {
            name: " ".into(),
            sources: vec![String::new()],
            name_contains: "&!".into(),
            company_contains: "x".repeat(201),
            value_from: Some(Money { minor_units: -1, ..Default::default() }),
            custom: HashMap::from([("tower".into(), "x".into())]),
            user_ids: vec!["somebody".into()],
            team_id: "some team".into(),
            ..Default::default()
        };
        let mut told = fields(&create(&owner, wrong).await.unwrap_err());
        told.sort();
        let expected = ["company_contains", "custom.tower", "name", "name_contains", "sources", "team_id", "user_ids", "value_from"];
        assert_eq!(told, expected.map(|field| format!("rule.{field}")));
        assert_eq!(fields(&create(&owner, rule("Nobody", &[])).await.unwrap_err()), ["rule.user_ids"]);
        // Who can't work on leads, or belongs to another company, can't be given any.
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        for person in [&accountant, &stranger] {
            assert_eq!(fields(&create(&owner, rule("X", &[&owner, person])).await.unwrap_err()), ["rule.user_ids"]);
        }
        let theirs = make_team(&stranger, "Theirs").await;
        let foreign = pb::AssignmentRule { team_id: theirs, ..rule("X", &[]) };
        assert_eq!(fields(&create(&owner, foreign).await.unwrap_err()), ["rule.team_id"]);
        let made = create(&owner, rule("Mine", &[&owner])).await.unwrap();
        assert_eq!(fields(&create(&owner, rule("MINE", &[&owner])).await.unwrap_err()), ["rule.name"]);
        let nameless = pb::AssignmentRule { id: String::new(), version: 0, ..made.clone() };
        assert_eq!(fields(&update(&owner, nameless).await.unwrap_err()), ["rule.id", "rule.version"]);
        assert_eq!(fields(&reorder(&owner, vec![made.id.clone(), made.id.clone()]).await.unwrap_err()), ["rule_ids"]);
        // Another company's rule is not there.
        let taken = pb::AssignmentRule { user_ids: vec![stranger.user_id.clone()], ..made.clone() };
        assert_eq!(update(&stranger, taken).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(delete(&stranger, &made.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&reorder(&stranger, vec![made.id.clone()]).await.unwrap_err()), ["rule_ids"]);
        assert!(list(&stranger).await.unwrap().is_empty());
        assert_eq!(given(&stranger, lead::named("Theirs")).await, "", "rules are for their own company");
        // Staff neither see nor change them.
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let refused = [
            list(&staff).await.map(drop),
            create(&staff, rule("X", &[&staff])).await.map(drop),
            update(&staff, made.clone()).await.map(drop),
            reorder(&staff, Vec::new()).await,
            delete(&staff, &made.id).await,
        ];
        assert!(refused.into_iter().all(|answer| answer.unwrap_err().code() == Code::PermissionDenied));
        for n in 1..50 {
            create(&owner, rule(&format!("Rule {n}"), &[&owner])).await.unwrap();
        }
        assert_eq!(reason(&create(&owner, rule("One more", &[&owner])).await.unwrap_err()), "TOO_MANY_RULES");
    }

    async fn the_first_rule_that_matches_decides(world) {
        let owner = world.company("Harrow & Pike").await;
        let (ana, ben) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Manager, "").await);
        let roof = pb::CustomField {
            kind: pb::RecordKind::Lead.into(),
            key: "roof".into(),
            label: "Roof".into(),
            r#type: pb::CustomFieldType::Choice.into(),
            choices: vec!["Flat".into(), "Gable".into()],
            ..Default::default()
        };
        let roof = owner.ask(pb::CreateCustomFieldRequest { field: Some(roof) });
        CustomFieldServiceClient::new(owner.channel.clone()).create_custom_field(roof).await.unwrap();
        let big = pb::AssignmentRule { value_from: Some(Money { minor_units: 100_000, ..Default::default() }), ..rule("Big", &[&owner]) };
        create(&owner, big).await.unwrap();
        create(&owner, pb::AssignmentRule { sources: vec!["Web".into()], name_contains: "cafe".into(), ..rule("Web cafés", &[&ana]) }).await.unwrap();
        let flat = pb::AssignmentRule { custom: HashMap::from([("roof".into(), "flat".into())]), ..rule("Flat roofs", &[&ben]) };
        create(&owner, flat).await.unwrap();
        let worth = |code: &str| Some(Money { minor_units: 100_000, currency_code: code.into() });
        let web = pb::Lead { source: "web".into(), ..lead::named("The Café") };
        assert_eq!(given(&owner, pb::Lead { value: worth(""), ..web.clone() }).await, owner.user_id);
        assert_eq!(given(&owner, pb::Lead { value: worth("EUR"), ..web.clone() }).await, ana.user_id);
        assert_eq!(given(&owner, pb::Lead { custom: HashMap::from([("roof".into(), "Flat".into())]), ..lead::named("Shed") }).await, ben.user_id);
        assert_eq!(given(&owner, pb::Lead { source: "web".into(), ..lead::named("Shed") }).await, "", "no rule, nobody");
        // Who was chosen stays, and an employee's own lead is theirs.
        assert_eq!(given(&owner, pb::Lead { assignee_id: ben.user_id.clone(), ..web.clone() }).await, ben.user_id);
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        assert_eq!(given(&employee, web.clone()).await, employee.user_id);
        // Staff keep seeing what they made, whoever gets it.
        let made = lead::create(&ana, pb::Lead { value: worth(""), ..lead::named("Mine") }).await.unwrap();
        assert_eq!((made.owner_id.as_str(), made.assignee_id.as_str()), (ana.user_id.as_str(), owner.user_id.as_str()));
        assert_eq!(lead::get(&ana, &made.id).await.unwrap(), made);
        let told = timeline::told(&owner, pb::RecordKind::Lead.into(), &made.id).await;
        assert_eq!(told[0], format!("assigned by Test ROLE_STAFF: Bigassignee_id \"\" {:?}", owner.user_id), "{told:?}");
        assert!(told[1].starts_with("created by"), "{told:?}");
        // Switched off, it is not asked.
        let rules = list(&owner).await.unwrap();
        update(&owner, pb::AssignmentRule { enabled: false, ..rules[1].clone() }).await.unwrap();
        assert_eq!(given(&owner, web).await, "");
    }

    async fn turns_are_even_however_many_leads_come_at_once(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut people = vec![owner.clone()];
        for _ in 0..3 {
            people.push(owner.hire(&world, pb::Role::Staff, "").await);
        }
        create(&owner, rule("By turns", &people.iter().collect::<Vec<_>>())).await.unwrap();
        let mut creates = tokio::task::JoinSet::new();
        for n in 0..20 {
            let owner = owner.clone();
            creates.spawn(async move { given(&owner, lead::named(&format!("Lead {n}"))).await });
        }
        let mut got: BTreeMap<String, u32> = BTreeMap::new();
        while let Some(user_id) = creates.join_next().await {
            *got.entry(user_id.unwrap()).or_default() += 1;
        }
        let even: BTreeMap<String, u32> = people.iter().map(|person| (person.user_id.clone(), 5)).collect();
        assert_eq!(got, even);
    }

    async fn whoever_no_longer_works_is_skipped(world) {
        let owner = world.company("Harrow & Pike").await;
        let north = make_team(&owner, "North").await;
        let (ana, ben) = (owner.hire(&world, pb::Role::Staff, &north).await, owner.hire(&world, pb::Role::Staff, &north).await);
        owner.hire(&world, pb::Role::Accountant, &north).await;
        create(&owner, pb::AssignmentRule { team_id: north.clone(), ..rule("North", &[]) }).await.unwrap();
        create(&owner, rule("The rest", &[&owner])).await.unwrap();
        let mut three = Vec::new();
        for n in 0..3 {
            three.push(given(&owner, lead::named(&format!("Lead {n}"))).await);
        }
        let mut team = [ana.user_id.clone(), ben.user_id.clone()];
        team.sort();
        assert_eq!(three, [team[0].clone(), team[1].clone(), team[0].clone()], "by turns, without the accountant");
        let member = |person: &Person| pb::Member { id: person.user_id.clone(), ..Default::default() };
        change(&owner, pb::Member { disabled: true, ..member(&ana) }, "disabled").await;
        for _ in 0..2 {
            assert_eq!(given(&owner, lead::named("Next")).await, ben.user_id);
        }
        let all = list(&owner).await.unwrap();
        let mine = pb::AssignmentRule { user_ids: vec![ana.user_id.clone()], ..all[1].clone() };
        assert_eq!(fields(&update(&owner, mine).await.unwrap_err()), ["rule.user_ids"], "nobody new who is away");
        change(&owner, member(&ana), "disabled").await;
        assert_eq!(given(&owner, lead::named("Back")).await, ana.user_id);
        teams(&owner).remove_member(owner.ask(pb::RemoveMemberRequest { user_id: ana.user_id.clone() })).await.unwrap();
        assert_eq!(given(&owner, lead::named("Gone")).await, ben.user_id);
        change(&owner, pb::Member { read_only: true, ..member(&ben) }, "read_only").await;
        assert_eq!(given(&owner, lead::named("Nobody left")).await, owner.user_id, "the next rule has somebody");
        // Who is in a rule stays in it while away.
        let of_ben = create(&owner, rule("Ben", &[&ben])).await.unwrap_err();
        assert_eq!(fields(&of_ben), ["rule.user_ids"]);
        change(&owner, member(&ben), "read_only").await;
        let of_ben = create(&owner, rule("Ben", &[&ben])).await.unwrap();
        change(&owner, pb::Member { read_only: true, ..member(&ben) }, "read_only").await;
        let off = update(&owner, pb::AssignmentRule { enabled: false, ..of_ben }).await.unwrap();
        assert_eq!((off.enabled, off.user_ids.as_slice()), (false, std::slice::from_ref(&ben.user_id)));
    }

    async fn a_person_who_leaves_while_leads_come_gets_none_afterwards(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        create(&owner, rule("Both", &[&owner, &staff])).await.unwrap();
        let mut creates = tokio::task::JoinSet::new();
        for n in 0..10 {
            let owner = owner.clone();
            creates.spawn(async move { lead::create(&owner, lead::named(&format!("Lead {n}"))).await.map(drop) });
        }
        teams(&owner).remove_member(owner.ask(pb::RemoveMemberRequest { user_id: staff.user_id.clone() })).await.unwrap();
        while let Some(made) = creates.join_next().await {
            made.unwrap().unwrap();
        }
        assert!(lead::list(&owner, &format!("assignee_id = {}", staff.user_id), "").await.unwrap().is_empty());
        assert_eq!(list(&owner).await.unwrap()[0].user_ids, std::slice::from_ref(&owner.user_id));
    }

    async fn rules_go_with_the_feature(world) {
        let owner = world.company("Harrow & Pike").await;
        let off = pb::SetModuleRequest { module: "leads".into(), enabled: false };
        let mut orgs = pb::org_service_client::OrgServiceClient::new(owner.channel.clone());
        orgs.set_module(owner.ask(off)).await.unwrap();
        assert_eq!(reason(&list(&owner).await.unwrap_err()), "MODULE_DISABLED");
        assert_eq!(reason(&create(&owner, rule("X", &[&owner])).await.unwrap_err()), "MODULE_DISABLED");
    }
}
