//! The beginning of a connection by TLS, with an end: neither rustls nor hyper waits less than the peer likes.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, Chain, Join, ReadHalf, WriteHalf, join, split},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::connection::{FIRST_BYTES, PREFACE};
use crate::tls::shown::Shown;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A connection whose peer has said that it speaks HTTP/2, which is there to be read again.
pub(super) type Met = Join<Chain<&'static [u8], ReadHalf<TlsStream<TcpStream>>>, WriteHalf<TlsStream<TcpStream>>>;

/// Shows the certificate, and waits until the peer says what it speaks.
pub(super) async fn meet(stream: TcpStream, shown: &Shown) -> Option<Met> {
    let accepted = tokio::time::timeout(HANDSHAKE, TlsAcceptor::from(shown.config()).accept(stream)).await;
    let refused = match accepted {
        Ok(Ok(stream)) => return speaks(stream).await,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    metrics::counter!("tls_handshakes_failed_total").increment(1);
    tracing::debug!(refused, "a TLS handshake came to nothing");
    None
}

async fn speaks(mut stream: TlsStream<TcpStream>) -> Option<Met> {
    let mut first = [0; PREFACE.len()];
    let read = tokio::time::timeout(FIRST_BYTES, stream.read_exact(&mut first)).await;
    if !matches!(read, Ok(Ok(_))) || first != *PREFACE {
        return None;
    }
    let (reader, writer) = split(stream);
    Some(join(PREFACE.as_slice().chain(reader), writer))
}
