//! Adding a passkey: what it takes, what is refused, and how many one may have.

use super::*;

on_both! {
    async fn adding_one_takes_what_a_new_authenticator_takes(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let ask = |person: &Person, password: &str, code: &str| {
            let begin = pb::BeginPasskeyRegistrationRequest { current_password: password.into(), code: code.into() };
            from_page(person.ask(begin))
        };
        for (person, password, code, wrong) in [
            (&owner, "", String::new(), "current_password"),
            (&owner, "nonsense", owner.code(&world), "current_password"),
            (&owner, PASSWORD, String::new(), "code"),
            (&owner, PASSWORD, "000000".into(), "code"),
            (&staff, "\0", String::new(), "current_password"),
            (&staff, "nonsense", String::new(), "current_password"),
        ] {
            let refused = service(&world).begin_passkey_registration(ask(person, password, &code)).await.unwrap_err();
            assert_eq!(fields(&refused), [wrong]);
            world.pass(TimeDelta::seconds(6));
        }
        let options = service(&world).begin_passkey_registration(ask(&staff, PASSWORD, "")).await.unwrap().into_inner();
        assert_eq!((options.challenge.len(), options.rp_id.as_str(), options.user_name), (32, "localhost", staff.email.clone()));
        assert!(options.exclude_credentials.is_empty() && options.algorithms == [-7, -8, -257]);
        let (passkey, _) = add(&world, &owner, "Key").await;
        assert_eq!(begin(&world, &owner).await.unwrap().exclude_credentials, [passkey.credential]);
    }

    async fn a_challenge_of_a_registration_is_its_sessions_own(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let other = Person::sign_in(&world, &staff.email, PASSWORD).await;
        let (mut passkey, _) = add(&world, &staff, "Key").await;
        let options = begin(&world, &staff).await.unwrap();
        let new = Passkey::of(&options);
        let made = |challenge: &[u8]| new.made("New", challenge, &Moment::default());
        for (who, challenge) in [(&owner, options.challenge.clone()), (&other, options.challenge.clone()), (&staff, challenge(&world).await)] {
            let refused = finish(&world, who, made(&challenge)).await.unwrap_err();
            assert_eq!(reason(&refused), "PASSKEY_EXPIRED");
        }
        let refused = send(&world, passkey.signed(&options.challenge, &Moment::default())).await.unwrap_err();
        assert_eq!(reason(&refused), "PASSKEY_EXPIRED");
        finish(&world, &staff, made(&options.challenge)).await.unwrap();
        let again = finish(&world, &staff, made(&options.challenge)).await.unwrap_err();
        assert_eq!(reason(&again), "PASSKEY_EXPIRED");
        // A browser goes on with a new session; a program keeps its own.
        assert!(is_signed_in(&world, &staff.token).await);
        let options = begin(&world, &staff).await.unwrap();
        let made = Passkey::of(&options).made("Third", &options.challenge, &Moment::default());
        let mut by_cookie = from_page(request(made, None));
        by_cookie.metadata_mut().insert("cookie", format!("__Host-sf_client={}", staff.token).parse().unwrap());
        let reply = service(&world).finish_passkey_registration(by_cookie).await.unwrap();
        assert!(reply.metadata().contains_key("set-cookie") && !is_signed_in(&world, &staff.token).await);
    }

    async fn a_registration_that_is_not_right_keeps_nothing(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let usual = Moment::default();
        for moment in [
            Moment { origin: "http://localhost:7002".into(), ..usual.clone() },
            Moment { rp_id: "evil.example".into(), ..usual.clone() },
            Moment { flags: PRESENT, ..usual.clone() },
            Moment { kind: "webauthn.get", ..usual.clone() },
            Moment { cross_origin: true, ..usual.clone() },
        ] {
            let options = begin(&world, &staff).await.unwrap();
            let made = Passkey::of(&options).made("Key", &options.challenge, &moment);
            let refused = finish(&world, &staff, made).await.unwrap_err();
            assert_eq!(reason(&refused), "PASSKEY_UNUSABLE", "{moment:?}");
        }
        let (known, _) = add(&world, &owner, "Key").await;
        let options = begin(&world, &staff).await.unwrap();
        let mut same = Passkey::of(&options);
        same.credential = known.credential;
        let refused = finish(&world, &staff, same.made("Key", &options.challenge, &usual)).await.unwrap_err();
        assert_eq!(reason(&refused), "PASSKEY_KNOWN");
        assert!(list(&world, &staff).await.is_empty());
    }

    async fn nobody_has_more_than_ten(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let late = begin(&world, &staff).await.unwrap();
        for number in 1..=10 {
            add(&world, &staff, &format!("Key {number}")).await;
        }
        assert_eq!(reason(&begin(&world, &staff).await.unwrap_err()), "PASSKEY_LIMIT");
        // One that was begun while there were fewer; ten registrations took longer than its five minutes.
        let db = world.kernel.database.system().await.unwrap();
        let ends = world.now() + TimeDelta::minutes(5);
        db.execute("UPDATE passkey_challenges SET expires_at = ?", vec![ends.into()]).await.unwrap();
        db.commit().await.unwrap();
        let made = Passkey::of(&late).made("Eleventh", &late.challenge, &Moment::default());
        assert_eq!(reason(&finish(&world, &staff, made).await.unwrap_err()), "PASSKEY_LIMIT");
        let names: Vec<String> = list(&world, &staff).await.into_iter().map(|passkey| passkey.name).collect();
        assert_eq!((names.len(), names[0].as_str(), names[9].as_str()), (10, "Key 1", "Key 10"));
    }

    async fn an_answer_that_got_lost_is_had_again(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let begin = pb::BeginPasskeyRegistrationRequest { current_password: PASSWORD.into(), code: String::new() };
        let begin = || from_page(staff.once("key-begin", begin.clone()));
        let options = service(&world).begin_passkey_registration(begin()).await.unwrap().into_inner();
        assert_eq!(service(&world).begin_passkey_registration(begin()).await.unwrap().into_inner(), options);
        let made = Passkey::of(&options).made("Key", &options.challenge, &Moment::default());
        let finish = || from_page(staff.once("key-finish", made.clone()));
        let first = service(&world).finish_passkey_registration(finish()).await.unwrap().into_inner();
        assert_eq!(service(&world).finish_passkey_registration(finish()).await.unwrap().into_inner(), first);
        assert_eq!(list(&world, &staff).await.len(), 1);
    }
}
