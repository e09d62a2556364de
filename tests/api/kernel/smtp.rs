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

/// The failure and what is left of the body of the mail with this subject, once the server said `answer`.
async fn tried(world: &World, subject: &str, answer: &str) -> (String, String) {
    for _ in 0..1000 {
        let sql = "SELECT failure, body FROM mail_outbox WHERE subject = ?";
        let row = sql::row(&world.kernel.database, sql, vec![subject.into()]).await;
        let word = |name: &str| row.try_get::<String>("", name).unwrap();
        if word("failure").contains(answer) {
            return (word("failure"), word("body"));
        }
        world.kernel.mails.wake();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody was told {answer} of {subject}");
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
    let (failure, _) = tried(&world, "Later", "come back later").await;
    assert!(failure.contains("could not be handed over"), "{failure}");
    assert!(server.taken().is_empty() && server.sessions() > 0);
    world.pass(TimeDelta::seconds(31));
    assert!(taken(&world, &server, 1).await[0].text.contains("a text"));
}

async fn a_server_that_refuses_for_good_is_not_asked_for_ever(world: World, server: MailServer) {
    let answers = [
        "550 5.1.1 unknown, one",
        "550 5.1.1 unknown, two",
        "550 5.1.1 unknown, three",
        "550 5.1.1 unknown, four",
        "550 5.1.1 unknown, five",
    ];
    for (attempt, answer) in answers.into_iter().enumerate() {
        server.refuse_next(answer);
        // Only now is it due: the queue looks by itself, too.
        if attempt == 0 {
            put(&world, "nobody@example.com", "Never", "a text").await;
        } else {
            world.pass(TimeDelta::hours(7));
        }
        let (failure, body) = tried(&world, "Never", &answer["550 5.1.1 ".len()..]).await;
        assert!(failure.contains("refused"), "{failure}");
        assert_eq!(body.is_empty(), attempt == 4, "attempt {attempt}");
    }
    world.pass(TimeDelta::hours(7));
    world.kernel.mails.wake();
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
