//! Saves what the server streams as a file of this machine.

use tonic::{Code, Response, Status, Streaming};
use web_kit::{api::error::ApiError, browser};

/// `data` takes the bytes out of a message; `so_far` hears how many there are. `name` is the file's name and its media type.
pub async fn save<M>(
    opened: Result<Response<Streaming<M>>, Status>,
    data: fn(M) -> Vec<u8>,
    name: (&str, &str),
    so_far: impl Fn(i64),
) -> Result<(), ApiError> {
    let refused = |status: Status| ApiError::from_status(&status);
    let mut stream = opened.map_err(refused)?.into_inner();
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let mut size = 0;
    while let Some(piece) = stream.message().await.map_err(refused)? {
        let piece = data(piece);
        size += i64::try_from(piece.len()).unwrap_or(i64::MAX);
        pieces.push(piece);
        so_far(size);
    }
    let parts: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    browser::save(name.0, name.1, &parts).map_err(|refused| ApiError::new(Code::FailedPrecondition, refused))
}
