//! T1: a call cancelled at any point must not leave a connection inside a transaction, where the next acknowledged write would be
//! lost.

use std::time::Duration;

use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use streamflow_tests::on_both;

on_both! {
    async fn no_acknowledged_write_is_lost_after_cancelled_calls(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut acknowledged = Vec::new();
        for n in 0..150_u64 {
            let mut teams = TeamServiceClient::new(world.channel.clone());
            let name = format!("cancelled {n}");
            let request = owner.ask(pb::CreateTeamRequest { team: Some(pb::Team { name, ..Default::default() }) });
            let _ = tokio::time::timeout(Duration::from_micros(n * 40), teams.create_team(request)).await;
            let name = format!("kept {n}");
            let request = owner.ask(pb::CreateTeamRequest { team: Some(pb::Team { name: name.clone(), ..Default::default() }) });
            teams.create_team(request).await.expect("an acknowledged write");
            acknowledged.push(name);
        }
        // Read through fresh connections: what was acknowledged is there, once.
        let twin = world.twin().await;
        let mut teams = TeamServiceClient::new(twin.channel.clone());
        let stored: Vec<String> = teams.list_teams(owner.ask(pb::ListTeamsRequest {})).await.unwrap().into_inner().teams.into_iter().map(|team| team.name).collect();
        for name in acknowledged {
            assert_eq!(stored.iter().filter(|stored| **stored == name).count(), 1, "{name}");
        }
    }
}
