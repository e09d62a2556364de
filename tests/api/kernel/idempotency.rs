//! A mutation with an `idempotency-key` has one effect, however often and however parallel it is sent.

use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use streamflow_tests::{on_both, person::Person, world::World};
use tonic::Code;

fn team(name: &str) -> pb::CreateTeamRequest {
    pb::CreateTeamRequest { team: Some(pb::Team { name: name.to_owned(), ..Default::default() }) }
}

async fn count(world: &World, person: &Person) -> usize {
    let mut teams = TeamServiceClient::new(world.channel.clone());
    teams.list_teams(person.ask(pb::ListTeamsRequest {})).await.unwrap().into_inner().teams.len()
}

on_both! {
    async fn a_repeated_request_gets_the_first_reply(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut teams = TeamServiceClient::new(world.channel.clone());
        let first = teams.create_team(owner.once("key-0001", team("North"))).await.unwrap().into_inner();
        let second = teams.create_team(owner.once("key-0001", team("North"))).await.unwrap();
        assert_eq!(second.metadata().get("idempotent-replay").map(tonic::metadata::MetadataValue::as_bytes), Some(b"true".as_slice()));
        assert_eq!(first, second.into_inner());
        assert_eq!(count(&world, &owner).await, 1);
    }

    async fn parallel_twins_have_one_effect(world) {
        let owner = world.company("Harrow & Pike").await;
        let calls = (0..16).map(|_| {
            let mut teams = TeamServiceClient::new(world.channel.clone());
            let request = owner.once("key-0002", team("South"));
            async move { teams.create_team(request).await }
        });
        let replies: Vec<_> = futures::future::join_all(calls).await;
        let ids: std::collections::HashSet<String> = replies.into_iter().map(|reply| reply.unwrap().into_inner().team.unwrap().id).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(count(&world, &owner).await, 1);
    }

    async fn a_key_belongs_to_one_request_and_one_person(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut teams = TeamServiceClient::new(world.channel.clone());
        teams.create_team(owner.once("key-0003", team("East"))).await.unwrap();
        let other_body = teams.create_team(owner.once("key-0003", team("West"))).await.unwrap_err();
        assert_eq!(other_body.code(), Code::Aborted);
        assert_eq!(count(&world, &owner).await, 1);
        let stranger = world.company("Elsewhere").await;
        teams.create_team(stranger.once("key-0003", team("East"))).await.unwrap();
        assert_eq!(count(&world, &stranger).await, 1);
        assert_eq!(count(&world, &owner).await, 1);
        for bad in ["short", &"x".repeat(101), "with space in it"] {
            let status = teams.create_team(owner.once(bad, team("North"))).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{bad}");
        }
    }
}
