//! Another system as this one knows it, and `streamflow.federation.v1.PeerService`.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use streamflow_proto::federation::v1::{self as pb, peer_service_client::PeerServiceClient, peer_service_server::PeerService};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::FederationChannel;
use crate::{
    clock::timestamp,
    ctx::{Ctx, OrgFacts, Principal},
    db::{NO_ORG, Visibility},
    error::Error,
    session::Level,
};

/// Who made a call, by its signature. Only the guard makes one.
#[derive(Clone, Debug)]
pub struct Peer {
    pub(super) name: &'static str,
    pub(super) key_id: String,
}

impl Peer {
    /// The caller as the access layer sees it. What it may do comes from our table and its verified name alone.
    pub(crate) fn principal(&self, now: DateTime<Utc>) -> Principal {
        let digest = Sha256::digest(format!("streamflow system {}", self.name));
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Principal {
            session_id: Uuid::nil(),
            level: Level::Full,
            user_id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            org_id: NO_ORG,
            role: self.name.to_uppercase(),
            read_only: false,
            team_ids: Vec::new(),
            visibility: Visibility::Nothing,
            display_name: self.name.to_owned(),
            email: String::new(),
            second_factor: false,
            created_at: now,
            last_seen_at: now,
            expires_at: now,
            revoked_at: None,
            org: OrgFacts::default(),
            support: None,
        }
    }
}

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl PeerService for Api {
    async fn handshake(&self, request: Request<pb::HandshakeRequest>) -> Result<Response<pb::HandshakeResponse>, Status> {
        let peer = request.extensions().get::<Peer>().cloned();
        let key_id = peer.ok_or_else(|| Error::internal("a call without its caller"))?.key_id;
        let (ctx, _) = Ctx::enter(request)?;
        Ok(Response::new(pb::HandshakeResponse {
            system: ctx.federation().own().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key_id,
            at: timestamp(ctx.now()),
        }))
    }
}

/// Greets another system.
pub async fn handshake(channel: FederationChannel) -> Result<pb::HandshakeResponse, Status> {
    Ok(PeerServiceClient::new(channel).handshake(pb::HandshakeRequest {}).await?.into_inner())
}
