//! The change feed: in order, each once, over two servers, within rights.

use std::{sync::Arc, time::Duration};

use streamflow_client::system::PORTAL;
use streamflow_kernel::{
    anomaly,
    feed::{Actor, Op},
};
use streamflow_migrations::System;
use streamflow_proto::client::v1::{
    self as pb, assignment_rule_service_client::AssignmentRuleServiceClient, change_service_client::ChangeServiceClient,
    customer_service_client::CustomerServiceClient, invitation_service_client::InvitationServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    on_both,
    person::Person,
    sql,
    world::{Setup, World, ends, kernel, location},
};
use tonic::Streaming;

async fn watch(world: &World, person: &Person, cursor: &str) -> Streaming<pb::WatchResponse> {
    world.handed_on().await;
    let request = person.ask(pb::WatchRequest { cursor: cursor.to_owned() });
    ChangeServiceClient::new(world.channel.clone()).watch(request).await.expect("a stream").into_inner()
}

/// The next change, or `None` when nothing comes.
async fn next(stream: &mut Streaming<pb::WatchResponse>) -> Option<(String, pb::Change)> {
    loop {
        // On PostgreSQL what any other test of the cluster still writes holds changes back.
        let message = tokio::time::timeout(Duration::from_secs(60), stream.message()).await.ok()?.ok()??;
        if let Some(change) = message.change {
            return Some((message.cursor, change));
        }
    }
}

async fn create(world: &World, person: &Person, name: &str) -> String {
    let customer = pb::Customer { name: name.to_owned(), ..Default::default() };
    let request = person.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    CustomerServiceClient::new(world.channel.clone())
        .create_customer(request)
        .await
        .expect("a customer")
        .into_inner()
        .customer
        .unwrap()
        .id
}

/// Changes of one noun only: a new record brings others along.
async fn next_of(entity: &str, stream: &mut Streaming<pb::WatchResponse>) -> Option<(String, pb::Change)> {
    loop {
        let (cursor, change) = next(stream).await?;
        if change.entity == entity {
            return Some((cursor, change));
        }
    }
}

async fn next_customer(stream: &mut Streaming<pb::WatchResponse>) -> Option<(String, pb::Change)> {
    next_of("customer", stream).await
}

