//! `POST /api/tenant/register`: the registration RPC as JSON, through a real listener.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use streamflow_kernel::db::Backend;
use streamflow_tests::{
    on_both,
    world::{Setup, World},
};

use super::registration::{jobs, sign_up_token};

pub const ADDRESS: &str = "/api/tenant/register";
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// An answer: its status, its head in small letters, its body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Value,
}

impl Answer {
    /// The last part of the problem's type, once it is sure that this is a problem document.
    pub fn problem(&self) -> &str {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        assert_eq!(self.body["status"], self.status);
        assert!(self.body["title"].is_string() && self.body["detail"].is_string(), "{}", self.body);
        self.body["type"].as_str().unwrap().strip_prefix("urn:streamflow:problem:").unwrap()
    }

    pub fn fields(&self) -> Vec<&str> {
        let violations = self.body["violations"].as_array().unwrap();
        assert!(violations.iter().all(|found| !found["message"].as_str().unwrap().is_empty()));
        violations.iter().map(|found| found["field"].as_str().unwrap()).collect()
    }
}

pub fn send(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .unwrap();
    // A server that has seen enough may hang up before the end.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or_default() }
}

async fn post(world: &World, headers: Vec<(&'static str, &'static str)>, body: Vec<u8>) -> Answer {
    let to = world.address;
    tokio::task::spawn_blocking(move || send(to, "POST", ADDRESS, &headers, &body)).await.unwrap()
}

fn wanted(token: &str) -> Value {
    json!({
        "sign_up_token": token, "external_customer_id": "K-1", "name": "Glow Spa", "industry": "med-spa",
        "time_zone": "Europe/London", "currency_code": "GBP", "owner": { "email": "ada@example.com", "displayName": "Ada" },
    })
}

