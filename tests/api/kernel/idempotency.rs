//! A mutation with an `idempotency-key` has one effect, however often and however parallel it is sent.

use prost::Message as _;
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::db::Backend;
use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{on_both, person::Person, world::World};
use tonic::Code;

fn team(name: &str) -> pb::CreateTeamRequest {
    pb::CreateTeamRequest { team: Some(pb::Team { name: name.to_owned(), ..Default::default() }) }
}

async fn count(world: &World, person: &Person) -> usize {
    let mut teams = TeamServiceClient::new(world.channel.clone());
    teams.list_teams(person.ask(pb::ListTeamsRequest::default())).await.unwrap().into_inner().teams.len()
}

#[derive(FromQueryResult)]
struct Kept {
    reply: Vec<u8>,
}

fn contains(bytes: &[u8], what: impl AsRef<[u8]>) -> bool {
    bytes.windows(what.as_ref().len()).any(|window| window == what.as_ref())
}

on_both! {
    async fn a_kept_reply_shows_nothing_that_is_encrypted_elsewhere(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut customers = CustomerServiceClient::new(world.channel.clone());
        let customer = pb::Customer { name: "Berglund".into(), ..Default::default() };
        let request = owner.once("key-0010", pb::CreateCustomerRequest { customer: Some(customer) });
        let customer = customers.create_customer(request).await.unwrap().into_inner().customer.unwrap();
        let canaries = ["CANARYTAXID", "CANARYBANKDETAILS", "CANARYPRIVATENOTE"];
        let [tax_id, bank_details, private_note] = canaries.map(str::to_owned);
        let private = pb::CustomerPrivate { customer_id: customer.id, version: 0, tax_id, bank_details, private_note };
        let request = || owner.once("key-0011", pb::UpdateCustomerPrivateRequest { private: Some(private.clone()) });
        let first = customers.update_customer_private(request()).await.unwrap().into_inner();
        let again = customers.update_customer_private(request()).await.unwrap();
        assert!(again.metadata().contains_key("idempotent-replay"));
        assert_eq!(again.into_inner(), first);
        let db = world.kernel.database.system_read().await.unwrap();
        let kept: Vec<Kept> = db.query("SELECT reply FROM idempotency", vec![]).await.unwrap();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|kept| !contains(&kept.reply, "CANARY") && !contains(&kept.reply, "Berglund")));
        // A plain hash of the request would let its fields be guessed.
        let hash = Sha256::digest(request().get_ref().encode_to_vec());
        assert!(kept.iter().all(|kept| !contains(&kept.reply, hash)));
        if world.backend == Backend::Sqlite {
            for file in ["client.db", "client.db-wal"] {
                let bytes = std::fs::read(world.folder.path().join(file)).unwrap();
                assert!(canaries.iter().all(|canary| !contains(&bytes, canary)), "{file}");
                assert!(!contains(&bytes, hash), "{file}");
            }
        }
    }

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
