//! `SessionService` of the client portal.

pub mod switch;

use chrono::TimeDelta;
use streamflow_kernel::session;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, change_service_client::ChangeServiceClient,
    session_service_client::SessionServiceClient, task_service_client::TaskServiceClient,
};
use streamflow_tests::{
    on_both,
    person::{PASSWORD, Person, request},
    sql,
    world::World,
};
use tonic::Code;

/// The first half of a sign-in.
async fn begin(world: &World, owner: &Person) -> String {
    let sign_in = pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true };
    SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap().into_inner().token
}

async fn verify(world: &World, token: &str, code: &str) -> Code {
    let verify = pb::VerifySecondFactorRequest { code: code.to_owned(), return_token: true };
    let answer = SessionServiceClient::new(world.channel.clone()).verify_second_factor(request(verify, Some(token))).await;
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

on_both! {
    async fn an_owner_signs_in_with_password_and_code(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let sign_in = pb::SignInRequest { email: owner.email.to_uppercase(), password: PASSWORD.into(), return_token: true };
        let begun = sessions.sign_in(request(sign_in, None)).await.unwrap().into_inner();
        assert_eq!(begun.second_factor(), pb::SecondFactorState::CodeNeeded);
        // With the password alone nothing opens.
        let early = sessions.list_sessions(request(pb::ListSessionsRequest::default(), Some(&begun.token))).await.unwrap_err();
        assert_eq!(early.code(), Code::Unauthenticated);
        let code = owner.code(&world);
        let verify = pb::VerifySecondFactorRequest { code: code.clone(), return_token: true };
        let full = sessions.verify_second_factor(request(verify.clone(), Some(&begun.token))).await.unwrap().into_inner();
        assert_ne!(full.token, begun.token);
        // The pending token has ended, and the code is used up.
        let stale = sessions.me(request(pb::MeRequest {}, Some(&begun.token))).await.unwrap_err();
        assert_eq!(stale.code(), Code::Unauthenticated);
        let me = sessions.me(request(pb::MeRequest {}, Some(&full.token))).await.unwrap().into_inner();
        assert_eq!((me.org_name.as_str(), me.has_authenticator), ("Harrow & Pike", true));
        assert_eq!(me.role(), pb::Role::Owner);
        assert_eq!(me.user.unwrap().space, "client");
        world.pass(TimeDelta::seconds(2));
        let again = sessions.sign_in(request(pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true }, None));
        let again = again.await.unwrap().into_inner();
        let replay = sessions.verify_second_factor(request(verify, Some(&again.token))).await.unwrap_err();
        assert_eq!(replay.code(), Code::InvalidArgument);
    }

    async fn a_code_works_once_though_two_servers_get_it_at_once(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        for round in 0..3 {
            world.pass(TimeDelta::seconds(61));
            let mut begun = Vec::new();
            for _ in 0..8 {
                begun.push(begin(&world, &owner).await);
            }
            let code = owner.code(&world);
            let calls = begun.iter().enumerate().map(|(n, token)| {
                let server = if n % 2 == 0 { &world } else { &twin };
                verify(server, token, &code)
            });
            let answers = futures::future::join_all(calls).await;
            assert_eq!(answers.iter().filter(|code| **code == Code::Ok).count(), 1, "round {round}: {answers:?}");
        }
    }

    async fn codes_are_guessed_as_slowly_as_passwords(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        let (token, right) = (begin(&world, &owner).await, owner.code(&world));
        let wrong: Vec<String> = (0..400).map(|n| format!("{:06}", (right.parse::<u32>().unwrap() + 1 + n) % 1_000_000)).collect();
        let mut looked_at = 0;
        // Both servers are asked in turn, once a second.
        for (n, code) in wrong.iter().enumerate() {
            let server = if n % 2 == 0 { &world } else { &twin };
            looked_at += u32::from(verify(server, &token, code).await == Code::InvalidArgument);
            world.pass(TimeDelta::seconds(1));
        }
        // One ladder for both: 24 guesses in the first two minutes, then one in ten seconds, and after 99 one an hour.
        assert!((50..=55).contains(&looked_at), "{looked_at} of {} guesses in seven minutes were looked at", wrong.len());
    }

    async fn strangers_and_wrong_passwords_get_the_same_answer(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let mut answers = Vec::new();
        // Bringing these to one form would take seconds: the letters grow eighteenfold.
        let (long_email, long_password) = ("\u{fdfa}".repeat(200_000), "x".repeat(100_000));
        let pairs = [
            (owner.email.as_str(), "not-the-right-password"),
            ("nobody@example.com", "not-the-right-password"),
            ("", ""),
            ("\0", "\0"),
            (&long_email, "not-the-right-password"),
            (&owner.email, &long_password),
        ];
        for (email, password) in pairs {
            let status = sessions.sign_in(request(pb::SignInRequest { email: email.into(), password: password.into(), return_token: true }, None)).await.unwrap_err();
            answers.push((status.code(), status.message().to_owned(), status.details().to_vec()));
            world.pass(TimeDelta::seconds(5));
        }
        assert_eq!(answers[0].0, Code::Unauthenticated);
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }

    async fn parallel_guesses_get_one_evaluation(world) {
        let owner = world.company("Harrow & Pike").await;
        let guesses = (0..24).map(|n| {
            let mut sessions = SessionServiceClient::new(world.channel.clone());
            let sign_in = pb::SignInRequest { email: owner.email.clone(), password: format!("guess number {n} of many"), return_token: true };
            async move { sessions.sign_in(request(sign_in, None)).await.unwrap_err().code() }
        });
        let codes = futures::future::join_all(guesses).await;
        assert_eq!(codes.iter().filter(|code| **code == Code::Unauthenticated).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == Code::ResourceExhausted).count(), 23);
    }

    async fn what_a_page_asks_by_itself_does_not_keep_a_session(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        for _ in 0..3 {
            world.pass(TimeDelta::minutes(9));
            let mut alone = owner.ask(pb::MeRequest {});
            alone.metadata_mut().insert("x-streamflow-unattended", "1".parse().unwrap());
            sessions.me(alone).await.unwrap();
            // Whatever is noted in the background has its time.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        world.pass(TimeDelta::minutes(4));
        let idle = sessions.me(owner.ask(pb::MeRequest {})).await.unwrap_err();
        assert_eq!(idle.code(), Code::Unauthenticated);
    }

    async fn no_code_prolongs_a_session(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let ends = async |token: &str| {
            let list = request(pb::ListSessionsRequest::default(), Some(token));
            let all = SessionServiceClient::new(world.channel.clone()).list_sessions(list).await.unwrap().into_inner().sessions;
            all.into_iter().find(|one| one.current).unwrap().expires_at
        };
        let end = ends(&owner.token).await;
        world.pass(TimeDelta::minutes(20));
        let verify = pb::VerifySecondFactorRequest { code: owner.code(&world), return_token: true };
        let token = sessions.verify_second_factor(owner.ask(verify)).await.unwrap().into_inner().token;
        assert!(token != owner.token && ends(&token).await == end);
        // Nor does another code of a page, which gets its new session as a cookie.
        world.pass(TimeDelta::minutes(1));
        let regenerate = pb::RegenerateRecoveryCodesRequest { code: owner.code(&world) };
        let mut by_page = request(regenerate, None);
        by_page.metadata_mut().insert("cookie", format!("__Host-sf_client={token}").parse().unwrap());
        by_page.metadata_mut().insert("origin", "http://localhost:7001".parse().unwrap());
        let mut accounts = AccountServiceClient::new(world.channel.clone());
        let answer = accounts.regenerate_recovery_codes(by_page).await.unwrap();
        let cookie = answer.metadata().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        let token = cookie.trim_start_matches("__Host-sf_client=").split(';').next().unwrap();
        assert_eq!(ends(token).await, end, "{cookie}");
    }

    async fn sessions_end_when_idle_and_after_eight_hours(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        world.pass(TimeDelta::minutes(31));
        let idle = sessions.me(owner.ask(pb::MeRequest {})).await.unwrap_err();
        assert_eq!(idle.code(), Code::Unauthenticated);
        let staff = {
            let owner = world.company("Busy").await;
            owner.hire(&world, pb::Role::Staff, "").await
        };
        for _ in 0..24 {
            world.pass(TimeDelta::minutes(19));
            assert!(sessions.me(staff.ask(pb::MeRequest {})).await.is_ok());
            // The last use is noted in the background.
            let noted = "SELECT count(*) AS count FROM sessions WHERE last_seen_at = ?";
            for _ in 0..1000 {
                if sql::row(&world.kernel.database, noted, vec![world.now().into()]).await.try_get::<i64>("", "count").unwrap() > 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
        world.pass(TimeDelta::minutes(29));
        let over = sessions.me(staff.ask(pb::MeRequest {})).await.unwrap_err();
        assert_eq!(over.code(), Code::Unauthenticated);
    }

    async fn a_revoked_session_is_refused_at_its_next_request(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let second = Person::sign_in(&world, &staff.email, PASSWORD).await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let list = sessions.list_sessions(second.ask(pb::ListSessionsRequest::default())).await.unwrap().into_inner().sessions;
        assert_eq!(list.len(), 2);
        let first = sessions.list_sessions(second.ask(pb::ListSessionsRequest { page_size: 1, page_token: String::new() })).await.unwrap();
        let first = first.into_inner();
        let next = pb::ListSessionsRequest { page_size: 1, page_token: first.page.unwrap().next_page_token };
        let next = sessions.list_sessions(second.ask(next)).await.unwrap().into_inner();
        assert_eq!([&first.sessions[0].id, &next.sessions[0].id], [&list[0].id, &list[1].id]);
        assert!(first.sessions.len() == 1 && next.page.unwrap().next_page_token.is_empty());
        let other = list.iter().find(|session| !session.current).unwrap();
        // Nobody ends somebody else's session, and can't tell it from one that is not there.
        let stranger = sessions.revoke_session(owner.ask(pb::RevokeSessionRequest { session_id: other.id.clone() })).await.unwrap_err();
        let missing = sessions.revoke_session(owner.ask(pb::RevokeSessionRequest { session_id: format!("ses_{}", "0".repeat(32)) })).await.unwrap_err();
        assert_eq!((stranger.code(), stranger.message(), stranger.details()), (missing.code(), missing.message(), missing.details()));
        sessions.revoke_session(second.ask(pb::RevokeSessionRequest { session_id: other.id.clone() })).await.unwrap();
        assert_eq!(sessions.me(staff.ask(pb::MeRequest {})).await.unwrap_err().code(), Code::Unauthenticated);
        assert!(sessions.me(second.ask(pb::MeRequest {})).await.is_ok());
        sessions.sign_out_everywhere(second.ask(pb::SignOutEverywhereRequest {})).await.unwrap();
        assert_eq!(sessions.me(second.ask(pb::MeRequest {})).await.unwrap_err().code(), Code::Unauthenticated);
    }

    /// A sign-in that is finished at this moment has ended its first half already, and its second is not to be seen yet.
    async fn signing_out_everywhere_ends_a_sign_in_that_is_just_being_finished(world) {
        let owner = world.company("Harrow & Pike").await;
        let (pending, full) = (begin(&world, &owner).await, "a-token-of-the-other-half");
        let db = world.kernel.database.system().await.unwrap();
        let end = "UPDATE sessions SET revoked_at = ? WHERE token_hash = ?";
        let of_pending = session::hash_token(&pending);
        assert_eq!(db.execute(end, vec![world.now().into(), of_pending.clone().into()]).await.unwrap(), 1);
        let open = "INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent) \
                    SELECT ?, ?, user_id, org_id, 'full', created_at, last_seen_at, expires_at, ip, user_agent \
                    FROM sessions WHERE token_hash = ?";
        let values = vec![world.kernel.ids.uuid().into(), session::hash_token(full).into(), of_pending.into()];
        assert_eq!(db.execute(open, values).await.unwrap(), 1);
        let leaving = tokio::spawn({
            let (mut sessions, ask) = (SessionServiceClient::new(world.channel.clone()), owner.ask(pb::SignOutEverywhereRequest {}));
            async move { sessions.sign_out_everywhere(ask).await }
        });
        // For the one that is being finished.
        world.somebody_waits().await;
        db.commit().await.unwrap();
        assert_eq!(leaving.await.unwrap().unwrap().into_inner().ended, 2);
        let late = SessionServiceClient::new(world.channel.clone()).me(request(pb::MeRequest {}, Some(full))).await.unwrap_err();
        assert_eq!(late.code(), Code::Unauthenticated);
    }

    async fn other_windows_hear_that_a_session_ended_and_other_people_do_not(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let second = Person::sign_in(&world, &staff.email, PASSWORD).await;
        world.handed_on().await;
        let mut streams = Vec::new();
        for person in [&second, &owner] {
            let watch = person.ask(pb::WatchRequest::default());
            streams.push(ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner());
        }
        SessionServiceClient::new(world.channel.clone()).sign_out(staff.ask(pb::SignOutRequest {})).await.unwrap();
        let task = pb::CreateTaskRequest { task: Some(pb::Task { title: "After".into(), assignee_id: staff.user_id.clone(), ..Default::default() }) };
        TaskServiceClient::new(world.channel.clone()).create_task(owner.ask(task)).await.unwrap();
        let mut heard = Vec::new();
        for mut stream in streams {
            let first = tokio::time::timeout(std::time::Duration::from_secs(60), async {
                loop {
                    let change = stream.message().await.unwrap().unwrap().change;
                    if let Some(change) = change.filter(|change| ["session", "task"].contains(&&*change.entity)) {
                        return change.entity;
                    }
                }
            });
            heard.push(first.await.unwrap());
        }
        assert_eq!(heard, ["session", "task"]);
    }
}
