//! A file of the vault as a stream of messages.

use futures::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use streamflow_kernel::{ctx::Ctx, error::Error, vault::Reader};
use tonic::Status;

use crate::record::export::Right;

/// The reader decides how long it takes, so each piece asks whether the person may still have it.
pub fn pieces<M: 'static>(
    ctx: Ctx,
    right: Right,
    file: Reader,
    message: fn(Vec<u8>) -> M,
) -> BoxStream<'static, Result<M, Status>> {
    let pieces = stream::try_unfold((ctx, file), move |(ctx, mut file)| async move {
        right.check(&ctx, &ctx.read().await?).await?;
        let piece = file.next().await?;
        Ok::<_, Error>(piece.map(|data| (message(data), (ctx, file))))
    });
    pieces.map_err(Status::from).boxed()
}
