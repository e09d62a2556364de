//! `PasskeyService` of the client portal, with an authenticator in software.

mod adding;
mod people;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1::{
    self as pb, passkey_service_client::PasskeyServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    authenticator::{Moment, PRESENT, Passkey, VERIFIED, from_page},
    on_both,
    person::{PASSWORD, Person, request},
    world::World,
};
use tonic::{Code, Response, Status, transport::Channel};

fn service(world: &World) -> PasskeyServiceClient<Channel> {
    PasskeyServiceClient::new(world.channel.clone())
}

/// What the browser needs for a new passkey.
async fn begin(world: &World, person: &Person) -> Result<pb::BeginPasskeyRegistrationResponse, Status> {
    let code = person.secret.as_ref().map(|_| person.code(world)).unwrap_or_default();
    let begin = pb::BeginPasskeyRegistrationRequest { current_password: PASSWORD.into(), code };
    let begun = service(world).begin_passkey_registration(from_page(person.ask(begin))).await;
    // The code is used up, and the pause after a guess is over.
    world.pass(TimeDelta::seconds(31));
    begun.map(Response::into_inner)
}

async fn finish(world: &World, person: &Person, made: pb::FinishPasskeyRegistrationRequest) -> Result<pb::Passkey, Status> {
    let reply = service(world).finish_passkey_registration(from_page(person.ask(made))).await?;
    Ok(reply.into_inner().passkey.unwrap())
}

/// Somebody's new passkey.
pub async fn add(world: &World, person: &Person, name: &str) -> (Passkey, pb::Passkey) {
    let options = begin(world, person).await.unwrap();
    let passkey = Passkey::of(&options);
    let made = passkey.made(name, &options.challenge, &Moment::default());
    let kept = finish(world, person, made).await.unwrap();
    (passkey, kept)
}

async fn list(world: &World, person: &Person) -> Vec<pb::Passkey> {
    service(world).list_passkeys(person.ask(pb::ListPasskeysRequest {})).await.unwrap().into_inner().passkeys
}

async fn challenge(world: &World) -> Vec<u8> {
    let begun = service(world).begin_passkey_sign_in(from_page(request(pb::BeginPasskeySignInRequest {}, None))).await.unwrap();
    begun.into_inner().challenge
}

async fn send(world: &World, answer: pb::FinishPasskeySignInRequest) -> Result<pb::FinishPasskeySignInResponse, Status> {
    let reply = service(world).finish_passkey_sign_in(from_page(request(answer, None))).await;
    world.pass(TimeDelta::seconds(6));
    reply.map(Response::into_inner)
}

async fn sign_in(world: &World, passkey: &mut Passkey) -> Result<pb::FinishPasskeySignInResponse, Status> {
    let challenge = challenge(world).await;
    send(world, passkey.signed(&challenge, &Moment::default())).await
}

async fn is_signed_in(world: &World, token: &str) -> bool {
    let list = request(pb::ListSessionsRequest::default(), Some(token));
    SessionServiceClient::new(world.channel.clone()).list_sessions(list).await.is_ok()
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, what: &str) {
    let status = answer.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "WRONG_PASSKEY"), "{what}");
}

