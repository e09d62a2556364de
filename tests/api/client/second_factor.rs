//! A company that asks a second factor of everybody.

use chrono::TimeDelta;
use streamflow_kernel::totp;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, audit_service_client::AuditServiceClient,
    change_service_client::ChangeServiceClient, customer_service_client::CustomerServiceClient,
    invitation_service_client::InvitationServiceClient, org_service_client::OrgServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::{ORIGIN, World, ends},
};
use tonic::{Code, Request, Response, Status};

use super::{
    account::mails_about,
    session::switch::{join, orgs, switch},
};

async fn policy(person: &Person) -> Result<pb::SecondFactorPolicy, Status> {
    let ask = person.ask(pb::GetSecondFactorPolicyRequest {});
    Ok(OrgServiceClient::new(person.channel.clone()).get_second_factor_policy(ask).await?.into_inner().policy.unwrap())
}

async fn set(
    person: &Person,
    ask: Request<pb::SetSecondFactorPolicyRequest>,
) -> Result<Response<pb::SetSecondFactorPolicyResponse>, Status> {
    OrgServiceClient::new(person.channel.clone()).set_second_factor_policy(ask).await
}

async fn require(person: &Person) -> Result<pb::SecondFactorPolicy, Status> {
    let ask = person.ask(pb::SetSecondFactorPolicyRequest { required: true, ..Default::default() });
    Ok(set(person, ask).await?.into_inner().policy.unwrap())
}

/// What takes the rule back.
fn off(password: &str, code: &str) -> pb::SetSecondFactorPolicyRequest {
    pb::SetSecondFactorPolicyRequest { required: false, current_password: password.into(), code: code.into() }
}

/// Takes the rule back, with a code that is not used yet.
async fn ease(world: &World, person: &Person) -> Result<pb::SecondFactorPolicy, Status> {
    world.pass(TimeDelta::seconds(31));
    let ask = person.ask(off(PASSWORD, &person.code(world)));
    Ok(set(person, ask).await?.into_inner().policy.unwrap())
}

/// What the session still needs, as its page is told.
async fn left(person: &Person) -> pb::SecondFactorState {
    let me = SessionServiceClient::new(person.channel.clone()).me(person.ask(pb::MeRequest {})).await.unwrap().into_inner();
    assert_eq!(me.permissions.is_empty(), me.second_factor() != pb::SecondFactorState::Done, "{:?}", me.permissions);
    me.second_factor()
}

/// The reason for which somebody can't work, if it is so.
async fn refusal(person: &Person) -> Option<String> {
    let list = person.ask(pb::ListCustomersRequest::default());
    let answer = CustomerServiceClient::new(person.channel.clone()).list_customers(list).await;
    answer.err().map(|status| reason(&status))
}

async fn sign_in(world: &World, person: &Person) -> (Person, pb::SecondFactorState) {
    let sign_in = pb::SignInRequest { email: person.email.clone(), password: PASSWORD.into(), return_token: true };
    let reply = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap().into_inner();
    let state = reply.second_factor();
    (Person { token: reply.token, ..person.clone() }, state)
}

/// The person with the authenticator that was asked for, and so with a full session.
async fn enrol(world: &World, person: &Person) -> Person {
    let mut accounts = AccountServiceClient::new(world.channel.clone());
    let enrol = pb::EnrolSecondFactorRequest { current_password: PASSWORD.into(), code: String::new() };
    let secret = accounts.enrol_second_factor(person.ask(enrol)).await.unwrap().into_inner().secret;
    let secret = totp::from_base32(&secret).unwrap();
    let confirm = pb::ConfirmSecondFactorRequest { code: totp::code_at(&secret, world.now()).unwrap(), return_token: true };
    let token = accounts.confirm_second_factor(person.ask(confirm)).await.unwrap().into_inner().token;
    world.pass(TimeDelta::seconds(31));
    Person { token, secret: Some(secret), ..person.clone() }
}

