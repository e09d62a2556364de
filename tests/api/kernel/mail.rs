//! The mail queue: each mail once whatever process sends it, and again and again where the server is away.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use streamflow_kernel::{
    clock::Clock,
    mail::{Mail, MailConfig, Mailer},
    mail_queue::MailQueue,
};
use streamflow_tests::{on_both, sql, world::World};

fn mail(subject: &str) -> Mail {
    Mail { to: "anna@example.com".into(), subject: subject.into(), body: "a link".into() }
}

async fn put(world: &World, queue: &MailQueue, subject: &str) {
    let db = world.kernel.database.system().await.unwrap();
    queue.put(&db, None, mail(subject)).await.unwrap();
    db.commit().await.unwrap();
}

/// Attempts and failure of the only mail with this subject, once it was tried that often.
async fn tried(world: &World, subject: &str, attempts: i32) -> String {
    for _ in 0..3000 {
        let sql = "SELECT attempts, failure FROM mail_outbox WHERE subject = ?";
        let row = sql::row(&world.kernel.database, sql, vec![subject.into()]).await;
        let failure: String = row.try_get("", "failure").unwrap();
        if row.try_get::<i32>("", "attempts").unwrap() == attempts && !failure.is_empty() {
            return failure;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{subject} was not tried {attempts} times");
}

/// Why the first attempt failed; none when the mail was sent.
async fn tried_or_sent(world: &World, subject: &str) -> Option<String> {
    for _ in 0..3000 {
        let sql = "SELECT failure, sent_at IS NOT NULL AS sent FROM mail_outbox WHERE subject = ?";
        let row = sql::row(&world.kernel.database, sql, vec![subject.into()]).await;
        let failure: String = row.try_get("", "failure").unwrap();
        if row.try_get("", "sent").unwrap() {
            return None;
        }
        if !failure.is_empty() {
            return Some(failure);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{subject} was never tried")
}

on_both! {
    async fn two_processes_send_each_mail_once(world) {
        let twin = world.twin().await;
        for n in 0..30 {
            put(&world, &world.kernel.mails, &format!("Mail {n}.")).await;
            world.kernel.mails.wake();
            twin.kernel.mails.wake();
        }
        let left_over = async || {
            let sql = "SELECT COUNT(*) AS left_over FROM mail_outbox WHERE sent_at IS NULL OR body <> ''";
            sql::row(&world.kernel.database, sql, vec![]).await.try_get::<i64>("", "left_over").unwrap()
        };
        for _ in 0..3000 {
            if left_over().await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left_over().await, 0);
        let mails = world.mails();
        assert_eq!(mails.len(), 30);
        assert!((0..30).all(|n| mails.iter().filter(|mail| mail.contains(&format!("Mail {n}."))).count() == 1));
    }

    async fn a_mail_waits_for_a_server_that_is_away(world) {
        let clock: Arc<dyn Clock> = world.clock.clone();
        // Nobody listens on port 1.
        let away = MailConfig::Smtp { url: "smtp://127.0.0.1:1".into(), from: "sf@example.com".into() };
        let mailer = Arc::new(Mailer::new(away, Arc::clone(&clock)).unwrap());
        let (database, ids, keys) = (world.kernel.database.clone(), Arc::clone(&world.kernel.ids), world.kernel.keys.clone());
        let queue = MailQueue::start(database, mailer, clock, ids, keys).await.unwrap();
        // The world's own queue looks around every few seconds and may be first; then another mail has to wait.
        let mut subject = String::from("Later");
        loop {
            put(&world, &queue, &subject).await;
            queue.wake();
            if let Some(failure) = tried_or_sent(&world, &subject).await {
                assert!(failure.contains("could not be handed over"));
                break;
            }
            subject.push('+');
        }
        let sent = world.mails().len();
        // What waits is of no use to somebody who reads the database.
        let row = sql::row(&world.kernel.database, "SELECT body FROM mail_outbox WHERE subject = ?", vec![subject.clone().into()]).await;
        let waiting: String = row.try_get("", "body").unwrap();
        assert!(!waiting.is_empty() && !waiting.contains("a link"));
        queue.wake();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(world.mails().len(), sent);
        // Once the first pause is over, a process whose mail server answers takes it on.
        drop(queue);
        world.pass(TimeDelta::seconds(31));
        world.kernel.mails.wake();
        for _ in 0..3000 {
            if world.mails().len() > sent {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(world.mails().len(), sent + 1);
        assert!(world.mails().iter().all(|mail| mail.ends_with("a link")));
    }

    async fn a_mail_that_can_never_be_sent_is_given_up_without_its_body(world) {
        let db = world.kernel.database.system().await.unwrap();
        let to_nobody = Mail { to: "not an address".into(), ..mail("Never") };
        world.kernel.mails.put(&db, None, to_nobody).await.unwrap();
        db.commit().await.unwrap();
        world.kernel.mails.wake();
        assert!(tried(&world, "Never", 1).await.contains("not a mail address"));
        let row = sql::row(&world.kernel.database, "SELECT body FROM mail_outbox WHERE subject = 'Never'", vec![]).await;
        assert_eq!(row.try_get::<String>("", "body").unwrap(), "");
    }
}
