//! Registrations that a program signs, in the form of Standard Webhooks: by JSON and by gRPC.

use std::{path::Path, process::Command};

use chrono::TimeDelta;
use prost::Message as _;
use serde_json::{Value, json};
use streamflow_client::registration::{key, store};
use streamflow_tests::{
    answer::reason,
    on_both, raw,
    signed::{self, id, sign},
    world::World,
};
use tonic::Code;

use super::{
    registration::{count, jobs, sign_up_token, wanted},
    registration_http::{ADDRESS, Answer, JSON, send},
};

type Headers = Vec<(&'static str, String)>;

fn company(number: &str) -> Value {
    json!({
        "external_customer_id": number, "name": "Glow Spa", "industry": "med-spa", "time_zone": "Europe/London",
        "currency_code": "GBP", "owner": { "email": "ada@example.com", "display_name": "Ada" },
    })
}

/// Sends what is given, signed or not.
async fn put(world: &World, path: &'static str, headers: Headers, body: Vec<u8>) -> Answer {
    let to = world.address;
    let sent = move || {
        let mut all = vec![JSON];
        all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        send(to, "POST", path, &all, &body)
    };
    tokio::task::spawn_blocking(sent).await.unwrap()
}

/// Signs now and sends.
async fn post(world: &World, secret: &str, body: &Value) -> Answer {
    let body = body.to_string().into_bytes();
    let headers = sign(secret, &id(), world.now().timestamp(), &body).to_vec();
    put(world, ADDRESS, headers, body).await
}

/// 200, or the status and reason of a refusal.
fn outcome(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["reason"].as_str().unwrap_or_default())
}