async fn tenant(person: &Person) -> String {
    orgs(person).await.into_iter().find(|org| org.current).unwrap().tenant_id
}

on_both! {
    async fn open_sessions_without_one_go_no_further(world) {
        let owner = world.company("Harrow & Pike").await;
        let (staff, manager) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Manager, "").await);
        let careful = enrol(&world, &owner.hire(&world, pb::Role::Employee, "").await).await;
        let watch = staff.ask(pb::WatchRequest::default());
        let stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
        let before = policy(&owner).await.unwrap();
        assert_eq!((before.required, before.people, before.people_without), (false, 4, 1));
        assert_eq!(refusal(&staff).await, None);

        let after = require(&owner).await.unwrap();
        assert_eq!((after.required, after.people, after.people_without), (true, 4, 1));
        assert_eq!(refusal(&staff).await.as_deref(), Some("SECOND_FACTOR_NEEDED"));
        assert_eq!(left(&staff).await, pb::SecondFactorState::EnrolmentNeeded);
        for person in [&owner, &manager, &careful] {
            assert_eq!((refusal(person).await, left(person).await), (None, pb::SecondFactorState::Done));
        }
        // What was followed ends too, and is not begun again.
        ends(stream).await;
        let again = ChangeServiceClient::new(world.channel.clone()).watch(staff.ask(pb::WatchRequest::default())).await;
        assert_eq!(reason(&again.unwrap_err()), "SECOND_FACTOR_NEEDED");

        // The same session is the way in: nobody signs in anew.
        let staff = enrol(&world, &staff).await;
        assert_eq!((refusal(&staff).await, left(&staff).await), (None, pb::SecondFactorState::Done));
        assert_eq!(policy(&owner).await.unwrap().people_without, 0);
    }

    async fn it_can_be_taken_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        require(&owner).await.unwrap();
        let (begun, state) = sign_in(&world, &staff).await;
        assert_eq!(state, pb::SecondFactorState::EnrolmentNeeded);
        assert!(refusal(&begun).await.is_some());
        assert!(!ease(&world, &owner).await.unwrap().required);
        // The session from before goes on; the one that was begun half is finished by nobody and ends soon.
        assert_eq!((refusal(&staff).await, left(&staff).await), (None, pb::SecondFactorState::Done));
        assert_eq!(refusal(&begun).await.as_deref(), Some("SECOND_FACTOR_NEEDED"));
        world.pass(TimeDelta::seconds(6));
        assert_eq!(sign_in(&world, &staff).await.1, pb::SecondFactorState::Done);
        // Owners and managers need one all the same.
        let (_, state) = sign_in(&world, &owner).await;
        assert_eq!(state, pb::SecondFactorState::CodeNeeded);
    }

    async fn a_sign_in_and_an_invitation_ask_for_it(world) {
        let owner = world.company("Harrow & Pike").await;
        require(&owner).await.unwrap();
        let mut invitations = InvitationServiceClient::new(world.channel.clone());
        let invite = pb::CreateInvitationRequest { email: "new@example.com".into(), role: pb::Role::Employee.into(), team_id: String::new() };
        invitations.create_invitation(owner.ask(invite)).await.unwrap();
        // Twelve characters are enough beside a second factor.
        let accept = pb::AcceptInvitationRequest {
            token: link_token(&world, "new@example.com").await,
            display_name: "Nora New".into(),
            password: "mvx tqplw 47".into(),
        };
        invitations.accept_invitation(request(accept, None)).await.unwrap();
        let sign_in = pb::SignInRequest { email: "new@example.com".into(), password: "mvx tqplw 47".into(), return_token: true };
        let reply = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap().into_inner();
        assert_eq!(reply.second_factor(), pb::SecondFactorState::EnrolmentNeeded);
        assert_eq!(policy(&owner).await.unwrap().people_without, 1);
        // Elsewhere it takes fifteen.
        let other = world.company("Other Ltd").await;
        world.pass(TimeDelta::seconds(1));
        let invite = pb::CreateInvitationRequest { email: "next@example.com".into(), role: pb::Role::Employee.into(), team_id: String::new() };
        invitations.create_invitation(other.ask(invite)).await.unwrap();
        let accept = pb::AcceptInvitationRequest {
            token: link_token(&world, "next@example.com").await,
            display_name: "Nora Next".into(),
            password: "mvx tqplw 47".into(),
        };
        assert_eq!(fields(&invitations.accept_invitation(request(accept, None)).await.unwrap_err()), ["password"]);
    }

    async fn each_company_asks_for_itself(world) {
        let (here, there) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = here.hire(&world, pb::Role::Staff, "").await;
        join(&world, &there, &staff.email, pb::Role::Employee).await;
        let theirs = tenant(&there).await;
        require(&there).await.unwrap();
        assert_eq!(refusal(&staff).await, None, "the other company's rule");
        let (moved, state) = switch(&staff, &theirs).await.unwrap();
        assert_eq!((state, left(&moved).await), (pb::SecondFactorState::EnrolmentNeeded, pb::SecondFactorState::EnrolmentNeeded));
        assert_eq!(refusal(&moved).await.as_deref(), Some("SECOND_FACTOR_NEEDED"));
        let moved = enrol(&world, &moved).await;
        assert_eq!(refusal(&moved).await, None);
        // Whoever has one goes back and forth without being asked again.
        let (back, state) = switch(&moved, &tenant(&here).await).await.unwrap();
        assert_eq!((state, refusal(&back).await), (pb::SecondFactorState::Done, None));
        assert_eq!(switch(&back, &theirs).await.unwrap().1, pb::SecondFactorState::Done);
    }

    async fn only_owners_decide_and_the_audit_tells_it(world) {
        let owner = world.company("Harrow & Pike").await;
        for role in [pb::Role::Manager, pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant] {
            let other = owner.hire(&world, role, "").await;
            assert_eq!(require(&other).await.unwrap_err().code(), Code::PermissionDenied, "{role:?}");
            assert_eq!(policy(&other).await.unwrap_err().code(), Code::PermissionDenied, "{role:?}");
        }
        assert!(!policy(&owner).await.unwrap().required);
        for _ in 0..2 {
            world.pass(TimeDelta::seconds(1));
            require(&owner).await.unwrap();
        }
        ease(&world, &owner).await.unwrap();
        let list = pb::ListAuditRequest { filter: "path : SetSecondFactorPolicy AND outcome = OK".into(), order_by: "at".into(), ..Default::default() };
        let records = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
        let changes: Vec<serde_json::Value> = records.iter().map(|one| serde_json::from_str(&one.payload).unwrap()).collect();
        let told: Vec<_> = changes.iter().map(|one| (one["second_factor_required"]["before"].as_bool(), one["second_factor_required"]["after"].as_bool())).collect();
        assert_eq!(told, [(Some(false), Some(true)), (Some(true), Some(true)), (Some(true), Some(false))]);
        assert!(records.iter().all(|one| one.category == "settings"));
        // Of the request only what was decided is kept.
        assert!(changes.iter().all(|one| one.as_object().unwrap().keys().all(|key| ["required", "second_factor_required"].contains(&key.as_str()))));
    }

    async fn a_session_alone_does_not_take_it_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        require(&owner).await.unwrap();
        let code = owner.code(&world);
        let code = code.as_str();
        let tries = [
            ("", "", "current_password"),
            ("", code, "current_password"),
            ("not the password", code, "current_password"),
            (PASSWORD, "", "code"),
            (PASSWORD, "000000", "code"),
        ];
        for (password, code, field) in tries {
            let refused = set(&owner, owner.ask(off(password, code))).await.unwrap_err();
            assert_eq!(fields(&refused), [field], "{password} {code}");
            world.pass(TimeDelta::seconds(6));
        }
        let other = set(&manager, manager.ask(off(PASSWORD, &manager.code(&world)))).await.unwrap_err();
        assert_eq!(other.code(), Code::PermissionDenied);
        assert!(policy(&owner).await.unwrap().required);
        // The ladder is the sign-in's and the profile's.
        for _ in 0..3 {
            let _ = set(&owner, owner.ask(off("not the password", ""))).await;
        }
        let enrol = pb::EnrolSecondFactorRequest { current_password: PASSWORD.into(), code: String::new() };
        let locked = AccountServiceClient::new(world.channel.clone()).enrol_second_factor(owner.ask(enrol)).await.unwrap_err();
        assert_eq!(locked.code(), Code::ResourceExhausted);
        assert!(!ease(&world, &owner).await.unwrap().required);
    }

    async fn a_browser_goes_on_with_a_new_session_once_it_is_taken_back(world) {
        let owner = world.company("Harrow & Pike").await;
        require(&owner).await.unwrap();
        let by_cookie = |token: &str, code: &str| {
            let mut ask = Request::new(off(PASSWORD, code));
            for (name, value) in [("x-streamflow-portal", "client"), ("origin", ORIGIN), ("idempotency-key", "key-taken-back")] {
                ask.metadata_mut().insert(name, value.parse().unwrap());
            }
            ask.metadata_mut().insert("cookie", format!("__Host-sf_client={token}").parse().unwrap());
            ask
        };
        let code = owner.code(&world);
        // The same again is the same answer: its code is used up, and its session has ended.
        for _ in 0..2 {
            let answer = set(&owner, by_cookie(&owner.token, &code)).await.unwrap();
            let cookie = answer.metadata().get("set-cookie").unwrap().to_str().unwrap();
            let token = cookie.strip_prefix("__Host-sf_client=").unwrap().split(';').next().unwrap().to_owned();
            assert!(!answer.into_inner().policy.unwrap().required);
            let renewed = Person { token, ..owner.clone() };
            assert_ne!(renewed.token, owner.token);
            assert!(!policy(&renewed).await.unwrap().required);
            assert_eq!(reason(&policy(&owner).await.unwrap_err()), "SESSION_ENDED");
        }
    }

    async fn every_owner_is_told_of_a_change_and_of_nothing_else(world) {
        let owner = world.company("Harrow & Pike").await;
        let second = owner.hire(&world, pb::Role::Owner, "").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        world.company("Other Ltd").await;
        for subject in ["Everybody needs a second factor", "Not everybody needs a second factor any more"] {
            // The second time it is so already.
            for _ in 0..2 {
                if subject.starts_with("Not") { ease(&world, &owner).await.unwrap() } else { require(&owner).await.unwrap() };
            }
            assert_eq!(mails_about(&world, subject, 2).await, 2, "{subject}");
            let to = |person: &Person| world.mails().iter().filter(|mail| mail.contains(subject) && mail.contains(&person.email)).count();
            assert_eq!([&owner, &second, &manager].map(to), [1, 1, 0], "{subject}");
        }
        // Mails go one after the other: what was written too much would be there before the next.
        require(&second).await.unwrap();
        assert_eq!(mails_about(&world, "Everybody needs a second factor", 4).await, 4);
        assert_eq!(mails_about(&world, "Not everybody needs a second factor any more", 2).await, 2);
    }

    async fn two_owners_who_decide_at_once_leave_one_decision(world) {
        let owner = world.company("Harrow & Pike").await;
        let second = owner.hire(&world, pb::Role::Owner, "").await;
        let twin = world.twin().await;
        let (first, apart) = (&owner, Person { channel: twin.channel.clone(), ..second.clone() });
        for round in 0..4 {
            world.pass(TimeDelta::seconds(31));
            let back = apart.ask(off(PASSWORD, &apart.code(&world)));
            let (on, again, taken_back) = tokio::join!(require(first), require(first), set(&apart, back));
            assert!(on.unwrap().required && again.unwrap().required, "{round}");
            assert!(!taken_back.unwrap().into_inner().policy.unwrap().required, "{round}");
        }
        require(&owner).await.unwrap();
        assert!(!ease(&world, &owner).await.unwrap().required);
    }
}
