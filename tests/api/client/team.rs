//! `TeamService` of the client portal.

mod sessions;

use streamflow_kernel::{db::Scope, feed::Actor};
use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person},
    world::World,
};
use tonic::{Code, Status, transport::Channel};

fn teams(world: &World) -> TeamServiceClient<Channel> {
    TeamServiceClient::new(world.channel.clone())
}

async fn members(world: &World, reader: &Person) -> Vec<pb::Member> {
    teams(world).list_members(reader.ask(pb::ListMembersRequest::default())).await.unwrap().into_inner().members
}

async fn member(world: &World, reader: &Person, id: &str) -> pb::Member {
    members(world, reader).await.into_iter().find(|member| member.id == id).unwrap()
}

async fn update(world: &World, by: &Person, member: pb::Member, paths: &[&str]) -> Result<pb::Member, Status> {
    let mask = prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    let update = pb::UpdateMemberRequest { member: Some(member), update_mask: Some(mask) };
    Ok(teams(world).update_member(by.ask(update)).await?.into_inner().member.unwrap())
}

async fn in_role(world: &World, by: &Person, id: &str, role: pb::Role) -> Result<pb::Member, Status> {
    let member = pb::Member { role: role.into(), ..member(world, by, id).await };
    update(world, by, member, &["role"]).await
}

async fn make_team(world: &World, by: &Person, name: &str) -> Result<pb::Team, Status> {
    let team = pb::Team { name: name.into(), ..Default::default() };
    Ok(teams(world).create_team(by.ask(pb::CreateTeamRequest { team: Some(team) })).await?.into_inner().team.unwrap())
}

async fn is_signed_in(world: &World, person: &Person) -> bool {
    SessionServiceClient::new(world.channel.clone()).me(person.ask(pb::MeRequest {})).await.is_ok()
}

async fn remove(world: &World, by: &Person, id: &str) -> Result<(), Status> {
    teams(world).remove_member(by.ask(pb::RemoveMemberRequest { user_id: id.to_owned() })).await.map(drop)
}

