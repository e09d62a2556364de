//! A call cancelled at any point must not leave a connection inside a transaction, where the next acknowledged write would be
//! lost.

use std::time::Duration;

use chrono::TimeDelta;
use futures::poll;
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Backend, Scope},
    password::{Params, PasswordHasher},
    rate_limit::use_totp_step,
};
use streamflow_proto::client::v1::{
    self as pb, audit_service_client::AuditServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    on_both,
    person::{PASSWORD, request},
    sql,
};
use uuid::Uuid;

on_both! {
    async fn no_acknowledged_write_is_lost_after_cancelled_calls(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut acknowledged = Vec::new();
        for n in 0..150_u64 {
            let mut teams = TeamServiceClient::new(world.channel.clone());
            let name = format!("cancelled {n}");
            let request = owner.ask(pb::CreateTeamRequest { team: Some(pb::Team { name, ..Default::default() }) });
            let _ = tokio::time::timeout(Duration::from_micros(n * 40), teams.create_team(request)).await;
            let name = format!("kept {n}");
            let request = owner.ask(pb::CreateTeamRequest { team: Some(pb::Team { name: name.clone(), ..Default::default() }) });
            teams.create_team(request).await.expect("an acknowledged write");
            acknowledged.push(name);
        }
        // Read through fresh connections: what was acknowledged is there, once.
        let twin = world.twin().await;
        let mut teams = TeamServiceClient::new(twin.channel.clone());
        let mut stored: Vec<String> = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = owner.ask(pb::ListTeamsRequest { page_size: 200, page_token });
            let page = teams.list_teams(request).await.unwrap().into_inner();
            stored.extend(page.teams.into_iter().map(|team| team.name));
            page_token = page.page.unwrap_or_default().next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        for name in acknowledged {
            assert_eq!(stored.iter().filter(|stored| **stored == name).count(), 1, "{name}");
        }
    }
}

on_both! {
    async fn a_write_after_a_begin_that_was_given_up_is_kept(world) {
        let database = &world.kernel.database;
        let scope = Scope::whole(Uuid::from_u128(7));
        let subject = |n: u64| Uuid::from_u128(u128::from(n) + 1);
        for n in 0..300 {
            // Given up anywhere on its way; a timer is too coarse for that.
            let mut begin = Box::pin(database.tenant_write(scope.clone()));
            for _ in 0..n {
                if poll!(begin.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(begin);
            assert!(use_totp_step(database, subject(n), 1).await.unwrap(), "acknowledged");
            // Whoever has the connection next takes back what he did himself, and no more.
            drop(database.tenant_write(scope.clone()).await.unwrap());
        }
        let twin = world.twin().await;
        for n in 0..300 {
            assert!(!use_totp_step(&twin.kernel.database, subject(n), 1).await.unwrap(), "{n} was acknowledged and is lost");
        }
    }

    async fn a_read_that_was_given_up_leaves_nothing_of_its_company_behind(world) {
        #[derive(FromQueryResult)]
        struct Row {
            org: String,
        }
        let database = &world.kernel.database;
        let sql = match database.backend() {
            Backend::Postgres => "SELECT current_setting('app.org_id', true) AS org WHERE {org} IS NOT NULL",
            // There are no settings to be left behind; the statement tells whose it is all the same.
            Backend::Sqlite => "SELECT lower(hex({org})) AS org",
        };
        let read = async |number: u128| {
            let tx = database.tenant_read(Scope::whole(Uuid::from_u128(number))).await.unwrap();
            let rows: Vec<Row> = tx.query(sql, Vec::new()).await.unwrap();
            rows.into_iter().next().map(|row| row.org)
        };
        for n in 1..200_u64 {
            let mut given_up = Box::pin(read(7));
            for _ in 0..n {
                if poll!(given_up.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(given_up);
            let own = Uuid::from_u128(u128::from(n) + 1_000);
            let told = read(own.as_u128()).await.map(|org| Uuid::parse_str(&org).unwrap());
            assert_eq!(told, Some(own), "{n}");
        }
    }

    async fn a_caller_who_hangs_up_does_not_stop_the_work(world) {
        let owner = world.company("Harrow & Pike").await;
        // At the cost of a server's own hashes, or there is hardly a moment to hang up in.
        let hash = PasswordHasher::new(Params::FLOOR).hash(PASSWORD).await.unwrap();
        let update = "UPDATE users SET password_hash = ? WHERE email = ?";
        sql::execute(&world.kernel.database, update, vec![hash.into(), owner.email.clone().into()]).await.unwrap();
        // The guess is counted once the message is read and before the password is looked at: from then on the server is at work.
        let counted = async || {
            let sql = "SELECT COUNT(*) AS counted FROM lockouts WHERE last_failure = ?";
            let now = world.kernel.clock.now().timestamp();
            sql::row(&world.kernel.database, sql, vec![now.into()]).await.try_get::<i64>("", "counted").unwrap() > 0
        };
        let (mut begun, mut hung_up) = (0, 0);
        while hung_up < 5 {
            assert!(begun < 60, "{hung_up} of {begun} callers could hang up before their answer");
            world.pass(TimeDelta::seconds(61));
            let at_work = async {
                while !counted().await {
                    tokio::task::yield_now().await;
                }
            };
            let mut sessions = SessionServiceClient::new(world.channel.clone());
            let sign_in = pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true };
            let call = sessions.sign_in(request(sign_in, None));
            begun += 1;
            tokio::select! {
                biased;
                answer = call => drop(answer.expect("a sign-in")),
                () = at_work => hung_up += 1,
            }
        }
        let finished = async || {
            let filter = "path = \"/streamflow.client.v1.SessionService/SignIn\"".to_owned();
            let list = owner.ask(pb::ListAuditRequest { filter, page_size: 100, ..Default::default() });
            AuditServiceClient::new(world.channel.clone()).list_audit(list).await.unwrap().into_inner().records.len()
        };
        // The owner's own sign-in is one of them.
        for _ in 0..200 {
            if finished().await == begun + 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} of {} came to their end", finished().await, begun + 1);
    }
}
