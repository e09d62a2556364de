//! `AccountService` of the client portal.

use chrono::TimeDelta;
use streamflow_kernel::totp;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, link_token, request},
    postgres::{superuser, until_waiting},
    world::{ORIGIN, World},
};
use tonic::{Code, Request, Response, Status, transport::Channel};

const NEXT: &str = "entirely other words 4711";

#[derive(sea_orm::FromQueryResult)]
struct Kept {
    payload: String,
}

fn accounts(world: &World) -> AccountServiceClient<Channel> {
    AccountServiceClient::new(world.channel.clone())
}

async fn sign_in(world: &World, email: &str, password: &str) -> Result<pb::SignInResponse, Status> {
    let sign_in = pb::SignInRequest { email: email.into(), password: password.into(), return_token: true };
    let reply = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await;
    world.pass(TimeDelta::seconds(6));
    reply.map(tonic::Response::into_inner)
}

/// The same as a browser sends it.
fn by_cookie<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", "client".parse().unwrap());
    request.metadata_mut().insert("origin", ORIGIN.parse().unwrap());
    request.metadata_mut().insert("cookie", format!("__Host-sf_client={token}").parse().unwrap());
    request
}

/// The session an answer leaves in the browser.
fn new_token<T>(response: &Response<T>) -> String {
    let cookie = response.metadata().get("set-cookie").unwrap().to_str().unwrap();
    cookie.strip_prefix("__Host-sf_client=").unwrap().split(';').next().unwrap().to_owned()
}

async fn is_signed_in(world: &World, token: &str) -> bool {
    SessionServiceClient::new(world.channel.clone()).me(request(pb::MeRequest {}, Some(token))).await.is_ok()
}

fn change(current: &str, new: &str) -> pb::ChangePasswordRequest {
    pb::ChangePasswordRequest { current_password: current.into(), new_password: new.into() }
}

fn enrol(current_password: &str, code: &str) -> pb::EnrolSecondFactorRequest {
    pb::EnrolSecondFactorRequest { current_password: current_password.into(), code: code.into() }
}

