//! `InvitationService` of the client portal.

use chrono::TimeDelta;
use streamflow_kernel::{db::Scope, feed::Actor, ids};
use streamflow_proto::client::v1::{
    self as pb, invitation_service_client::InvitationServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::World,
};
use tonic::{Code, Status, transport::Channel};

fn invitations(world: &World) -> InvitationServiceClient<Channel> {
    InvitationServiceClient::new(world.channel.clone())
}

async fn invite(world: &World, by: &Person, email: &str, role: pb::Role) -> Result<pb::Invitation, Status> {
    let invite = pb::CreateInvitationRequest { email: email.into(), role: role.into(), team_id: String::new() };
    Ok(invitations(world).create_invitation(by.ask(invite)).await?.into_inner().invitation.unwrap())
}

async fn accept(world: &World, token: &str, name: &str, password: &str) -> Result<(), Status> {
    let accept = pb::AcceptInvitationRequest { token: token.into(), display_name: name.into(), password: password.into() };
    let reply = invitations(world).accept_invitation(request(accept, None)).await;
    world.pass(TimeDelta::seconds(6));
    reply.map(drop)
}

async fn look(world: &World, token: &str) -> Result<pb::GetInvitationResponse, Status> {
    Ok(invitations(world).get_invitation(request(pb::GetInvitationRequest { token: token.into() }, None)).await?.into_inner())
}