on_both! {
    /// Whoever is thrown out has requests in line already, which begin when the one who throws out is done.
    async fn a_request_in_line_gives_no_rights_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let second = owner.hire(&world, pb::Role::Owner, "").await;
        let me = member(&world, &second, &second.user_id).await;
        let id: uuid::Uuid = streamflow_kernel::ids::parse("usr_", &second.user_id).unwrap();
        let org = streamflow_kernel::ids::parse("org_", &owner.org_id).unwrap();
        let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.unwrap();
        let sql = "UPDATE memberships SET role = 'STAFF', version = version + 1 WHERE org_id = {org} AND user_id = ?";
        tx.execute(sql, vec![id.into()]).await.unwrap();
        let in_line = {
            let (mut service, again) = (teams(&world), pb::Member { version: me.version + 1, role: pb::Role::Owner.into(), ..me });
            let mask = prost_types::FieldMask { paths: vec!["role".to_owned()] };
            let request = second.ask(pb::UpdateMemberRequest { member: Some(again), update_mask: Some(mask) });
            tokio::spawn(async move { service.update_member(request).await })
        };
        // Let in by then; one that comes later is refused at the door.
        world.somebody_waits().await;
        world.pass(chrono::TimeDelta::seconds(1));
        let sql = "UPDATE sessions SET revoked_at = ? WHERE org_id = {org} AND user_id = ?";
        tx.execute(sql, vec![world.now().into(), id.into()]).await.unwrap();
        let nobody = Actor { id: None, name: String::new(), at: world.now() };
        tx.commit_changes(&nobody).await.unwrap();
        let refused = in_line.await.unwrap().unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "SESSION_ENDED"), "{refused:?}");
        assert_eq!(member(&world, &owner, &second.user_id).await.role(), pb::Role::Staff);
    }

    async fn a_request_in_line_deletes_no_team(world) {
        let owner = world.company("Harrow & Pike").await;
        let second = owner.hire(&world, pb::Role::Owner, "").await;
        let team = make_team(&world, &owner, "North").await.unwrap();
        let id: uuid::Uuid = streamflow_kernel::ids::parse("usr_", &second.user_id).unwrap();
        let team_id: uuid::Uuid = streamflow_kernel::ids::parse("tea_", &team.id).unwrap();
        let org = streamflow_kernel::ids::parse("org_", &owner.org_id).unwrap();
        let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.unwrap();
        let sql = "UPDATE teams SET name = name WHERE org_id = {org} AND id = ?";
        assert_eq!(tx.execute(sql, vec![team_id.into()]).await.unwrap(), 1);
        let in_line = {
            let (mut service, ask) = (teams(&world), second.ask(pb::DeleteTeamRequest { team_id: team.id.clone() }));
            tokio::spawn(async move { service.delete_team(ask).await })
        };
        // Let in by then; one that comes later is refused at the door.
        world.somebody_waits().await;
        world.pass(chrono::TimeDelta::seconds(1));
        let sql = "UPDATE sessions SET revoked_at = ? WHERE org_id = {org} AND user_id = ?";
        tx.execute(sql, vec![world.now().into(), id.into()]).await.unwrap();
        let nobody = Actor { id: None, name: String::new(), at: world.now() };
        tx.commit_changes(&nobody).await.unwrap();
        let refused = in_line.await.unwrap().unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "SESSION_ENDED"), "{refused:?}");
        let left = teams(&world).list_teams(owner.ask(pb::ListTeamsRequest::default())).await.unwrap().into_inner().teams;
        assert_eq!(left, [team]);
    }

    async fn who_may_only_read_from_now_on_signs_in_anew(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let target = member(&world, &owner, &staff.user_id).await;
        let reads = update(&world, &owner, pb::Member { read_only: true, ..target }, &["read_only"]).await.unwrap();
        assert!(reads.read_only && !is_signed_in(&world, &staff).await);
        let staff = Person::sign_in(&world, &staff.email, PASSWORD).await;
        update(&world, &owner, pb::Member { read_only: false, ..reads }, &["read_only"]).await.unwrap();
        assert!(is_signed_in(&world, &staff).await, "who gets a right back loses nothing");
    }

    async fn a_company_keeps_its_last_owner(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let me = member(&world, &owner, &owner.user_id).await;
        assert_eq!(reason(&in_role(&world, &owner, &owner.user_id, pb::Role::Manager).await.unwrap_err()), "LAST_OWNER");
        let disabled = pb::Member { disabled: true, ..me.clone() };
        assert_eq!(reason(&update(&world, &owner, disabled, &["disabled"]).await.unwrap_err()), "LAST_OWNER");
        let read_only = pb::Member { read_only: true, ..me.clone() };
        assert_eq!(reason(&update(&world, &owner, read_only, &["read_only"]).await.unwrap_err()), "LAST_OWNER");
        assert_eq!(reason(&remove(&world, &owner, &owner.user_id).await.unwrap_err()), "LAST_OWNER");
        in_role(&world, &owner, &staff.user_id, pb::Role::Owner).await.unwrap();
        assert!(!is_signed_in(&world, &staff).await, "a new role is a new session");
        remove(&world, &owner, &owner.user_id).await.unwrap();
        assert!(!is_signed_in(&world, &owner).await);
    }

    async fn of_two_owners_who_demote_each_other_one_stays(world) {
        let first = world.company("Harrow & Pike").await;
        for _ in 0..3 {
            let second = first.hire(&world, pb::Role::Owner, "").await;
            let (a, b) = tokio::join!(
                in_role(&world, &first, &second.user_id, pb::Role::Staff),
                in_role(&world, &second, &first.user_id, pb::Role::Staff),
            );
            assert!(!(a.is_ok() && b.is_ok()), "{a:?} {b:?}");
            if b.is_ok() {
                return;
            }
        }
    }

    async fn a_manager_changes_only_people_of_their_teams(world) {
        let owner = world.company("Harrow & Pike").await;
        let north = make_team(&world, &owner, "North").await.unwrap();
        let south = make_team(&world, &owner, "South").await.unwrap();
        let manager = owner.hire(&world, pb::Role::Manager, &north.id).await;
        let colleague = owner.hire(&world, pb::Role::Manager, &north.id).await;
        let accountant = owner.hire(&world, pb::Role::Accountant, &north.id).await;
        let elsewhere = owner.hire(&world, pb::Role::Staff, &south.id).await;
        for person in [&owner, &colleague, &accountant, &elsewhere, &manager] {
            let target = member(&world, &manager, &person.user_id).await;
            let off = pb::Member { disabled: true, ..target.clone() };
            assert_eq!(reason(&update(&world, &manager, off, &["disabled"]).await.unwrap_err()), "NOT_YOUR_PERSON");
            let near = pb::Member { team_ids: vec![north.id.clone(), south.id.clone()], ..target };
            assert_eq!(reason(&update(&world, &manager, near, &["team_ids"]).await.unwrap_err()), "NOT_YOUR_PERSON");
        }
        let mine = in_role(&world, &manager, &manager.user_id, pb::Role::Accountant).await.unwrap_err();
        assert_eq!((mine.code(), reason(&mine).as_str()), (Code::PermissionDenied, "NOT_YOUR_PERSON"));

        let staff = owner.hire(&world, pb::Role::Staff, &north.id).await;
        for role in [pb::Role::Owner, pb::Role::Manager, pb::Role::Accountant] {
            assert_eq!(fields(&in_role(&world, &manager, &staff.user_id, role).await.unwrap_err()), ["member.role"]);
        }
        let away = pb::Member { team_ids: vec![south.id.clone()], ..member(&world, &manager, &staff.user_id).await };
        assert_eq!(fields(&update(&world, &manager, away, &["team_ids"]).await.unwrap_err()), ["member.team_ids"]);
        in_role(&world, &manager, &staff.user_id, pb::Role::Employee).await.unwrap();
        assert_eq!(remove(&world, &manager, &staff.user_id).await.unwrap_err().code(), Code::PermissionDenied);

        // Somebody of no team comes into the manager's, and only there.
        let newcomer = owner.hire(&world, pb::Role::Staff, "").await;
        let off = pb::Member { disabled: true, ..member(&world, &manager, &newcomer.user_id).await };
        assert_eq!(fields(&update(&world, &manager, off.clone(), &["disabled"]).await.unwrap_err()), ["member.team_ids"]);
        let here = pb::Member { team_ids: vec![north.id.clone()], ..off };
        let here = update(&world, &manager, here, &["team_ids"]).await.unwrap();
        assert_eq!(here.team_ids, std::slice::from_ref(&north.id));
        assert!(update(&world, &manager, pb::Member { read_only: true, ..here }, &["read_only"]).await.unwrap().read_only);
    }

    async fn a_manager_runs_only_their_own_teams(world) {
        let owner = world.company("Harrow & Pike").await;
        let north = make_team(&world, &owner, "North").await.unwrap();
        let south = make_team(&world, &owner, "South").await.unwrap();
        let manager = owner.hire(&world, pb::Role::Manager, &north.id).await;
        let rename = pb::UpdateTeamRequest { team: Some(pb::Team { name: "West".into(), ..south.clone() }) };
        assert_eq!(reason(&teams(&world).update_team(manager.ask(rename)).await.unwrap_err()), "NOT_YOUR_TEAM");
        let delete = |team: &pb::Team| pb::DeleteTeamRequest { team_id: team.id.clone() };
        assert_eq!(reason(&teams(&world).delete_team(manager.ask(delete(&south))).await.unwrap_err()), "NOT_YOUR_TEAM");
        let before = member(&world, &owner, &manager.user_id).await;
        let east = make_team(&world, &manager, "East").await.unwrap();
        let after = member(&world, &owner, &manager.user_id).await;
        assert!(after.team_ids.contains(&east.id) && after.version == before.version + 1, "who makes a team is in it");
        let rename = pb::UpdateTeamRequest { team: Some(pb::Team { name: "Far East".into(), ..east.clone() }) };
        teams(&world).update_team(manager.ask(rename)).await.unwrap();
        teams(&world).delete_team(manager.ask(delete(&east))).await.unwrap();
        assert!(!member(&world, &owner, &owner.user_id).await.team_ids.contains(&east.id));
        make_team(&world, &owner, "Owners stay out").await.unwrap();
        assert!(member(&world, &owner, &owner.user_id).await.team_ids.is_empty());
    }

    async fn a_disabled_person_is_out_at_once(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        assert!(is_signed_in(&world, &staff).await);
        let target = member(&world, &owner, &staff.user_id).await;
        let off = update(&world, &owner, pb::Member { disabled: true, ..target.clone() }, &["disabled"]).await.unwrap();
        assert!(off.disabled && off.version == target.version + 1);
        assert!(!is_signed_in(&world, &staff).await);
        let stale = update(&world, &owner, pb::Member { read_only: true, ..target }, &["read_only"]).await.unwrap_err();
        assert_eq!(stale.code(), Code::Aborted);
        let on = update(&world, &owner, pb::Member { disabled: false, ..off }, &["disabled"]).await.unwrap();
        assert!(!on.disabled);
        assert!(!is_signed_in(&world, &staff).await, "the old session stays ended");
    }

    async fn somebody_removed_leaves_their_records(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let customer = pb::Customer { name: "Anna".into(), owner_id: staff.user_id.clone(), assignee_id: staff.user_id.clone(), ..Default::default() };
        let mut customers = CustomerServiceClient::new(world.channel.clone());
        let made = customers.create_customer(owner.ask(pb::CreateCustomerRequest { customer: Some(customer) })).await.unwrap();
        let made = made.into_inner().customer.unwrap();
        remove(&world, &owner, &staff.user_id).await.unwrap();
        assert_eq!(remove(&world, &owner, &staff.user_id).await.unwrap_err().code(), Code::NotFound);
        let get = pb::GetCustomerRequest { customer_id: made.id.clone() };
        let left = customers.get_customer(owner.ask(get)).await.unwrap().into_inner().customer.unwrap();
        assert_eq!((left.owner_id.as_str(), left.assignee_id.as_str()), ("", ""));
        assert!(left.version > made.version && !is_signed_in(&world, &staff).await);
        assert!(members(&world, &owner).await.iter().all(|member| member.id != staff.user_id));
    }

    async fn people_see_names_and_managers_see_addresses(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.company("Other Ltd").await;
        let by_owner = members(&world, &owner).await;
        assert_eq!(by_owner.len(), 2);
        assert!(by_owner.iter().all(|member| !member.email.is_empty() && member.last_seen_at.is_some()));
        assert!(by_owner.iter().any(|member| member.second_factor));
        let by_staff = members(&world, &staff).await;
        assert!(by_staff.iter().all(|member| member.email.is_empty() && !member.second_factor && !member.display_name.is_empty()));
    }

    async fn teams_are_made_renamed_and_deleted(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let north = make_team(&world, &owner, "North").await.unwrap();
        make_team(&world, &owner, "East").await.unwrap();
        assert_eq!(fields(&make_team(&world, &owner, " north ").await.unwrap_err()), ["team.name"]);
        make_team(&world, &stranger, "North").await.unwrap();
        let list = teams(&world).list_teams(owner.ask(pb::ListTeamsRequest::default())).await.unwrap().into_inner().teams;
        assert_eq!(list.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(), ["East", "North"]);
        let rename = |team: &pb::Team, name: &str| pb::UpdateTeamRequest { team: Some(pb::Team { name: name.into(), ..team.clone() }) };
        let taken = teams(&world).update_team(owner.ask(rename(&north, "east"))).await.unwrap_err();
        assert_eq!(fields(&taken), ["team.name"]);
        let foreign = teams(&world).update_team(stranger.ask(rename(&north, "South"))).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
        let south = teams(&world).update_team(owner.ask(rename(&north, "South"))).await.unwrap().into_inner().team.unwrap();
        assert_eq!((south.name.as_str(), south.version), ("South", 2));
        assert_eq!(teams(&world).update_team(owner.ask(rename(&north, "West"))).await.unwrap_err().code(), Code::Aborted);
        let manager = owner.hire(&world, pb::Role::Manager, &south.id).await;
        assert_eq!(member(&world, &owner, &manager.user_id).await.team_ids, std::slice::from_ref(&south.id));
        let delete = |team: &pb::Team| pb::DeleteTeamRequest { team_id: team.id.clone() };
        assert_eq!(teams(&world).delete_team(stranger.ask(delete(&south))).await.unwrap_err().code(), Code::NotFound);
        teams(&world).delete_team(manager.ask(delete(&south))).await.unwrap();
        assert!(member(&world, &owner, &manager.user_id).await.team_ids.is_empty());
        assert_eq!(teams(&world).delete_team(owner.ask(delete(&south))).await.unwrap_err().code(), Code::NotFound);
    }

    async fn wrong_input_is_told_at_its_field(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let none = update(&world, &owner, pb::Member::default(), &["role", "email"]).await.unwrap_err();
        assert_eq!(fields(&none), ["member.id", "member.version", "member.role", "update_mask"]);
        let foreign_team = make_team(&world, &stranger, "Theirs").await.unwrap();
        let me = pb::Member { team_ids: vec![foreign_team.id], ..member(&world, &owner, &owner.user_id).await };
        assert_eq!(fields(&update(&world, &owner, me, &["team_ids"]).await.unwrap_err()), ["member.team_ids"]);
        let me = pb::Member { team_ids: vec!["team_x".into(); 26_000], ..member(&world, &owner, &owner.user_id).await };
        assert_eq!(fields(&update(&world, &owner, me, &["team_ids"; 9]).await.unwrap_err()), ["member.team_ids"]);
        let them = member(&world, &stranger, &stranger.user_id).await;
        assert_eq!(update(&world, &owner, them, &["read_only"]).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(remove(&world, &owner, &stranger.user_id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(remove(&world, &owner, "nobody").await.unwrap_err().code(), Code::NotFound);
    }

    async fn people_and_teams_come_page_by_page(world) {
        let owner = world.company("Harrow & Pike").await;
        for name in ["North", "east", "West"] {
            make_team(&world, &owner, name).await.unwrap();
        }
        for _ in 0..2 {
            owner.hire(&world, pb::Role::Staff, "").await;
        }
        let (mut names, mut token) = (Vec::new(), String::new());
        for size in [2, 1] {
            let list = pb::ListTeamsRequest { page_size: 2, page_token: token };
            let reply = teams(&world).list_teams(owner.ask(list)).await.unwrap().into_inner();
            assert_eq!(reply.teams.len(), size);
            names.extend(reply.teams.into_iter().map(|team| team.name));
            token = reply.page.unwrap().next_page_token;
        }
        assert_eq!((names, token), (vec!["east".to_owned(), "North".to_owned(), "West".to_owned()], String::new()));
        let whole: Vec<String> = members(&world, &owner).await.into_iter().map(|member| member.id).collect();
        let (mut ids, mut token) = (Vec::new(), String::new());
        for _ in 0..3 {
            let list = pb::ListMembersRequest { page_size: 1, page_token: token };
            let reply = teams(&world).list_members(owner.ask(list)).await.unwrap().into_inner();
            ids.extend(reply.members.into_iter().map(|member| member.id));
            token = reply.page.unwrap().next_page_token;
        }
        assert_eq!((ids, token), (whole, String::new()));
        let wrong = pb::ListMembersRequest { page_size: -1, page_token: String::new() };
        assert_eq!(fields(&teams(&world).list_members(owner.ask(wrong)).await.unwrap_err()), ["page_size"]);
        let wrong = pb::ListTeamsRequest { page_size: 1, page_token: "x".into() };
        assert_eq!(fields(&teams(&world).list_teams(owner.ask(wrong)).await.unwrap_err()), ["page_token"]);
    }
}
