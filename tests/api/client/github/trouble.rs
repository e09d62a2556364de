//! A GitHub that refuses, is away, slow, or talks nonsense.

use std::time::{Duration, Instant};

use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use streamflow_tests::{
    github::{Call, FakeGithub, Trouble},
    on_both,
    person::{PASSWORD, request},
    world::{Setup, World},
};
use tonic::Code;

use super::{HUBOT, OCTOCAT, begin, begin_connecting, connect, finish, finish_connecting, sign_in, staff, told, with_github};

fn away() -> (Code, String) {
    (Code::Unavailable, "GITHUB_AWAY".to_owned())
}

on_both! {
    async fn whatever_github_does_nobody_gets_in_and_nobody_waits(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        connect(&staff, &github, OCTOCAT).await.unwrap();
        for call in [Call::Token, Call::User] {
            for trouble in Trouble::ALL {
                github.trouble(Some((call, trouble)));
                let begun = Instant::now();
                let refusal = sign_in(&site, &github, OCTOCAT).await.unwrap_err();
                assert_eq!(told(&refusal), away(), "{call:?} {trouble:?}");
                assert!(begun.elapsed() < Duration::from_secs(5), "{call:?} {trouble:?}: {:?}", begun.elapsed());
            }
        }
        assert_eq!(github.followed(), 0, "no answer leads to another address");
        // Nobody needs GitHub to come in.
        let sign_in_ = pb::SignInRequest { email: staff.email.clone(), password: PASSWORD.into(), return_token: true };
        SessionServiceClient::new(site.channel.clone()).sign_in(request(sign_in_, None)).await.unwrap();
        github.trouble(None);
        sign_in(&site, &github, OCTOCAT).await.unwrap();
    }

    async fn a_code_that_github_takes_for_anothers_signs_nobody_in(world) {
        let (site, github) = with_github(&world).await;
        connect(&staff(&site).await, &github, OCTOCAT).await.unwrap();
        // Somebody's code, slipped into another browser's way: that one's verifier does not fit it.
        let (own, others) = (begin(&site).await, begin(&site).await);
        let (_, state) = github.authorize(&own.url, HUBOT);
        let (code, _) = github.authorize(&others.url, OCTOCAT);
        let refusal = finish(&site, &own.cookie, (code, state)).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_REFUSED".to_owned()));
        let unknown = begin(&site).await;
        let (_, state) = github.authorize(&unknown.url, OCTOCAT);
        let refusal = finish(&site, &unknown.cookie, ("4711".to_owned(), state)).await.unwrap_err();
        assert_eq!(told(&refusal), (Code::Unauthenticated, "GITHUB_REFUSED".to_owned()));
    }

    async fn connecting_fails_as_softly(world) {
        let (site, github) = with_github(&world).await;
        let staff = staff(&site).await;
        github.trouble(Some((Call::User, Trouble::Broken)));
        let way = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        let refusal = finish_connecting(&staff, &way.cookie, github.authorize(&way.url, OCTOCAT)).await.unwrap_err();
        assert_eq!(told(&refusal), away());
        github.trouble(None);
        let way = begin_connecting(&staff, PASSWORD, "").await.unwrap();
        let (_, state) = github.authorize(&way.url, OCTOCAT);
        let refusal = finish_connecting(&staff, &way.cookie, ("4711".to_owned(), state)).await.unwrap_err();
        // The session goes on: nothing about it was wrong.
        assert_eq!(told(&refusal), (Code::FailedPrecondition, "GITHUB_CONNECT_REFUSED".to_owned()));
        connect(&staff, &github, OCTOCAT).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_github_that_is_not_there_or_knows_another_secret_is_away() {
    let world = World::sqlite().await;
    let github = FakeGithub::start().await;
    let setup = Setup { github: Some(github.provider_with("of another application")), ..Setup::default() };
    let site = world.twin_with(setup).await;
    assert_eq!(told(&sign_in(&site, &github, OCTOCAT).await.unwrap_err()), away());
    let way = begin(&site).await;
    let came = github.authorize(&way.url, OCTOCAT);
    drop(github);
    assert_eq!(told(&finish(&site, &way.cookie, came).await.unwrap_err()), away());
}
