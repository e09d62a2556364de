//! A person of several companies goes from one to another.

use chrono::TimeDelta;
use streamflow_kernel::{db::SystemDb, ids};
use streamflow_proto::client::v1::{
    self as pb, audit_service_client::AuditServiceClient, change_service_client::ChangeServiceClient,
    customer_service_client::CustomerServiceClient, invitation_service_client::InvitationServiceClient,
    session_service_client::SessionServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::{ORIGIN, World, ends},
};
use tonic::{Code, Status};

use crate::client::customer;

/// Takes somebody who has an account into one more company.
pub async fn join(world: &World, owner: &Person, email: &str, role: pb::Role) {
    let sent = |mails: Vec<String>| mails.into_iter().filter(|mail| mail.contains(email) && mail.contains("token=")).count();
    let before = sent(world.mails());
    world.pass(TimeDelta::seconds(1));
    let invite = pb::CreateInvitationRequest { email: email.into(), role: role.into(), team_id: String::new() };
    let mut invitations = InvitationServiceClient::new(world.channel.clone());
    invitations.create_invitation(owner.ask(invite)).await.unwrap();
    for _ in 0..2_000 {
        if sent(world.mails()) > before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let token = link_token(world, email).await;
    let accept = pb::AcceptInvitationRequest { token, display_name: String::new(), password: PASSWORD.into() };
    invitations.accept_invitation(request(accept, None)).await.unwrap();
}

pub async fn orgs(person: &Person) -> Vec<pb::PersonOrg> {
    let mut sessions = SessionServiceClient::new(person.channel.clone());
    sessions.list_orgs(person.ask(pb::ListOrgsRequest {})).await.unwrap().into_inner().orgs
}

/// The person in another company, and what that one still asks for.
pub async fn switch(person: &Person, tenant_id: &str) -> Result<(Person, pb::SecondFactorState), Status> {
    let ask = pb::SwitchOrgRequest { tenant_id: tenant_id.into(), return_token: true };
    let reply = SessionServiceClient::new(person.channel.clone()).switch_org(person.ask(ask)).await?.into_inner();
    let state = reply.second_factor();
    Ok((Person { token: reply.token, ..person.clone() }, state))
}

async fn me(person: &Person) -> Result<pb::MeResponse, Status> {
    Ok(SessionServiceClient::new(person.channel.clone()).me(person.ask(pb::MeRequest {})).await?.into_inner())
}

async fn tenant(person: &Person) -> String {
    me(person).await.unwrap().tenant_id
}

/// Categories and roles that the audit of the owner's company has of a person's ways in and out, oldest first.
async fn ways(owner: &Person, user_id: &str) -> Vec<(String, String, String)> {
    let filter = format!("actor_id = {user_id} AND path : SwitchOrg AND outcome = OK");
    let list = pb::ListAuditRequest { filter, order_by: "at".into(), ..Default::default() };
    let records = AuditServiceClient::new(owner.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
    records.into_iter().map(|record| (record.category, record.actor_role, record.payload)).collect()
}

/// Makes somebody a manager, as a request does that has not committed yet.
async fn promote(world: &World, person: &Person, tenant_id: &str) -> SystemDb {
    let user_id = ids::parse(ids::prefix::USER, &person.user_id).unwrap();
    let db = world.kernel.database.system().await.unwrap();
    let sql = "UPDATE memberships SET role = 'MANAGER', version = version + 1 \
               WHERE user_id = ? AND org_id = (SELECT id FROM orgs WHERE tenant_id = ?)";
    assert_eq!(db.execute(sql, vec![user_id.into(), tenant_id.into()]).await.unwrap(), 1);
    db
}

#[derive(sea_orm::FromQueryResult)]
struct Kept {
    token: Vec<u8>,
}

on_both! {
    async fn a_person_of_two_companies_goes_from_one_to_the_other(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        customer::create(&here, customer::named("Canary Here")).await.unwrap();
        let listed = orgs(&staff).await;
        let shown: Vec<_> = listed.iter().map(|org| (org.name.as_str(), org.role(), org.suspended, org.current)).collect();
        assert_eq!(shown, [("Harrow & Pike", pb::Role::Staff, false, true), ("Other Ltd", pb::Role::Employee, false, false)]);
        assert_eq!(orgs(&there).await.len(), 1);

        let watch = staff.ask(pb::WatchRequest::default());
        let stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
        world.pass(TimeDelta::minutes(7));
        let (moved, state) = switch(&staff, &listed[1].tenant_id).await.unwrap();
        assert_eq!(state, pb::SecondFactorState::Done);
        assert_eq!(me(&staff).await.unwrap_err().code(), Code::Unauthenticated);
        let told = me(&moved).await.unwrap();
        assert_eq!((told.org_name.as_str(), told.role(), told.second_factor()), ("Other Ltd", pb::Role::Employee, pb::SecondFactorState::Done));
        let list = CustomerServiceClient::new(world.channel.clone()).list_customers(moved.ask(pb::ListCustomersRequest::default())).await;
        assert!(list.unwrap().into_inner().customers.is_empty());
        // The stream of the company that was left ends.
        ends(stream).await;

        // Each company knows its own half, and neither hears of the other.
        assert_eq!(ways(&here, &staff.user_id).await, [("sign_out".into(), "STAFF".into(), "{}".into())]);
        assert_eq!(ways(&there, &staff.user_id).await, [("sign_in".into(), "EMPLOYEE".into(), "{}".into())]);

        // No way back and forth makes a session live longer.
        let sessions = SessionServiceClient::new(world.channel.clone()).list_sessions(moved.ask(pb::ListSessionsRequest::default())).await;
        let mine = sessions.unwrap().into_inner().sessions.into_iter().find(|session| session.current).unwrap();
        let left = mine.expires_at.unwrap().seconds - world.now().timestamp();
        assert!(left < TimeDelta::hours(8).num_seconds() - 400, "{left}");
    }

    async fn signing_in_leads_to_the_company_entered_last(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let (first, second) = (tenant(&here).await, tenant(&there).await);
        world.pass(TimeDelta::seconds(31));
        let again = Person::sign_in(&world, &staff.email, PASSWORD).await;
        assert_eq!(tenant(&again).await, first);
        world.pass(TimeDelta::minutes(1));
        switch(&again, &second).await.unwrap();
        world.pass(TimeDelta::hours(9));
        let again = Person::sign_in(&world, &staff.email, PASSWORD).await;
        assert_eq!(tenant(&again).await, second);

        // Whoever may not enter it any more is led to the other one.
        let db = world.kernel.database.system().await.unwrap();
        let sql = "UPDATE memberships SET disabled_at = ? WHERE org_id = (SELECT id FROM orgs WHERE tenant_id = ?) AND user_id = ?";
        let user_id = ids::parse(ids::prefix::USER, &staff.user_id).unwrap();
        db.execute(sql, vec![world.now().into(), second.into(), user_id.into()]).await.unwrap();
        db.commit().await.unwrap();
        world.pass(TimeDelta::seconds(31));
        assert_eq!(tenant(&Person::sign_in(&world, &staff.email, PASSWORD).await).await, first);
    }

    async fn a_session_in_another_company_ends_with_its_stream(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let theirs = tenant(&there).await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let away = async || {
            let again = Person::sign_in(&world, &staff.email, PASSWORD).await;
            match switch(&again, &theirs).await {
                Ok((moved, _)) => moved,
                // Signing in leads to where one was last.
                Err(_) => again,
            }
        };
        let watch = async |person: &Person| {
            let ask = person.ask(pb::WatchRequest::default());
            ChangeServiceClient::new(world.channel.clone()).watch(ask).await.unwrap().into_inner()
        };

        let first = away().await;
        assert_eq!((tenant(&first).await, tenant(&staff).await), (theirs.clone(), tenant(&here).await));
        let stream = watch(&first).await;
        let listed = sessions.list_sessions(staff.ask(pb::ListSessionsRequest::default())).await.unwrap().into_inner().sessions;
        let other = listed.iter().find(|session| !session.current).unwrap().id.clone();
        sessions.revoke_session(staff.ask(pb::RevokeSessionRequest { session_id: other })).await.unwrap();
        // Its session was ended from another company.
        ends(stream).await;

        world.pass(TimeDelta::minutes(1));
        let second = away().await;
        let streams = [watch(&second).await, watch(&staff).await];
        sessions.sign_out_everywhere(staff.ask(pb::SignOutEverywhereRequest {})).await.unwrap();
        for stream in streams {
            ends(stream).await;
        }
        assert_eq!(me(&second).await.unwrap_err().code(), Code::Unauthenticated);
    }

    async fn a_company_that_is_not_ones_own_is_answered_like_none(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        let theirs = tenant(&there).await;
        let nobody = switch(&staff, "nobody-has-this").await.unwrap_err();
        let foreign = switch(&staff, &theirs).await.unwrap_err();
        assert_eq!(nobody.code(), Code::NotFound);
        assert_eq!((nobody.code(), nobody.message(), nobody.details()), (foreign.code(), foreign.message(), foreign.details()));
        assert_eq!(fields(&switch(&staff, &tenant(&staff).await).await.unwrap_err()), ["tenant_id"]);
        // Refused, the session goes on.
        assert!(me(&staff).await.is_ok());

        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let remove = pb::RemoveMemberRequest { user_id: staff.user_id.clone() };
        TeamServiceClient::new(world.channel.clone()).remove_member(there.ask(remove)).await.unwrap();
        let again = Person::sign_in(&world, &staff.email, PASSWORD).await;
        assert_eq!(orgs(&again).await.len(), 1);
        let removed = switch(&again, &theirs).await.unwrap_err();
        assert_eq!((nobody.code(), nobody.message(), nobody.details()), (removed.code(), removed.message(), removed.details()));
    }

    async fn a_suspended_company_is_entered_and_left(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let close = "UPDATE orgs SET suspended_at = ?, suspend_reason = 'Unpaid', suspend_contact = 'Dana' WHERE name = 'Other Ltd'";
        world.kernel.database.system_execute(close, vec![world.now().into()]).await.unwrap();
        let listed = orgs(&staff).await;
        assert_eq!(listed.iter().map(|org| org.suspended).collect::<Vec<_>>(), [false, true]);
        let (moved, state) = switch(&staff, &listed[1].tenant_id).await.unwrap();
        assert_eq!(state, pb::SecondFactorState::Done);
        assert_eq!(me(&moved).await.unwrap().suspension.unwrap().reason, "Unpaid");
        let list = CustomerServiceClient::new(world.channel.clone()).list_customers(moved.ask(pb::ListCustomersRequest::default())).await;
        assert_eq!(reason(&list.unwrap_err()), "ORG_SUSPENDED");
        assert_eq!(orgs(&moved).await.len(), 2);
        let (back, _) = switch(&moved, &listed[0].tenant_id).await.unwrap();
        assert_eq!(me(&back).await.unwrap().org_name, "Harrow & Pike");
    }

    async fn a_role_that_needs_a_second_factor_asks_for_it_first(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Manager).await;
        let theirs = tenant(&there).await;
        let (moved, state) = switch(&staff, &theirs).await.unwrap();
        assert_eq!(state, pb::SecondFactorState::EnrolmentNeeded);
        let early = SessionServiceClient::new(world.channel.clone()).list_sessions(moved.ask(pb::ListSessionsRequest::default())).await;
        assert_eq!(reason(&early.unwrap_err()), "SECOND_FACTOR_NEEDED");
        let back = SessionServiceClient::new(world.channel.clone()).switch_org(moved.ask(pb::SwitchOrgRequest::default())).await;
        assert_eq!(reason(&back.unwrap_err()), "SECOND_FACTOR_NEEDED");
        // Whoever has shown a code already is let in.
        join(&world, &there, &here.email, pb::Role::Owner).await;
        let (entered, state) = switch(&here, &theirs).await.unwrap();
        assert_eq!(state, pb::SecondFactorState::Done);
        assert_eq!(me(&entered).await.unwrap().role(), pb::Role::Owner);
    }

    async fn a_promotion_under_way_decides_what_a_session_still_needs(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let (ours, theirs) = (tenant(&here).await, tenant(&there).await);
        let promotion = promote(&world, &staff, &theirs).await;
        let switching = tokio::spawn({
            let staff = staff.clone();
            async move { switch(&staff, &theirs).await.map(|(_, state)| state) }
        });
        world.somebody_waits().await;
        promotion.commit().await.unwrap();
        assert_eq!(switching.await.unwrap().unwrap(), pb::SecondFactorState::EnrolmentNeeded);

        // Of somebody else: whoever has switched is led to the other company.
        let colleague = here.hire(&world, pb::Role::Staff, "").await;
        let promotion = promote(&world, &colleague, &ours).await;
        let signing_in = tokio::spawn({
            let (email, channel) = (colleague.email.clone(), world.channel.clone());
            let ask = pb::SignInRequest { email, password: PASSWORD.into(), return_token: true };
            async move { SessionServiceClient::new(channel).sign_in(request(ask, None)).await }
        });
        world.somebody_waits().await;
        promotion.commit().await.unwrap();
        let signed_in = signing_in.await.unwrap().unwrap().into_inner();
        assert_eq!(signed_in.second_factor(), pb::SecondFactorState::EnrolmentNeeded);
    }

    async fn a_browser_whose_answer_got_lost_has_the_new_session_by_asking_again(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        join(&world, &there, &here.email, pb::Role::Owner).await;
        let theirs = tenant(&there).await;
        let send = async |key: &str, tenant_id: &str| {
            let ask = here.once(key, pb::SwitchOrgRequest { tenant_id: tenant_id.into(), return_token: false });
            let reply = SessionServiceClient::new(world.channel.clone()).switch_org(ask).await?;
            let cookie = reply.metadata().get("set-cookie").expect("a cookie").to_str().unwrap();
            let token = cookie.strip_prefix("__Host-sf_client=").unwrap().split(';').next().unwrap().to_owned();
            Ok::<_, Status>(Person { token, ..here.clone() })
        };
        let lost = send("key-0001", &theirs).await.unwrap();
        world.pass(TimeDelta::minutes(2));
        let found = send("key-0001", &theirs).await.unwrap();
        assert_eq!(found.token, lost.token);
        assert_eq!(tenant(&found).await, theirs);
        // Nobody else's request, and nothing but the same one, brings it back.
        for refused in [send("key-0002", &theirs).await, send("key-0001", "somewhere-else").await] {
            assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
        }
        world.pass(TimeDelta::minutes(10));
        assert_eq!(send("key-0001", &theirs).await.unwrap_err().code(), Code::Unauthenticated);
        // Where it lies nobody reads it.
        let db = world.kernel.database.system_read().await.unwrap();
        let kept: Vec<Kept> = db.query("SELECT token FROM idempotency WHERE token IS NOT NULL", vec![]).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert!(!kept[0].token.windows(lost.token.len()).any(|part| part == lost.token.as_bytes()));
    }

    async fn a_page_of_the_company_that_was_left_saves_nothing_in_the_other(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        join(&world, &there, &here.email, pb::Role::Owner).await;
        let left = tenant(&here).await;
        // As a browser does: the answer has the cookie of the new session, and no token.
        let mut ask = here.ask(pb::SwitchOrgRequest { tenant_id: tenant(&there).await, return_token: false });
        ask.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
        let reply = SessionServiceClient::new(world.channel.clone()).switch_org(ask).await.unwrap();
        let cookie = reply.metadata().get("set-cookie").unwrap().to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(reply.get_ref().token.is_empty() && cookie.starts_with("__Host-sf_client="));
        let of_page = |company: &str| {
            let mut ask = request(pb::CreateCustomerRequest { customer: Some(customer::named("Typed for Harrow")) }, None);
            ask.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
            ask.metadata_mut().insert("cookie", cookie.parse().unwrap());
            ask.metadata_mut().insert("x-streamflow-tenant", company.parse().unwrap());
            ask
        };
        let mut customers = CustomerServiceClient::new(world.channel.clone());
        let stale = customers.create_customer(of_page(&left)).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::FailedPrecondition, "OTHER_COMPANY"));
        customers.create_customer(of_page(&tenant(&there).await)).await.unwrap();
        let list = customers.list_customers(there.ask(pb::ListCustomersRequest::default())).await.unwrap().into_inner();
        assert_eq!(list.customers.len(), 1);
    }
}