async fn mails_about(world: &World, subject: &str, expected: usize) {
    for _ in 0..2_000 {
        if world.mails().iter().filter(|mail| mail.contains(subject)).count() == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not {expected} mails: {subject}");
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

async fn count(world: &World, from: &str) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS n FROM {from}"), vec![]).await.unwrap();
    rows[0].n
}

on_both! {
    async fn a_passkey_signs_in_without_password_and_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let (mut passkey, kept) = add(&world, &owner, " Olive’s  phone ").await;
        assert_eq!((kept.name.as_str(), kept.rp_id.as_str(), kept.last_used_at.is_none()), ("Olive’s  phone", "localhost", true));
        mails_about(&world, "A passkey was added", 1).await;
        for _ in 0..2 {
            let reply = sign_in(&world, &mut passkey).await.unwrap();
            assert_eq!(reply.second_factor(), pb::SecondFactorState::Done);
            assert!(is_signed_in(&world, &reply.token).await);
        }
        let listed = list(&world, &owner).await;
        assert_eq!(listed.len(), 1);
        assert!(listed[0].last_used_at.is_some() && listed[0].id == kept.id);
        // A browser gets cookies of the session and the device, and no token.
        let answer = passkey.signed(&challenge(&world).await, &Moment::default());
        let answer = pb::FinishPasskeySignInRequest { return_token: false, ..answer };
        let reply = service(&world).finish_passkey_sign_in(from_page(request(answer, None))).await.unwrap();
        let cookies: Vec<_> = reply.metadata().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        assert!(cookies.len() == 2 && cookies[0].starts_with("__Host-sf_client="), "{cookies:?}");
        assert_eq!(reply.into_inner().token, "");
        assert_eq!(count(&world, "audit WHERE path LIKE '%FinishPasskeySignIn' AND category = 'sign_in' AND outcome = 'OK' AND actor_role = 'OWNER'").await, 3);
        assert_eq!(count(&world, "passkey_challenges").await, 0, "each was used up");
    }

    async fn a_challenge_is_good_once(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        let (mut passkey, _) = add(&world, &owner, "Key").await;
        // Twice in turn.
        let first = challenge(&world).await;
        send(&world, passkey.signed(&first, &Moment::default())).await.unwrap();
        let again = send(&world, passkey.signed(&first, &Moment::default())).await.unwrap_err();
        assert_eq!(reason(&again), "PASSKEY_EXPIRED");
        // After an answer that was wrong.
        let second = challenge(&world).await;
        let wrong = pb::FinishPasskeySignInRequest { signature: vec![0; 70], ..passkey.signed(&second, &Moment::default()) };
        assert_refused(send(&world, wrong).await, "a wrong signature");
        let again = send(&world, passkey.signed(&second, &Moment::default())).await.unwrap_err();
        assert_eq!(reason(&again), "PASSKEY_EXPIRED");
        // At two servers at once.
        let third = challenge(&world).await;
        let answers = [passkey.signed(&third, &Moment::default()), passkey.signed(&third, &Moment::default())];
        let [one, other] = answers.map(|answer| from_page(request(answer, None)));
        let (mut here, mut there) = (service(&world), service(&twin));
        let (one, other) = tokio::join!(here.finish_passkey_sign_in(one), there.finish_passkey_sign_in(other));
        assert_eq!([one, other].iter().filter(|reply| reply.is_ok()).count(), 1);
        world.pass(TimeDelta::seconds(6));
        // For five minutes.
        let fourth = challenge(&world).await;
        world.pass(TimeDelta::minutes(5));
        let late = send(&world, passkey.signed(&fourth, &Moment::default())).await.unwrap_err();
        assert_eq!(reason(&late), "PASSKEY_EXPIRED");
        // One that nobody gave out.
        let invented = send(&world, passkey.signed(&[7; 32], &Moment::default())).await.unwrap_err();
        assert_eq!(reason(&invented), "PASSKEY_EXPIRED");
        assert!(sign_in(&world, &mut passkey).await.is_ok());
    }

    async fn an_answer_that_is_not_right_opens_nothing(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (mut passkey, _) = add(&world, &owner, "Key").await;
        let (mut another, _) = add(&world, &staff, "Key").await;
        let usual = Moment::default();
        for (what, moment) in [
            ("another page", Moment { origin: "http://localhost:7002".into(), ..usual.clone() }),
            ("a page that looks alike", Moment { origin: "http://localhost:7001.evil.example".into(), ..usual.clone() }),
            ("the same page by https", Moment { origin: "https://localhost:7001".into(), ..usual.clone() }),
            ("another host", Moment { rp_id: "evil.example".into(), ..usual.clone() }),
            ("nobody verified", Moment { flags: PRESENT, ..usual.clone() }),
            ("nobody there", Moment { flags: VERIFIED, ..usual.clone() }),
            ("a backup of what has none", Moment { flags: PRESENT | VERIFIED | 1 << 4, ..usual.clone() }),
            ("a passkey that turned into another kind", Moment { flags: PRESENT | VERIFIED | 1 << 3, ..usual.clone() }),
            ("an answer to a registration", Moment { kind: "webauthn.create", ..usual.clone() }),
            ("a page inside another", Moment { cross_origin: true, ..usual.clone() }),
        ] {
            let challenge = challenge(&world).await;
            assert_refused(send(&world, passkey.signed(&challenge, &moment)).await, what);
        }
        let challenge_of = challenge(&world).await;
        let foreign = pb::FinishPasskeySignInRequest { credential: passkey.credential.clone(), ..another.signed(&challenge_of, &usual) };
        assert_refused(send(&world, foreign).await, "another key under this name");
        let challenge_of = challenge(&world).await;
        let claimed = pb::FinishPasskeySignInRequest { user_handle: passkey.user_handle.clone(), ..another.signed(&challenge_of, &usual) };
        assert_refused(send(&world, claimed).await, "another person than the passkey's");
        let challenge_of = challenge(&world).await;
        let nobodys = pb::FinishPasskeySignInRequest { user_handle: vec![], ..passkey.signed(&challenge_of, &usual) };
        assert_refused(send(&world, nobodys).await, "no person");
        let challenge_of = challenge(&world).await;
        let unknown = pb::FinishPasskeySignInRequest { credential: vec![9; 16], ..passkey.signed(&challenge_of, &usual) };
        assert_refused(send(&world, unknown).await, "a passkey that nobody has");
        let challenge_of = challenge(&world).await;
        let mut forged = passkey.signed(&challenge_of, &usual);
        let last = forged.signature.len() - 1;
        forged.signature[last] ^= 1;
        assert_refused(send(&world, forged).await, "a changed signature");
        assert!(sign_in(&world, &mut passkey).await.is_ok() && sign_in(&world, &mut another).await.is_ok());
        // Whatever was wrong is told alike, and the company's audit has each as a sign-in that failed.
        let refused = count(&world, "audit WHERE path LIKE '%FinishPasskeySignIn' AND category = 'sign_in' AND outcome = 'UNAUTHENTICATED'");
        assert_eq!(refused.await, 15);
        // The page itself must be one of the portal's.
        let mut elsewhere = request(pb::BeginPasskeySignInRequest {}, None);
        elsewhere.metadata_mut().insert("origin", "http://evil.example".parse().unwrap());
        assert!(service(&world).begin_passkey_sign_in(elsewhere).await.is_err());
    }

    async fn the_counter_never_goes_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let (mut passkey, _) = add(&world, &owner, "Key").await;
        passkey.sign_count = 41;
        assert!(sign_in(&world, &mut passkey).await.is_ok());
        for copy in [0, 20, 41] {
            passkey.sign_count = copy;
            assert_refused(sign_in(&world, &mut passkey).await, "a copy");
        }
        // The company finds what the two have counted.
        let audited = "audit WHERE changed_fields = 'sign_count' AND actor_role = 'OWNER' AND payload LIKE '%\"before\":42%' AND payload LIKE";
        assert_eq!(count(&world, &format!("{audited} '%\"after\":21%'")).await, 1);
        assert_eq!(count(&world, &format!("{audited} '%\"after\":%'")).await, 3);
        passkey.sign_count = 42;
        assert!(sign_in(&world, &mut passkey).await.is_ok());
    }

    async fn what_is_too_big_or_broken_is_told_by_field(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (_, kept) = add(&world, &staff, "Key").await;
        let huge = pb::FinishPasskeySignInRequest {
            credential: vec![0; 1024],
            client_data_json: vec![b' '; 4097],
            authenticator_data: vec![0; 2049],
            signature: vec![0; 1025],
            user_handle: vec![0; 65],
            return_token: false,
        };
        let all = ["credential", "client_data_json", "authenticator_data", "signature", "user_handle"];
        assert_eq!(fields(&send(&world, huge).await.unwrap_err()), all);
        assert_eq!(fields(&send(&world, pb::FinishPasskeySignInRequest::default()).await.unwrap_err()), all[..4]);
        let junk = pb::FinishPasskeySignInRequest {
            credential: vec![0],
            client_data_json: b"\0{".to_vec(),
            authenticator_data: vec![0],
            signature: vec![0],
            ..Default::default()
        };
        assert_refused(send(&world, junk).await, "junk");
        let made = |name: &str, client_data: usize, object: usize| pb::FinishPasskeyRegistrationRequest {
            name: name.into(),
            client_data_json: vec![0; client_data],
            attestation_object: vec![0; object],
        };
        for (request, wrong) in [
            (made("", 0, 0), vec!["name", "client_data_json", "attestation_object"]),
            (made("a\0b", 4097, 8193), vec!["name", "client_data_json", "attestation_object"]),
            (made(&"x".repeat(61), 1, 1), vec!["name"]),
        ] {
            assert_eq!(fields(&finish(&world, &staff, request).await.unwrap_err()), wrong);
        }
        let junk = finish(&world, &staff, made("Key", 9, 9)).await.unwrap_err();
        assert_eq!(reason(&junk), "PASSKEY_UNUSABLE");
        for name in ["", " ", "a\0b", &"x".repeat(61)] {
            let rename = pb::RenamePasskeyRequest { passkey_id: kept.id.clone(), name: name.into() };
            let refused = service(&world).rename_passkey(staff.ask(rename)).await.unwrap_err();
            assert_eq!(fields(&refused), ["name"], "{name:?}");
        }
    }

    async fn people_look_after_their_own(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (mut passkey, kept) = add(&world, &staff, "Key").await;
        let rename = |id: &str| pb::RenamePasskeyRequest { passkey_id: id.into(), name: "Blue key".into() };
        let remove = |id: &str| pb::RemovePasskeyRequest { passkey_id: id.into() };
        let nobodys = ids::format(prefix::PASSKEY, world.kernel.ids.uuid());
        for (who, id) in [(&owner, kept.id.as_str()), (&staff, &nobodys), (&staff, "psk_"), (&staff, ""), (&staff, "\0")] {
            let renamed = service(&world).rename_passkey(who.ask(rename(id))).await.unwrap_err();
            let removed = service(&world).remove_passkey(who.ask(remove(id))).await.unwrap_err();
            assert_eq!((renamed.code(), removed.code()), (Code::NotFound, Code::NotFound), "{id:?}");
        }
        assert!(list(&world, &owner).await.is_empty());
        service(&world).rename_passkey(staff.ask(rename(&kept.id))).await.unwrap();
        assert_eq!(list(&world, &staff).await[0].name, "Blue key");
        let session = sign_in(&world, &mut passkey).await.unwrap().token;
        service(&world).remove_passkey(staff.ask(remove(&kept.id))).await.unwrap();
        mails_about(&world, "A passkey was removed", 1).await;
        assert_refused(sign_in(&world, &mut passkey).await, "removed");
        assert!(is_signed_in(&world, &session).await, "what is open goes on");
    }

    async fn programs_have_no_passkeys(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let begin = pb::BeginPasskeyRegistrationRequest { current_password: PASSWORD.into(), code: String::new() };
        let refused = [
            service(&world).begin_passkey_registration(staff.ask(begin)).await.map(drop),
            service(&world).begin_passkey_sign_in(request(pb::BeginPasskeySignInRequest {}, None)).await.map(drop),
            service(&world).finish_passkey_sign_in(request(pb::FinishPasskeySignInRequest::default(), None)).await.map(drop),
        ];
        for refused in refused {
            assert_eq!(reason(&refused.unwrap_err()), "PASSKEY_PLACE");
        }
    }

    async fn guesses_at_a_passkey_slow_it_down(world) {
        let owner = world.company("Harrow & Pike").await;
        let (mut passkey, _) = add(&world, &owner, "Key").await;
        let wrong = async |passkey: &mut Passkey| {
            let challenge = challenge(&world).await;
            let answer = pb::FinishPasskeySignInRequest { signature: vec![1], ..passkey.signed(&challenge, &Moment::default()) };
            service(&world).finish_passkey_sign_in(from_page(request(answer, None))).await.unwrap_err()
        };
        assert_eq!(wrong(&mut passkey).await.code(), Code::Unauthenticated);
        assert_eq!(wrong(&mut passkey).await.code(), Code::ResourceExhausted);
        world.pass(TimeDelta::seconds(6));
        assert!(sign_in(&world, &mut passkey).await.is_ok());
    }
}
