//! Which of the other systems answer.

use std::time::Duration;

use futures::future::join_all;
use prost_types::Timestamp;
use streamflow_kernel::{clock::timestamp, ctx::Ctx, error::Result, federation::peer};
use streamflow_proto::provider::v1 as pb;
use tokio::time::timeout;
use tonic::Status;

/// A system that needs longer for a greeting is away for whoever looks at the page.
const PATIENCE: Duration = Duration::from_secs(4);

/// When another system last answered this one, to a few seconds.
pub async fn last_answer_at(ctx: &Ctx, system: &str) -> Result<Option<Timestamp>> {
    let heard = ctx.federation().ledger().heard().await?;
    Ok(heard.iter().find(|heard| heard.name == system).and_then(|heard| heard.last_answer_at).and_then(timestamp))
}

/// Greets all of them at once.
pub async fn standings(ctx: &Ctx) -> Result<Vec<pb::PeerStanding>> {
    let standings = join_all(ctx.federation().peers().map(|name| standing(ctx, name))).await;
    standings.into_iter().collect()
}

async fn standing(ctx: &Ctx, name: &'static str) -> Result<pb::PeerStanding> {
    let standing = |state: pb::PeerState| pb::PeerStanding { name: name.to_owned(), state: state.into(), ..Default::default() };
    if ctx.federation().place(name).is_empty() {
        return Ok(standing(pb::PeerState::Unconnected));
    }
    match greet(ctx, name).await {
        Ok(()) => Ok(pb::PeerStanding { last_answer_at: timestamp(ctx.now()), ..standing(pb::PeerState::Answers) }),
        Err(status) => {
            let (last_answer_at, problem) = (last_answer_at(ctx, name).await?, status.message().to_owned());
            Ok(pb::PeerStanding { last_answer_at, problem, ..standing(pb::PeerState::Down) })
        }
    }
}

async fn greet(ctx: &Ctx, name: &str) -> Result<(), Status> {
    let answer = timeout(PATIENCE, peer::handshake(ctx.federation().peer(name)?)).await;
    let late = |_| Status::deadline_exceeded(format!("It did not answer in {} seconds.", PATIENCE.as_secs()));
    answer.map_err(late)?.map(drop)
}
