//! `streamflow.provider.v1.FederationService`.

use std::sync::Arc;

use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::Error,
    federation::{
        keys::Key,
        ledger::{Heard, Refused},
        peer,
    },
};
use streamflow_proto::provider::v1::{self as pb, federation_service_server::FederationService};
use tonic::{Request, Response, Status};

use super::standing::standings;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl FederationService for Api {
    async fn list_peers(&self, request: Request<pb::ListPeersRequest>) -> Result<Response<pb::ListPeersResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let federation = ctx.federation();
        let heard = federation.ledger().heard().await?;
        let refused = federation.ledger().refusals().await?;
        let (keys, own) = (federation.keys(), federation.own());
        let peers = federation
            .peers()
            .map(|name| pb::Peer {
                place: federation.place(name),
                refusals: refused.iter().filter(|refused| refused.name == name).map(refused_into_pb).collect(),
                keys_out: keys.of(own, name).iter().map(key_into_pb).collect(),
                keys_in: keys.of(name, own).iter().map(key_into_pb).collect(),
                ..heard.iter().find(|heard| heard.name == name).map_or_else(|| unheard(name), heard_into_pb)
            })
            .collect();
        Ok(Response::new(pb::ListPeersResponse { peers }))
    }

    async fn list_peer_standings(
        &self,
        request: Request<pb::ListPeerStandingsRequest>,
    ) -> Result<Response<pb::ListPeerStandingsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        Ok(Response::new(pb::ListPeerStandingsResponse { standings: standings(&ctx).await? }))
    }

    async fn check_peer(&self, request: Request<pb::CheckPeerRequest>) -> Result<Response<pb::CheckPeerResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let channel =
            ctx.federation().peer(&req.name).map_err(|_| Error::invalid("name", "There is no other system of this name."))?;
        let asked = tokio::time::Instant::now();
        let answer = peer::handshake(channel).await;
        let round_trip_micros = i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX);
        let reply = match answer {
            Ok(greeting) => pb::CheckPeerResponse {
                reached: true,
                problem: String::new(),
                version: greeting.version,
                key_id: greeting.key_id,
                round_trip_micros,
            },
            Err(status) => {
                pb::CheckPeerResponse { problem: status.message().to_owned(), round_trip_micros, ..Default::default() }
            }
        };
        Ok(Response::new(reply))
    }
}

fn unheard(name: &str) -> pb::Peer {
    pb::Peer { name: name.to_owned(), ..Default::default() }
}

fn heard_into_pb(heard: &Heard) -> pb::Peer {
    pb::Peer {
        name: heard.name.clone(),
        last_seen_at: heard.last_seen_at.and_then(timestamp),
        last_key_id: heard.last_key_id.clone(),
        refused: heard.refused,
        last_refused_at: heard.last_refused_at.and_then(timestamp),
        last_refusal: heard.last_refusal.clone(),
        clock_offset_seconds: heard.clock_offset,
        ..Default::default()
    }
}

fn refused_into_pb(refused: &Refused) -> pb::RefusedCalls {
    pb::RefusedCalls { reason: refused.reason.clone(), count: refused.refused, last_at: timestamp(refused.last_at) }
}

fn key_into_pb(key: &Arc<Key>) -> pb::PeerKey {
    pb::PeerKey { id: key.id.clone(), created_at: key.created_at().and_then(timestamp) }
}