/// A stream that begins with a reset, and the cursor it goes on from. The tail hands on what was written a moment later.
async fn reset(world: &World, person: &Person, cursor: &str) -> (String, Streaming<pb::WatchResponse>) {
    for _ in 0..600 {
        let mut stream = watch(world, person, cursor).await;
        let message = stream.message().await.expect("no error").expect("a message");
        if message.reset {
            return (message.cursor, stream);
        }
        drop(stream);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no reset of {cursor}");
}

on_both! {
    async fn a_watcher_resumes_without_loss_or_repetition(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut stream = watch(&world, &owner, "").await;
        let first = create(&world, &owner, "First").await;
        let (cursor, change) = next_customer(&mut stream).await.expect("the first change");
        assert_eq!((change.id.as_str(), change.op()), (first.as_str(), pb::ChangeOp::Created));
        drop(stream);
        let mut missed = Vec::new();
        for n in 0..20 {
            missed.push(create(&world, &owner, &format!("Missed {n}")).await);
        }
        let mut stream = watch(&world, &owner, &cursor).await;
        let mut heard = Vec::new();
        while heard.len() < missed.len() {
            heard.push(next_customer(&mut stream).await.expect("a missed change").1.id);
        }
        assert_eq!(heard, missed);
        let live = create(&world, &owner, "Live").await;
        assert_eq!(next_customer(&mut stream).await.expect("a live change").1.id, live);
    }

    async fn what_is_written_after_me_is_heard_from_its_cursor(world) {
        let owner = world.company("Harrow & Pike").await;
        world.handed_on().await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let cursor = sessions.me(owner.ask(pb::MeRequest {})).await.unwrap().into_inner().cursor;
        let between = create(&world, &owner, "Between Me and the stream").await;
        let mut stream = watch(&world, &owner, &cursor).await;
        assert_eq!(next_customer(&mut stream).await.expect("a change").1.id, between);
    }

    async fn a_cursor_that_is_no_use_begins_anew_with_a_reset(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut stream = watch(&world, &owner, "").await;
        create(&world, &owner, "First").await;
        let (cursor, _) = next_customer(&mut stream).await.expect("a change");
        let db = world.kernel.database.system().await.unwrap();
        let org = streamflow_kernel::ids::parse("org_", &owner.org_id).unwrap();
        let nobody = Actor { id: None, name: String::new(), at: world.now() };
        let many: Vec<_> = (1..=1001).map(|n| anomaly::change(uuid::Uuid::from_u128(n), 1, Op::Created)).collect();
        db.append_changes(org, &nobody, &many).await.unwrap();
        db.commit().await.unwrap();
        drop(stream);
        // Of a database that was restored from a backup while a page was open.
        for gone in [cursor.as_str(), "9007199254740991.9007199254740991"] {
            let (from, mut stream) = reset(&world, &owner, gone).await;
            let live = create(&world, &owner, "Live").await;
            assert_eq!(next_customer(&mut stream).await.expect("a live change").1.id, live);
            drop(stream);
            let mut stream = watch(&world, &owner, &from).await;
            assert_eq!(next_customer(&mut stream).await.expect("the same again").1.id, live, "{gone}");
        }
    }

    async fn who_may_invite_hears_of_invitations_and_nobody_else_does(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let mut streams = Vec::new();
        for person in [&owner, &manager, &staff] {
            streams.push(watch(&world, person, "").await);
        }
        let mut invitations = InvitationServiceClient::new(world.channel.clone());
        let invite = pb::CreateInvitationRequest { email: "ada@example.com".into(), role: pb::Role::Staff.into(), team_id: String::new() };
        let made = invitations.create_invitation(owner.ask(invite)).await.unwrap().into_inner().invitation.unwrap();
        let revoke = pb::RevokeInvitationRequest { invitation_id: made.id.clone() };
        invitations.revoke_invitation(owner.ask(revoke)).await.unwrap();
        let last = create(&world, &owner, "Last").await;
        let [mut by_owner, mut by_manager, mut by_staff] = <[_; 3]>::try_from(streams).unwrap();
        for stream in [&mut by_owner, &mut by_manager] {
            for op in [pb::ChangeOp::Created, pb::ChangeOp::Deleted] {
                let (_, change) = next_of("invitation", stream).await.expect("a change");
                assert_eq!((change.id.as_str(), change.op()), (made.id.as_str(), op));
            }
            assert_eq!(next_customer(stream).await.expect("a change").1.id, last);
        }
        // Their own customer ends the wait.
        let own = create(&world, &staff, "Own").await;
        let mut heard = Vec::new();
        while heard.last() != Some(&own) {
            let (_, change) = next(&mut by_staff).await.expect("a change");
            assert_ne!(change.entity, "invitation");
            heard.push(change.id);
        }
    }

    async fn owners_hear_of_rules_and_anomalies(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut stream = watch(&world, &owner, "").await;
        let mut rules = AssignmentRuleServiceClient::new(world.channel.clone());
        let rule = pb::AssignmentRule { name: "All".into(), enabled: true, user_ids: vec![owner.user_id.clone()], ..Default::default() };
        let made = rules.create_assignment_rule(owner.ask(pb::CreateAssignmentRuleRequest { rule: Some(rule) })).await.unwrap();
        let (_, change) = next_of("assignment_rule", &mut stream).await.expect("a change");
        assert_eq!(change.id, made.into_inner().rule.unwrap().id);
        let id = uuid::Uuid::from_u128(7);
        let db = world.kernel.database.system().await.unwrap();
        let nobody = Actor { id: None, name: String::new(), at: world.now() };
        let org = streamflow_kernel::ids::parse("org_", &owner.org_id).unwrap();
        db.append_changes(org, &nobody, &[anomaly::change(id, 1, Op::Created)]).await.unwrap();
        db.commit().await.unwrap();
        let (_, change) = next_of("anomaly", &mut stream).await.expect("a change");
        assert_eq!(change.id, streamflow_kernel::ids::format("ano_", id));
    }

    async fn a_second_server_hears_the_first(world) {
        let owner = world.company("Harrow & Pike").await;
        let twin = world.twin().await;
        let mut stream = watch(&twin, &owner, "").await;
        for n in 0..5 {
            let id = create(&world, &owner, &format!("Customer {n}")).await;
            assert_eq!(next_customer(&mut stream).await.expect("a change").1.id, id);
        }
    }

    async fn nobody_hears_of_rows_they_may_not_see(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let stranger = world.company("Elsewhere").await;
        let mut staffs = watch(&world, &staff, "").await;
        let mut strangers = watch(&world, &stranger, "").await;
        create(&world, &owner, "The owner's").await;
        let own = create(&world, &staff, "The staff's own").await;
        assert_eq!(next_customer(&mut staffs).await.expect("the own change").1.id, own);
        let theirs = create(&world, &stranger, "The stranger's").await;
        assert_eq!(next_customer(&mut strangers).await.expect("the own change").1.id, theirs);
    }

    async fn a_stream_ends_with_its_session(world) {
        let owner = world.company("Harrow & Pike").await;
        let stream = watch(&world, &owner, "").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        sessions.sign_out(owner.ask(pb::SignOutRequest {})).await.unwrap();
        ends(stream).await;
    }
}

/// Connections of the client system's login to this database.
async fn connections(world: &World) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'streamflow_client'";
    sql::row(&world.kernel.database, sql, vec![]).await.try_get_by_index(0).unwrap()
}

/// Where a database comes and goes while a system starts, each try begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_is_given_up_leaves_no_connection() {
    let world = World::postgres().await;
    let place = location(System::Client, world.superuser_url.as_deref(), &world.folder.path().join("none.db")).await;
    let before = connections(&world).await;
    let given_up = kernel(PORTAL, &place, Arc::clone(&world.clock), &world.folder, Setup::default()).await;
    assert!(connections(&world).await > before);
    drop(given_up);
    for _ in 0..3_000 {
        if connections(&world).await <= before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} connections, of {before} before", connections(&world).await);
}