on_both! {
    async fn a_company_is_registered_by_json(world) {
        let _jobs = jobs(&world).await;
        let token = sign_up_token(&world).await;
        let made = json!({
            "tenant_id": "glow-spa",
            "url": "http://localhost:7001/tenant/glow-spa/client/dashboard",
            "state": "REGISTRATION_STATE_READY",
        });
        for _ in 0..2 {
            let answer = post(&world, vec![JSON], wanted(&token).to_string().into_bytes()).await;
            assert_eq!((answer.status, &answer.body), (200, &made));
            assert!(answer.head.contains("content-type: application/json") && answer.head.contains("ratelimit-remaining: "));
            assert!(answer.head.contains("x-request-id: ") && answer.head.contains("content-security-policy: "), "{}", answer.head);
        }
        let mut other = wanted(&token);
        other["currency_code"] = "EUR".into();
        let differs = post(&world, vec![JSON], other.to_string().into_bytes()).await;
        assert_eq!((differs.status, differs.problem(), differs.fields()), (409, "exists", vec!["currency_code"]));
        assert_eq!(differs.body["reason"], "ALREADY_EXISTS");

        let stranger = post(&world, vec![JSON], wanted("made-up").to_string().into_bytes()).await;
        assert_eq!((stranger.status, stranger.problem(), stranger.body["reason"].as_str()), (401, "unauthenticated", Some("SIGN_UP_TOKEN")));
        let empty = post(&world, vec![JSON], b"{}".to_vec()).await;
        let all = ["sign_up_token", "external_customer_id", "name", "time_zone", "currency_code", "owner.email", "owner.display_name"];
        assert_eq!((empty.status, empty.problem(), empty.fields()), (400, "invalid", all.to_vec()));
        assert_eq!(empty.body["request_id"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_json_request_is_a_problem_of_its_own_type() {
    let setup = Setup { limits: [("registration".to_owned(), 100)].into(), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let body = || wanted("x").to_string().into_bytes();
    for media in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "application/grpc"] {
        assert_eq!(post(&world, vec![("content-type", media)], body()).await.problem(), "media-type", "{media}");
    }
    assert_eq!(post(&world, vec![], body()).await.problem(), "media-type");
    assert_eq!(post(&world, vec![JSON, JSON], body()).await.problem(), "media-type");
    for bad in ["", "[]", "{", "{} {}", r#"{"name": 7}"#, r#"{"nome": "x"}"#, "{\"name\": \"\u{fffd}"] {
        let answer = post(&world, vec![JSON], bad.as_bytes().to_vec()).await;
        // It is the body as a whole that can't be read.
        assert_eq!((answer.status, answer.problem(), answer.fields()), (400, "invalid", vec![""]), "{bad}");
        assert!(answer.head.contains("x-request-id: ") && answer.head.contains("ratelimit-remaining: "), "{}", answer.head);
    }
    let invalid = post(&world, vec![JSON], b"{\"name\": \"\xff\"}".to_vec()).await;
    assert_eq!(invalid.problem(), "invalid");
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(64 * 1024));
    assert_eq!(post(&world, vec![JSON], long.into_bytes()).await.problem(), "too-large");
    let to = world.address;
    let got = tokio::task::spawn_blocking(move || send(to, "GET", ADDRESS, &[JSON], b"")).await.unwrap();
    assert_eq!((got.status, got.problem()), (405, "method"));
    // A session is of no use here, so none is looked at.
    let owner = world.company("Harrow & Pike").await;
    let cookie: &'static str = format!("__Host-sf_client={}", owner.token).leak();
    assert_eq!(post(&world, vec![JSON, ("cookie", cookie)], body()).await.problem(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_counts_against_the_same_limit() {
    let setup = Setup { limits: [("registration".to_owned(), 2)].into(), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let mut last = None;
    for body in [wanted("x").to_string(), "{".to_owned(), wanted("x").to_string()] {
        last = Some(post(&world, vec![JSON], body.into_bytes()).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, last.problem()), (429, "too-many-requests"));
    assert!(last.head.contains("retry-after: "), "{}", last.head);
}

/// What the guide for integrators shows works as it stands there, but for the token and the place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_guide_works() {
    let world = World::sqlite().await;
    let _jobs = jobs(&world).await;
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/integrate.md")).unwrap();
    let start = guide.find("curl http://client.localhost:7001/api/tenant/register").expect("an example");
    let example = guide[start..].split("\n```").next().unwrap();
    let header = example.split("-H '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a header");
    let body = example.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a body");
    let (name, value) = header.split_once(": ").unwrap();
    let body = body.replace("…", &sign_up_token(&world).await);
    let headers: Vec<(&'static str, &'static str)> = vec![(name.to_owned().leak(), value.to_owned().leak())];
    let answer = post(&world, headers, body.into_bytes()).await;
    assert_eq!((answer.status, answer.body["state"].as_str()), (200, Some("REGISTRATION_STATE_READY")), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_address_has_few_bodies_on_their_way_at_once() {
    let world = World::sqlite().await;
    let slow = |to: SocketAddr| {
        let mut stream = TcpStream::connect(to).unwrap();
        write!(stream, "POST {ADDRESS} HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{{")
            .unwrap();
        stream
    };
    let mut held: Vec<TcpStream> = (0..8).map(|_| slow(world.address)).collect();
    let to = world.address;
    let send_one = move || send(to, "POST", ADDRESS, &[JSON], wanted("x").to_string().as_bytes());
    // Others have their turn until all eight are there.
    let mut waiting = None;
    for _ in 0..20 {
        let mut next = tokio::task::spawn_blocking(send_one);
        if tokio::time::timeout(Duration::from_secs(2), &mut next).await.is_err() {
            waiting = Some(next);
            break;
        }
    }
    let next = waiting.expect("one that waits for its turn");
    held.pop();
    // Before those that are held are given up for not arriving.
    let answer = tokio::time::timeout(Duration::from_secs(6), next).await.expect("its turn").unwrap();
    assert_eq!(answer.problem(), "unauthenticated");
}
