//! Mail by SMTP, against a server: handed over as it was queued, tried again when the server says so, given up when it never will.

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_kernel::{db::Backend, mail::Mail};
use streamflow_proto::client::v1::{self as pb, invitation_service_client::InvitationServiceClient};
use streamflow_tests::{
    smtp::{MailServer, Taken},
    sql,
    world::{Setup, World},
};

/// A world whose mails go to a server.
async fn world(backend: Backend) -> (World, MailServer) {
    let server = MailServer::start().await;
    let world = World::with(backend, Setup { smtp_url: Some(server.url()), ..Setup::default() }).await;
    (world, server)
}

async fn put(world: &World, to: &str, subject: &str, body: &str) {
    let db = world.kernel.database.system().await.unwrap();
    let mail = Mail { to: to.into(), subject: subject.into(), body: body.into() };
    world.kernel.mails.put(&db, None, mail).await.unwrap();
    db.commit().await.unwrap();
    world.kernel.mails.wake();
}

/// The mails the server took, once there are so many.
async fn taken(world: &World, server: &MailServer, count: usize) -> Vec<Taken> {
    for _ in 0..1000 {
        if server.taken().len() >= count {
            break;
        }
        world.kernel.mails.wake();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let taken = server.taken();
    assert_eq!(taken.len(), count, "{taken:?}");
    taken
}

/// Attempts, failure and rest of the body of the mail with this subject, once it was tried that often.
async fn tried(world: &World, subject: &str, attempts: i32) -> (String, String) {
    for _ in 0..1000 {
        let sql = "SELECT attempts, failure, body FROM mail_outbox WHERE subject = ?";
        let row = sql::row(&world.kernel.database, sql, vec![subject.into()]).await;
        let word = |name: &str| row.try_get::<String>("", name).unwrap();
        if row.try_get::<i32>("", "attempts").unwrap() == attempts && !word("failure").is_empty() {
            return (word("failure"), word("body"));
        }
        world.kernel.mails.wake();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{subject} was not tried {attempts} times");
}

async fn a_mail_arrives_as_it_was_queued(world: World, server: MailServer) {
    let owner = world.company("Harrow & Pike").await;
    let invite =
        pb::CreateInvitationRequest { email: "tom@example.com".into(), role: pb::Role::Staff.into(), ..Default::default() };
    InvitationServiceClient::new(world.channel.clone()).create_invitation(owner.ask(invite)).await.unwrap();
    let mail = taken(&world, &server, 1).await.remove(0);
    assert_eq!((mail.from.as_str(), mail.to), ("sf@example.com", vec!["tom@example.com".to_owned()]));
    for part in ["From: StreamFlow <sf@example.com>", "To: tom@example.com", "Subject: ", "Date: ", "Message-ID: ", "/invitation"]
    {
        assert!(mail.text.contains(part), "{part} is missing in {}", mail.text);
    }
    // Lines that begin with a dot, and letters of all kinds.
    put(&world, "anna@example.com", "Grüße aus Köln", ".\n..\nEnde ✓").await;
    let mail = taken(&world, &server, 2).await.remove(1);
    assert!(mail.text.contains("=?utf-8?") && !mail.text.contains("Grüße"), "{}", mail.text);
    assert!(mail.text.contains("Content-Transfer-Encoding: "), "{}", mail.text);
}

async fn a_server_that_is_busy_is_asked_again(world: World, server: MailServer) {
    server.refuse_next("451 4.7.1 come back later");
    put(&world, "anna@example.com", "Later", "a text").await;
    let (failure, _) = tried(&world, "Later", 1).await;
    assert!(failure.contains("could not be handed over"), "{failure}");
    assert!(server.taken().is_empty() && server.sessions() > 0);
    world.pass(TimeDelta::seconds(31));
    assert!(taken(&world, &server, 1).await[0].text.contains("a text"));
}

async fn a_server_that_refuses_for_good_is_not_asked_for_ever(world: World, server: MailServer) {
    for attempt in 1..=5 {
        server.refuse_next("550 5.1.1 mailbox unavailable");
        if attempt == 1 {
            put(&world, "nobody@example.com", "Never", "a text").await;
        }
        let (failure, body) = tried(&world, "Never", attempt).await;
        assert!(failure.contains("refused"), "{failure}");
        assert_eq!(body.is_empty(), attempt == 5, "attempt {attempt}");
        world.pass(TimeDelta::hours(7));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(server.taken().is_empty());
}

/// Each on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod on_sqlite {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (world, server) = world(Backend::Sqlite).await;
                super::$name(world, server).await;
            })+
        }

        mod on_postgres {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (world, server) = world(Backend::Postgres).await;
                super::$name(world, server).await;
            })+
        }
    };
}

on_both_databases! {
    a_mail_arrives_as_it_was_queued
    a_server_that_is_busy_is_asked_again
    a_server_that_refuses_for_good_is_not_asked_for_ever
}
