//! `streamflow.dev.v1.HealthService`.

use std::collections::HashMap;

use futures::future::join_all;
use prost_types::Timestamp;
use streamflow_kernel::{clock::timestamp, ctx::Ctx, error::Result, federation::health};
use streamflow_proto::{
    dev::v1::{self as pb, health_service_server::HealthService},
    federation::v1::{self as federation, health_service_client::HealthServiceClient},
};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::{convert, domain};
use crate::patience::patiently;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl HealthService for Api {
    async fn get_health(&self, request: Request<pb::GetHealthRequest>) -> Result<Response<pb::GetHealthResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let own = health::look(&ctx).await?;
        let answers: HashMap<String, Option<Timestamp>> =
            own.peers.iter().map(|peer| (peer.name.clone(), peer.last_answer_at)).collect();
        let names: Vec<&'static str> = ctx.federation().peers().collect();
        let others = join_all(names.iter().map(|name| ask(&ctx, name, answers.get(*name).copied().flatten()))).await;
        let now = ctx.now();
        let mut systems = vec![pb::SystemHealth {
            last_answer_at: timestamp(now),
            place: "this system".to_owned(),
            ..convert::system(own, now)
        }];
        systems.extend(others);
        Ok(Response::new(pb::GetHealthResponse { systems, at: timestamp(now) }))
    }
}

/// How another system is; one without an answer is down since its last one.
async fn ask(ctx: &Ctx, name: &str, last_answer_at: Option<Timestamp>) -> pb::SystemHealth {
    let (asked, place) = (Instant::now(), ctx.federation().place(name));
    match answer(ctx, name).await {
        Ok(answer) => pb::SystemHealth {
            round_trip_micros: i64::try_from(asked.elapsed().as_micros()).unwrap_or(i64::MAX),
            last_answer_at: timestamp(ctx.now()),
            place,
            ..convert::system(answer, ctx.now())
        },
        Err(status) => pb::SystemHealth {
            name: name.to_owned(),
            state: pb::SystemState::Down.into(),
            problems: vec![domain::why_down(&status)],
            last_answer_at,
            place,
            ..pb::SystemHealth::default()
        },
    }
}

async fn answer(ctx: &Ctx, name: &str) -> Result<federation::GetHealthResponse, Status> {
    let mut client = HealthServiceClient::new(ctx.federation().peer(name)?);
    patiently(client.get_health(federation::GetHealthRequest {})).await
}