on_both! {
    async fn a_signed_request_makes_a_company_once(world) {
        let _jobs = jobs(&world).await;
        let secret = key::create(&world.kernel, "billing").await.unwrap();
        let made = post(&world, &secret, &company("K-1")).await;
        assert_eq!((made.status, made.body["tenant_id"].as_str()), (200, Some("glow-spa")), "{}", made.body);
        assert_eq!(made.body["state"], "REGISTRATION_STATE_READY");
        // Again under an id of its own it is the same company, by gRPC too.
        assert_eq!(post(&world, &secret, &company("K-1")).await.body["tenant_id"], "glow-spa");
        let by_grpc = signed::register(&world.channel, &secret, world.now().timestamp(), &wanted("", "K-1")).await;
        assert_eq!(by_grpc.unwrap().tenant_id, "glow-spa");
        assert_eq!((count(&world, "orgs", vec![]).await, count(&world, "registrations WHERE signed_by = 'billing'", vec![]).await), (1, 1));
        let audited = "audit WHERE path LIKE '%RegisterTenant' AND outcome = 'OK' AND actor_name = 'registration key billing'";
        assert_eq!(count(&world, audited, vec![]).await, 3);

        // What differs is for whoever sent the first one, and for no other key.
        let mut other = company("K-1");
        other["currency_code"] = "EUR".into();
        let differs = post(&world, &secret, &other).await;
        assert_eq!((differs.status, differs.fields()), (409, vec!["currency_code"]));
        let stranger = key::create(&world.kernel, "another-program").await.unwrap();
        assert_eq!(post(&world, &stranger, &other).await.fields(), ["external_customer_id"]);

        // A token is not needed, and not taken. Everything that is wrong is told at once.
        let mut both = company("K 2");
        both["sign_up_token"] = sign_up_token(&world).await.into();
        let wrong = post(&world, &secret, &both).await;
        assert_eq!((wrong.status, wrong.fields()), (400, vec!["sign_up_token", "external_customer_id"]));
        let neither = put(&world, ADDRESS, Vec::new(), company("K-2").to_string().into_bytes()).await;
        assert_eq!((neither.status, neither.fields()), (400, vec!["sign_up_token"]));
        assert_eq!(count(&world, "orgs", vec![]).await, 1);
    }

    async fn what_is_not_signed_so_is_refused(world) {
        let _jobs = jobs(&world).await;
        let secret = key::create(&world.kernel, "billing").await.unwrap();
        let (now, text): (i64, Vec<u8>) = (world.now().timestamp(), company("K-1").to_string().into_bytes());
        let made = |id: &str, at: i64| sign(&secret, id, at, &text).to_vec();
        let with = |place: usize, value: &str| {
            let mut headers = made("msg_1", now);
            value.clone_into(&mut headers[place].1);
            headers
        };
        let wrong_key = sign("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "msg_1", now, &text).to_vec();
        let doubled = [made("msg_1", now), vec![("webhook-id", "msg_1".to_owned())]].concat();
        let without = |place: usize| {
            let mut headers = made("msg_1", now);
            headers.remove(place);
            headers
        };
        let cases = [
            ("SIGNATURE", wrong_key),
            ("SIGNATURE", with(0, "msg_2")),
            ("SIGNATURE", with(1, &(now + 1).to_string())),
            ("SKEW", made("msg_1", now - 121)),
            ("SKEW", made("msg_1", now + 121)),
            ("MALFORMED", with(0, "a.b")),
            ("MALFORMED", with(1, "soon")),
            ("MALFORMED", doubled),
            ("MALFORMED", without(0)),
            ("MALFORMED", without(1)),
            ("MALFORMED", without(2)),
            ("VERSION", with(2, "v2,AAAA")),
        ];
        for (says, headers) in cases {
            let answer = put(&world, ADDRESS, headers.clone(), text.clone()).await;
            assert_eq!((outcome(&answer), answer.problem()), ((401, says), "unauthenticated"), "{headers:?}");
            // Nothing of ours is told.
            let told = answer.body.to_string();
            assert!(!told.contains("billing") && !told.contains("whsec") && !told.contains("registration_keys"), "{told}");
        }
        let mut changed = company("K-1");
        changed["name"] = "Glow Spb".into();
        let changed = changed.to_string().into_bytes();
        assert_eq!(outcome(&put(&world, ADDRESS, made("msg_1", now), changed).await), (401, "SIGNATURE"));
        let spaced = [&text[..], b" "].concat();
        assert_eq!(outcome(&put(&world, ADDRESS, made("msg_1", now), spaced).await), (401, "SIGNATURE"));

        // The same elsewhere: another address takes nothing, the RPC itself is signed over other bytes, and no other RPC asks.
        assert_eq!(put(&world, "/api/tenant/register/", made("msg_1", now), text.clone()).await.status, 405);
        let message = wanted("", "K-1").encode_to_vec();
        assert_eq!(reason(&signed::send(&world.channel, &sign(&secret, "msg_1", now, &text), message.clone()).await.unwrap_err()), "SIGNATURE");
        let unframed = sign(&secret, "msg_1", now, &message);
        assert_eq!(reason(&signed::send(&world.channel, &unframed, message).await.unwrap_err()), "SIGNATURE");
        let mut elsewhere = raw::request("client", None, Vec::new());
        for (name, value) in sign(&secret, "msg_1", now, &[0; 5]) {
            elsewhere.metadata_mut().insert(name, value.parse().unwrap());
        }
        let refused = raw::ask(&world.channel, elsewhere, "/streamflow.client.v1.SessionService/Me").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "NOT_SIGNED_IN"));
        assert_eq!(count(&world, "registrations", vec![]).await, 0, "nothing of it ran");

        // None of these has used the id up.
        assert_eq!(outcome(&put(&world, ADDRESS, made("msg_1", now), text.clone()).await), (200, ""));
    }

    async fn a_request_is_good_once_in_all_processes(world) {
        let _jobs = jobs(&world).await;
        let secret = key::create(&world.kernel, "billing").await.unwrap();
        let text = company("K-1").to_string().into_bytes();
        let headers = sign(&secret, &id(), world.now().timestamp(), &text).to_vec();
        assert_eq!(put(&world, ADDRESS, headers.clone(), text.clone()).await.status, 200);
        assert_eq!(outcome(&put(&world, ADDRESS, headers.clone(), text.clone()).await), (401, "REPLAY"));
        let twin = world.twin().await;
        assert_eq!(outcome(&put(&twin, ADDRESS, headers.clone(), text.clone()).await), (401, "REPLAY"));
        // At the end of the time in which it is good, and after it.
        world.pass(TimeDelta::seconds(120));
        assert_eq!(outcome(&put(&world, ADDRESS, headers.clone(), text.clone()).await), (401, "REPLAY"));
        world.pass(TimeDelta::seconds(1));
        assert_eq!(outcome(&put(&world, ADDRESS, headers, text).await), (401, "SKEW"));

        // Of many at once one runs.
        let text = company("K-2").to_string().into_bytes();
        let headers = sign(&secret, &id(), world.now().timestamp(), &text).to_vec();
        let all = (0..20).map(|n| put(if n % 2 == 0 { &world } else { &twin }, ADDRESS, headers.clone(), text.clone()));
        let answers = futures::future::join_all(all).await;
        let ran = answers.iter().filter(|answer| answer.status == 200).count();
        let replays = answers.iter().filter(|answer| outcome(answer) == (401, "REPLAY")).count();
        assert_eq!((ran, replays), (1, 19));
    }

    async fn two_keys_live_and_the_one_before_them_does_not(world) {
        let _jobs = jobs(&world).await;
        let mut secrets = Vec::new();
        for live in [1_usize, 2, 2] {
            secrets.push(key::create(&world.kernel, "billing").await.unwrap());
            world.pass(TimeDelta::seconds(1));
            for (n, secret) in secrets.iter().rev().enumerate() {
                let expected = if n < live { (200, "") } else { (401, "SIGNATURE") };
                assert_eq!(outcome(&post(&world, secret, &company("K-1")).await), expected, "{n} of {live}");
            }
        }
        assert_eq!(count(&world, "registration_keys", vec![]).await, 2);
        let other = key::create(&world.kernel, "another-program").await.unwrap();
        assert!(key::end(&world.kernel, "billing").await.unwrap() && !key::end(&world.kernel, "billing").await.unwrap());
        assert_eq!(outcome(&post(&world, &secrets[2], &company("K-1")).await), (401, "SIGNATURE"));
        assert_eq!(outcome(&post(&world, &other, &company("K-1")).await), (200, ""));
        for name in ["", "Billing", "a b", &"x".repeat(41)] {
            assert!(key::create(&world.kernel, name).await.is_err(), "{name}");
        }
        // No secret lies in the database.
        let secret = other.strip_prefix("whsec_").unwrap();
        let db = world.kernel.database.system_read().await.unwrap();
        let keys = store::registration_keys(&db).await.unwrap();
        let kept = &keys.iter().find(|key| key.name == "another-program").unwrap().secret;
        assert!(kept.len() > 32 && !String::from_utf8_lossy(kept).contains(secret));
    }
}

/// What the guide for integrators shows works as it stands there, but for the place: a shell with openssl and curl signs as the server reads it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signed_example_of_the_guide_works() {
    let world = World::sqlite().await;
    let _jobs = jobs(&world).await;
    let secret = key::create(&world.kernel, "billing").await.unwrap();
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/integrate.md")).unwrap();
    let start = guide.find("BODY='{").expect("an example");
    let example = guide[start..].split("\n```").next().unwrap();
    let script = example.replace("http://client.localhost:7001", &format!("http://{}", world.address));
    assert!(script != example && script.contains("curl http://127.0.0.1:"), "{script}");
    let mut shell = Command::new("sh");
    shell.args(["-euc", &script]).env("REGISTRATION_KEY", secret);
    let done = tokio::task::spawn_blocking(move || shell.output().expect("a shell")).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("REGISTRATION_STATE_READY") && out.contains("lake-med-spa"), "{out}\n{err}");
}
