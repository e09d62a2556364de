//! Sessions that are looked up in one statement stay each its own person's.

use futures::future::join_all;
use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use streamflow_tests::{on_both, person::request};
use tonic::Code;

on_both! {
    async fn whoever_comes_at_the_same_moment_is_told_of_himself(world) {
        let harrow = world.company("Harrow & Pike").await;
        let other = world.company("Northgate").await;
        let staff = harrow.hire(&world, pb::Role::Staff, "").await;
        let gone = harrow.hire(&world, pb::Role::Manager, "").await;
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        sessions.sign_out(gone.ask(pb::SignOutRequest {})).await.unwrap();
        let people = [&harrow, &other, &staff];
        let calls = (0..60).map(|n| {
            let mut sessions = SessionServiceClient::new(world.channel.clone());
            let person = people[n % people.len()];
            let stranger = match n % 10 {
                7 => Some(format!("nobody-{n}")),
                9 => Some(gone.token.clone()),
                _ => None,
            };
            async move {
                let asked = match &stranger {
                    Some(token) => request(pb::MeRequest {}, Some(token)),
                    None => person.ask(pb::MeRequest {}),
                };
                let told = sessions.me(asked).await;
                if stranger.is_some() {
                    assert_eq!(told.unwrap_err().code(), Code::Unauthenticated, "{n}");
                } else {
                    let user = told.unwrap().into_inner().user.unwrap();
                    assert_eq!((user.id, user.org_id), (person.user_id.clone(), person.org_id.clone()), "{n}");
                }
            }
        });
        join_all(calls).await;
    }
}