pub async fn mails_about(world: &World, subject: &str, at_least: usize) -> usize {
    for _ in 0..2_000 {
        let found = world.mails().iter().filter(|mail| mail.contains(subject)).count();
        if found >= at_least {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    0
}

on_both! {
    async fn an_answer_that_got_lost_is_had_again_even_from_an_ended_session(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let enrol = || staff.once("key-enrol", enrol(PASSWORD, ""));
        let enrolment = accounts(&world).enrol_second_factor(enrol()).await.unwrap().into_inner();
        assert_eq!(accounts(&world).enrol_second_factor(enrol()).await.unwrap().into_inner(), enrolment);
        world.pass(TimeDelta::seconds(1));
        let code = totp::code_at(&totp::from_base32(&enrolment.secret).unwrap(), world.now()).unwrap();
        let confirm = pb::ConfirmSecondFactorRequest { code, return_token: true };
        let repeat = || staff.once("key-confirm", confirm.clone());
        let first = accounts(&world).confirm_second_factor(repeat()).await.unwrap().into_inner();
        assert_eq!(first.recovery_codes.len(), 10);
        assert!(!is_signed_in(&world, &staff.token).await && is_signed_in(&world, &first.token).await);

        world.pass(TimeDelta::minutes(9));
        let again = accounts(&world).confirm_second_factor(repeat()).await.unwrap();
        assert!(again.metadata().contains_key("idempotent-replay"));
        assert_eq!(again.into_inner(), first);
        // The ended session has this answer and nothing else.
        let other = pb::ConfirmSecondFactorRequest { return_token: false, ..confirm.clone() };
        for request in [staff.once("key-confirm", other), staff.once("key-other", confirm.clone()), staff.ask(confirm.clone())] {
            let refused = accounts(&world).confirm_second_factor(request).await.unwrap_err();
            assert_eq!(reason(&refused), "SESSION_ENDED");
        }
        let refused = accounts(&world).enrol_second_factor(enrol()).await.unwrap_err();
        assert_eq!(reason(&refused), "SESSION_ENDED", "another request's answer");
        world.pass(TimeDelta::minutes(1));
        let late = accounts(&world).confirm_second_factor(repeat()).await.unwrap_err();
        assert_eq!(reason(&late), "SESSION_ENDED");
    }

    async fn leaving_and_resetting_can_be_repeated(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        for _ in 0..2 {
            let leave = staff.once("key-leave", pb::SignOutRequest {});
            SessionServiceClient::new(world.channel.clone()).sign_out(leave).await.unwrap();
        }
        // The newest mail by its time is the link's.
        world.pass(TimeDelta::seconds(1));
        accounts(&world)
            .request_password_reset(request(pb::RequestPasswordResetRequest { email: staff.email.clone() }, None))
            .await
            .unwrap();
        mails_about(&world, "/reset/confirm#token=", 1).await;
        let reset = pb::ResetPasswordRequest { token: link_token(&world, &staff.email).await, new_password: NEXT.into() };
        let once = |message: &pb::ResetPasswordRequest| {
            let mut request = request(message.clone(), None);
            request.metadata_mut().insert("idempotency-key", "key-reset".parse().unwrap());
            request
        };
        accounts(&world).reset_password(once(&reset)).await.unwrap();
        let again = accounts(&world).reset_password(once(&reset)).await.unwrap();
        assert!(again.metadata().contains_key("idempotent-replay"));
        let other = pb::ResetPasswordRequest { new_password: format!("{NEXT}!"), ..reset.clone() };
        assert_eq!(accounts(&world).reset_password(once(&other)).await.unwrap_err().code(), Code::Aborted);
        let unkeyed = accounts(&world).reset_password(request(reset, None)).await.unwrap_err();
        assert_eq!(fields(&unkeyed), ["token"]);
    }

    async fn a_changed_password_ends_every_other_session(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let other = sign_in(&world, &staff.email, PASSWORD).await.unwrap().token;
        let wrong = accounts(&world).change_password(staff.ask(change("nonsense", "short"))).await.unwrap_err();
        assert_eq!(fields(&wrong), ["current_password", "new_password"]);
        world.pass(TimeDelta::seconds(5));
        let same = accounts(&world).change_password(staff.ask(change(PASSWORD, PASSWORD))).await.unwrap_err();
        assert_eq!(fields(&same), ["new_password"]);
        accounts(&world).change_password(staff.ask(change(PASSWORD, NEXT))).await.unwrap();
        assert!(is_signed_in(&world, &staff.token).await && !is_signed_in(&world, &other).await);
        assert_eq!(sign_in(&world, &staff.email, PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
        assert!(sign_in(&world, &staff.email, NEXT).await.is_ok());
        assert_eq!(mails_about(&world, "Your password was changed", 1).await, 1);
    }

    async fn a_browser_gets_a_new_session_with_its_new_password(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let response = accounts(&world).change_password(by_cookie(change(PASSWORD, NEXT), &staff.token)).await.unwrap();
        assert!(is_signed_in(&world, &new_token(&response)).await && !is_signed_in(&world, &staff.token).await);
    }

    async fn a_reset_link_sets_a_password_once_and_leaves_the_second_factor(world) {
        let owner = world.company("Harrow & Pike").await;
        let ask = |email: &str| request(pb::RequestPasswordResetRequest { email: email.into() }, None);
        let known = accounts(&world).request_password_reset(ask(&owner.email.to_uppercase())).await.unwrap();
        let unknown = accounts(&world).request_password_reset(ask("nobody@example.com")).await.unwrap();
        assert_eq!(known.into_inner(), unknown.into_inner());
        assert_eq!(fields(&accounts(&world).request_password_reset(ask("")).await.unwrap_err()), ["email"]);
        let token = link_token(&world, &owner.email).await;
        // A second wish within two minutes sends nothing.
        accounts(&world).request_password_reset(ask(&owner.email)).await.unwrap();
        let reset = |token: &str, password: &str| {
            request(pb::ResetPasswordRequest { token: token.into(), new_password: password.into() }, None)
        };
        let weak = accounts(&world).reset_password(reset(&token, "password1234")).await.unwrap_err();
        assert_eq!(fields(&weak), ["new_password"]);
        accounts(&world).reset_password(reset(&token, NEXT)).await.unwrap();
        assert!(!is_signed_in(&world, &owner.token).await);
        let again = accounts(&world).reset_password(reset(&token, "yet other words 0815")).await.unwrap_err();
        let invented = accounts(&world).reset_password(reset("x", "yet other words 0815")).await.unwrap_err();
        assert_eq!((fields(&again), fields(&invented)), (vec!["token".to_owned()], vec!["token".to_owned()]));
        let begun = sign_in(&world, &owner.email, NEXT).await.unwrap();
        assert_eq!(begun.second_factor(), pb::SecondFactorState::CodeNeeded);
        assert_eq!(world.mails().iter().filter(|mail| mail.contains("Set a new password")).count(), 1);
    }

    async fn a_reset_link_leads_to_the_configured_address_whatever_the_caller_says(world) {
        let owner = world.company("Harrow & Pike").await;
        let poisoned = Channel::from_shared(format!("http://{}", world.address)).unwrap().origin("http://evil.example".parse().unwrap());
        let mut accounts = AccountServiceClient::new(poisoned.connect().await.unwrap());
        let mut ask = request(pb::RequestPasswordResetRequest { email: owner.email.clone() }, None);
        ask.metadata_mut().insert("x-forwarded-host", "evil.example".parse().unwrap());
        // A host that is not the portal's may be refused outright; what must not be is a mail that leads there.
        let _ = accounts.request_password_reset(ask).await;
        let ask = request(pb::RequestPasswordResetRequest { email: owner.email.clone() }, None);
        self::accounts(&world).request_password_reset(ask).await.unwrap();
        assert!(mails_about(&world, "Set a new password", 1).await >= 1);
        let mails = world.mails().concat();
        assert!(mails.contains(&world.kernel.public_url) && !mails.contains("evil.example"), "{mails}");
    }

    async fn a_reset_link_ends_after_an_hour(world) {
        let owner = world.company("Harrow & Pike").await;
        let ask = request(pb::RequestPasswordResetRequest { email: owner.email.clone() }, None);
        accounts(&world).request_password_reset(ask).await.unwrap();
        let token = link_token(&world, &owner.email).await;
        world.pass(TimeDelta::minutes(61));
        let late = pb::ResetPasswordRequest { token, new_password: NEXT.into() };
        let late = accounts(&world).reset_password(request(late, None)).await.unwrap_err();
        assert_eq!(fields(&late), ["token"]);
    }

    async fn a_new_authenticator_replaces_the_old_one_only_when_confirmed(world) {
        let owner = world.company("Harrow & Pike").await;
        let enrol = |code: String| owner.ask(enrol(PASSWORD, &code));
        let without = accounts(&world).enrol_second_factor(enrol(String::new())).await.unwrap_err();
        assert_eq!(fields(&without), ["code"]);
        world.pass(TimeDelta::seconds(5));
        let code = owner.code(&world);
        let begun = accounts(&world).enrol_second_factor(enrol(code)).await.unwrap().into_inner();
        assert_eq!(begun.qr_modules.len(), usize::try_from(begun.qr_size * begun.qr_size).unwrap());
        assert!(begun.otpauth_uri.starts_with("otpauth://totp/StreamFlow:") && begun.otpauth_uri.contains(&begun.secret));
        // The old one is still what a sign-in asks for.
        let early = sign_in(&world, &owner.email, PASSWORD).await.unwrap();
        assert_eq!(early.second_factor(), pb::SecondFactorState::CodeNeeded);
        let secret = totp::from_base32(&begun.secret).unwrap();
        // Nor does the password alone finish what somebody has begun.
        let code = totp::code_at(&secret, world.now()).unwrap();
        let stolen = request(pb::ConfirmSecondFactorRequest { code, return_token: true }, Some(&early.token));
        let stolen = accounts(&world).confirm_second_factor(stolen).await.unwrap_err();
        assert_eq!(reason(&stolen), "AUTHENTICATOR_IN_USE");
        let confirm = |code: String| owner.ask(pb::ConfirmSecondFactorRequest { code, return_token: true });
        let wrong = accounts(&world).confirm_second_factor(confirm("000000".into())).await.unwrap_err();
        assert_eq!(fields(&wrong), ["code"]);
        world.pass(TimeDelta::seconds(5));
        let new_code = totp::code_at(&secret, world.now()).unwrap();
        let done = accounts(&world).confirm_second_factor(confirm(new_code)).await.unwrap().into_inner();
        assert_eq!(done.recovery_codes.len(), 10);
        assert!(is_signed_in(&world, &done.token).await && !is_signed_in(&world, &owner.token).await);
        assert_eq!(mails_about(&world, "An authenticator was set up", 1).await, 1);
        world.pass(TimeDelta::seconds(31));
        let verify = |token: &str, code: String| request(pb::VerifySecondFactorRequest { code, return_token: true }, Some(token));
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let begun = sign_in(&world, &owner.email, PASSWORD).await.unwrap().token;
        assert!(sessions.verify_second_factor(verify(&begun, owner.code(&world))).await.is_err());
        world.pass(TimeDelta::seconds(5));
        // A recovery code stands in once.
        assert!(sessions.verify_second_factor(verify(&begun, done.recovery_codes[0].clone())).await.is_ok());
        let begun = sign_in(&world, &owner.email, PASSWORD).await.unwrap().token;
        assert!(sessions.verify_second_factor(verify(&begun, done.recovery_codes[0].clone())).await.is_err());
    }

    async fn a_session_alone_sets_up_no_authenticator(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let pending = sign_in(&world, &owner.email, PASSWORD).await.unwrap().token;
        for token in [&staff.token, &pending] {
            for wrong in ["", "not the password"] {
                let refused = accounts(&world).enrol_second_factor(request(enrol(wrong, ""), Some(token))).await.unwrap_err();
                assert_eq!(fields(&refused), ["current_password"]);
                world.pass(TimeDelta::seconds(5));
            }
        }
        // Nothing was begun that a code could confirm.
        let confirm = staff.ask(pb::ConfirmSecondFactorRequest { code: "123456".into(), return_token: true });
        assert_eq!(reason(&accounts(&world).confirm_second_factor(confirm).await.unwrap_err()), "ENROLMENT_NEEDED");
        // Guesses here and at a new password are counted together, and lock both.
        accounts(&world).enrol_second_factor(staff.ask(enrol("again wrong", ""))).await.unwrap_err();
        let locked = accounts(&world).change_password(staff.ask(change(PASSWORD, NEXT))).await.unwrap_err();
        assert_eq!(locked.code(), Code::ResourceExhausted);
        let locked = accounts(&world).enrol_second_factor(staff.ask(enrol(PASSWORD, ""))).await.unwrap_err();
        assert_eq!(locked.code(), Code::ResourceExhausted);
        world.pass(TimeDelta::seconds(5));
        accounts(&world).enrol_second_factor(staff.ask(enrol(PASSWORD, ""))).await.unwrap();
        // What was typed is nowhere in the audit.
        let db = world.kernel.database.system_read().await.unwrap();
        let kept: Vec<Kept> = db.query("SELECT payload FROM audit WHERE path LIKE '%EnrolSecondFactor'", vec![]).await.unwrap();
        assert!(kept.len() > 4 && kept.iter().all(|kept| kept.payload == "{}"));
    }

    async fn recovery_codes_are_replaced_with_a_current_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let ask = |code: String| owner.ask(pb::RegenerateRecoveryCodesRequest { code });
        let codes = accounts(&world).regenerate_recovery_codes(ask(owner.code(&world))).await.unwrap().into_inner().recovery_codes;
        world.pass(TimeDelta::seconds(31));
        let by_old = accounts(&world).regenerate_recovery_codes(ask(codes[3].clone())).await.unwrap().into_inner().recovery_codes;
        assert!(codes.iter().all(|code| !by_old.contains(code)));
        let gone = accounts(&world).regenerate_recovery_codes(ask(codes[4].clone())).await.unwrap_err();
        assert_eq!(fields(&gone), ["code"]);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let none = staff.ask(pb::RegenerateRecoveryCodesRequest { code: "123456".into() });
        assert_eq!(reason(&accounts(&world).regenerate_recovery_codes(none).await.unwrap_err()), "ENROLMENT_NEEDED");
    }

    async fn a_browser_gets_a_new_session_with_its_recovery_codes_and_others_stay(world) {
        let owner = world.company("Harrow & Pike").await;
        let begun = sign_in(&world, &owner.email, PASSWORD).await.unwrap().token;
        let verify = pb::VerifySecondFactorRequest { code: owner.code(&world), return_token: true };
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let other = sessions.verify_second_factor(request(verify, Some(&begun))).await.unwrap().into_inner().token;
        world.pass(TimeDelta::seconds(31));
        let ask = pb::RegenerateRecoveryCodesRequest { code: owner.code(&world) };
        let response = accounts(&world).regenerate_recovery_codes(by_cookie(ask, &owner.token)).await.unwrap();
        assert!(is_signed_in(&world, &new_token(&response)).await && !is_signed_in(&world, &owner.token).await);
        assert!(is_signed_in(&world, &other).await);
    }

    async fn a_pending_session_can_do_nothing_but_finish(world) {
        let owner = world.company("Harrow & Pike").await;
        let begun = sign_in(&world, &owner.email, PASSWORD).await.unwrap().token;
        let change = accounts(&world).change_password(request(change(PASSWORD, NEXT), Some(&begun))).await.unwrap_err();
        assert_eq!(change.code(), Code::Unauthenticated);
        // With the password alone nobody gets a new authenticator.
        let enrol = accounts(&world).enrol_second_factor(request(enrol(PASSWORD, ""), Some(&begun))).await.unwrap_err();
        assert_eq!(fields(&enrol), ["code"]);
        let confirm = request(pb::ConfirmSecondFactorRequest { code: owner.code(&world), return_token: true }, Some(&begun));
        assert!(accounts(&world).confirm_second_factor(confirm).await.is_err());
    }
}

/// Both wait to take the old codes out, of which somebody holds a row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_recovery_codes_that_are_made_twice_at_once_ten_are_good() {
    let world = World::postgres().await;
    let owner = world.company("Harrow & Pike").await;
    let make = |code: String| {
        let ask = owner.ask(pb::RegenerateRecoveryCodesRequest { code });
        let mut accounts = accounts(&world);
        async move { accounts.regenerate_recovery_codes(ask).await.map(|answer| answer.into_inner().recovery_codes) }
    };
    let codes = make(owner.code(&world)).await.unwrap();
    let held = world.kernel.database.system().await.unwrap();
    let hold = "SELECT 1 FROM recovery_codes WHERE code_hash = ? FOR UPDATE";
    held.execute(hold, vec![totp::hash_recovery_code(&codes[9]).to_vec().into()]).await.unwrap();
    world.pass(TimeDelta::seconds(31));
    let admin = superuser(world.superuser_url.as_ref().unwrap()).await;
    let first = tokio::spawn(make(codes[0].clone()));
    until_waiting(&admin, 1).await;
    let second = tokio::spawn(make(owner.code(&world)));
    until_waiting(&admin, 2).await;
    held.commit().await.unwrap();
    for made in [first.await, second.await] {
        assert_eq!(made.unwrap().unwrap().len(), 10);
    }
    let db = world.kernel.database.system_read().await.unwrap();
    let left: Vec<Count> = db.query("SELECT COUNT(*) AS rows FROM recovery_codes WHERE used_at IS NULL", vec![]).await.unwrap();
    assert_eq!(left[0].rows, 10);
}

#[derive(sea_orm::FromQueryResult)]
struct Count {
    rows: i64,
}