/// The token of a mail that came after the one with `old`.
async fn next_link(world: &World, email: &str, old: &str) -> String {
    for _ in 0..2_000 {
        let token = link_token(world, email).await;
        if token != old {
            return token;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no further mail for {email}");
}

on_both! {
    async fn somebody_new_joins_by_the_link_once(world) {
        let owner = world.company("Harrow & Pike").await;
        invite(&world, &owner, "Ada@Example.com", pb::Role::Manager).await.unwrap();
        let token = link_token(&world, "ada@example.com").await;
        let shown = look(&world, &token).await.unwrap();
        assert_eq!((shown.org_name.as_str(), shown.email.as_str(), shown.has_account), ("Harrow & Pike", "ada@example.com", false));
        assert_eq!((shown.role(), shown.invited_by.as_str()), (pb::Role::Manager, "Olive Owner"));
        let nameless = accept(&world, &token, " ", "short").await.unwrap_err();
        assert_eq!(fields(&nameless), ["display_name", "password"]);
        accept(&world, &token, "Ada", PASSWORD).await.unwrap();
        assert_eq!(reason(&accept(&world, &token, "Ada", PASSWORD).await.unwrap_err()), "INVITATION_CLOSED");
        assert_eq!(reason(&look(&world, &token).await.unwrap_err()), "INVITATION_CLOSED");
        // A manager can't work without a second factor.
        let sign_in = pb::SignInRequest { email: "ada@example.com".into(), password: PASSWORD.into(), return_token: true };
        let begun = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap().into_inner();
        assert_eq!(begun.second_factor(), pb::SecondFactorState::EnrolmentNeeded);
        let list = invitations(&world).list_invitations(owner.ask(pb::ListInvitationsRequest::default())).await.unwrap();
        assert!(list.into_inner().invitations.is_empty());
    }

    async fn open_invitations_come_page_by_page_newest_first(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sent = Vec::new();
        for name in ["ada", "ben", "cleo"] {
            sent.push(invite(&world, &owner, &format!("{name}@example.com"), pb::Role::Staff).await.unwrap().id);
            world.pass(TimeDelta::seconds(1));
        }
        sent.reverse();
        let (mut seen, mut token) = (Vec::new(), String::new());
        for size in [2, 1] {
            let list = pb::ListInvitationsRequest { page_size: 2, page_token: token };
            let reply = invitations(&world).list_invitations(owner.ask(list)).await.unwrap().into_inner();
            assert_eq!(reply.invitations.len(), size);
            seen.extend(reply.invitations.into_iter().map(|one| one.id));
            token = reply.page.unwrap().next_page_token;
        }
        assert_eq!((seen, token), (sent, String::new()));
        let wrong = pb::ListInvitationsRequest { page_size: 1, page_token: "x".into() };
        assert_eq!(fields(&invitations(&world).list_invitations(owner.ask(wrong)).await.unwrap_err()), ["page_token"]);
    }

    async fn an_acceptance_can_be_repeated_by_who_sent_it(world) {
        let owner = world.company("Harrow & Pike").await;
        invite(&world, &owner, "ada@example.com", pb::Role::Staff).await.unwrap();
        let accept = pb::AcceptInvitationRequest {
            token: link_token(&world, "ada@example.com").await,
            display_name: "Ada".into(),
            password: PASSWORD.into(),
        };
        let once = |key: &str| {
            let mut request = request(accept.clone(), None);
            request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
            request
        };
        invitations(&world).accept_invitation(once("key-accept")).await.unwrap();
        let again = invitations(&world).accept_invitation(once("key-accept")).await.unwrap();
        assert!(again.metadata().contains_key("idempotent-replay"));
        let other = invitations(&world).accept_invitation(once("key-other")).await.unwrap_err();
        assert_eq!(reason(&other), "INVITATION_CLOSED");
        let members = TeamServiceClient::new(world.channel.clone()).list_members(owner.ask(pb::ListMembersRequest::default())).await.unwrap();
        assert_eq!(members.into_inner().members.len(), 2);
    }

    async fn an_account_joins_a_second_company_with_its_password(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let used = link_token(&world, &staff.email).await;
        let other = world.company("Other Ltd").await;
        invite(&world, &other, &staff.email, pb::Role::Employee).await.unwrap();
        let token = next_link(&world, &staff.email, &used).await;
        assert!(look(&world, &token).await.unwrap().has_account);
        let wrong = accept(&world, &token, "", "not the password at all").await.unwrap_err();
        assert_eq!(fields(&wrong), ["password"]);
        accept(&world, &token, "Somebody Else", PASSWORD).await.unwrap();
        let members = TeamServiceClient::new(world.channel.clone()).list_members(other.ask(pb::ListMembersRequest::default())).await.unwrap();
        let member = members.into_inner().members.into_iter().find(|member| member.id == staff.user_id).unwrap();
        assert_eq!((member.display_name.as_str(), member.role()), ("Test ROLE_STAFF", pb::Role::Employee));
        let again = invite(&world, &other, &staff.email.to_uppercase(), pb::Role::Staff).await.unwrap_err();
        assert_eq!(fields(&again), ["email"]);
    }

    async fn nobody_hands_out_more_than_they_have(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        for role in [pb::Role::Owner, pb::Role::Manager, pb::Role::Accountant] {
            assert_eq!(fields(&invite(&world, &manager, "x@example.com", role).await.unwrap_err()), ["role"]);
        }
        invite(&world, &manager, "x@example.com", pb::Role::Staff).await.unwrap();
        let by_owner = invite(&world, &owner, "y@example.com", pb::Role::Owner).await.unwrap();
        let revoke = |id: &str| pb::RevokeInvitationRequest { invitation_id: id.to_owned() };
        let refused = invitations(&world).revoke_invitation(manager.ask(revoke(&by_owner.id))).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let make = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        let north = TeamServiceClient::new(world.channel.clone()).create_team(owner.ask(make)).await.unwrap().into_inner().team.unwrap();
        let into_north = pb::CreateInvitationRequest { email: "z@example.com".into(), role: pb::Role::Staff.into(), team_id: north.id };
        let refused = invitations(&world).create_invitation(manager.ask(into_north.clone())).await.unwrap_err();
        assert_eq!(fields(&refused), ["team_id"]);
        let north = invitations(&world).create_invitation(owner.ask(into_north)).await.unwrap().into_inner().invitation.unwrap();
        let refused = invitations(&world).revoke_invitation(manager.ask(revoke(&north.id))).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOUR_TEAM");
        let bad = pb::CreateInvitationRequest { email: "no".into(), role: 0, team_id: "x".into() };
        let bad = invitations(&world).create_invitation(owner.ask(bad)).await.unwrap_err();
        assert_eq!(fields(&bad), ["email", "role", "team_id"]);
    }

    async fn strangers_get_few_mails_a_day(world) {
        let owner = world.company("Harrow & Pike").await;
        let other = world.company("Other Ltd").await;
        for _ in 0..3 {
            let sent = invite(&world, &owner, "ada@example.com", pb::Role::Staff).await.unwrap();
            let revoke = pb::RevokeInvitationRequest { invitation_id: sent.id };
            invitations(&world).revoke_invitation(owner.ask(revoke)).await.unwrap();
        }
        let fourth = invite(&world, &owner, "Ada@Example.com", pb::Role::Staff).await.unwrap_err();
        assert_eq!((fourth.code(), reason(&fourth).as_str()), (Code::ResourceExhausted, "THROTTLED"));
        assert_eq!(fourth.metadata().get("retry-after").unwrap(), "86400");
        invite(&world, &other, "ada@example.com", pb::Role::Staff).await.unwrap();

        let org_id = ids::parse(ids::prefix::ORG, &owner.org_id).unwrap();
        let tx = world.kernel.database.tenant_write(Scope::whole(org_id)).await.unwrap();
        let sql = "INSERT INTO invitations (org_id, id, email, role, token_hash, invited_by, created_at, expires_at, revoked_at) \
                   VALUES ({org}, ?, ?, 'STAFF', ?, ?, ?, ?, ?)";
        for n in 0..196_u8 {
            let (id, now) = (world.kernel.ids.uuid(), world.now());
            let values = vec![id.into(), format!("{n}@example.com").into(), vec![n].into(), id.into(), now.into(), now.into(), now.into()];
            tx.execute(sql, values).await.unwrap();
        }
        tx.commit_changes(&Actor { id: None, name: String::new(), at: world.now() }).await.unwrap();
        invite(&world, &owner, "last@example.com", pb::Role::Staff).await.unwrap();
        let beyond = invite(&world, &owner, "bob@example.com", pb::Role::Staff).await.unwrap_err();
        assert!(beyond.code() == Code::ResourceExhausted && beyond.message().contains("200 invitations"), "{beyond:?}");
    }

    async fn a_link_ends_when_revoked_replaced_or_old(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let first = invite(&world, &owner, "ada@example.com", pb::Role::Staff).await.unwrap();
        let token = link_token(&world, "ada@example.com").await;
        let revoke = pb::RevokeInvitationRequest { invitation_id: first.id.clone() };
        let foreign = invitations(&world).revoke_invitation(stranger.ask(revoke.clone())).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
        invitations(&world).revoke_invitation(owner.ask(revoke.clone())).await.unwrap();
        assert_eq!(reason(&accept(&world, &token, "Ada", PASSWORD).await.unwrap_err()), "INVITATION_CLOSED");
        assert_eq!(invitations(&world).revoke_invitation(owner.ask(revoke)).await.unwrap_err().code(), Code::NotFound);
        invite(&world, &owner, "bob@example.com", pb::Role::Staff).await.unwrap();
        let old = link_token(&world, "bob@example.com").await;
        world.pass(TimeDelta::seconds(1));
        invite(&world, &owner, "bob@example.com", pb::Role::Staff).await.unwrap();
        let new = next_link(&world, "bob@example.com", &old).await;
        assert_eq!(reason(&accept(&world, &old, "Bob", PASSWORD).await.unwrap_err()), "INVITATION_CLOSED");
        world.pass(TimeDelta::days(7));
        assert_eq!(reason(&accept(&world, &new, "Bob", PASSWORD).await.unwrap_err()), "INVITATION_CLOSED");
        assert_eq!(accept(&world, "made up", "Bob", PASSWORD).await.unwrap_err().code(), Code::NotFound);
    }
}
