//! [`Pieces`]: an answer that is written while its rows are read. One row's texts are given back before the next row's are asked for,
//! so that a page of them costs the memory of one.

use std::marker::PhantomData;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;
use tonic::Response;

use crate::error::{Error, Result};

/// What stands before a message on the wire: whether it is compressed, and its length.
const FRAME: usize = 5;

/// The bytes of an answer of the kind `R`, so far.
#[derive(Debug)]
pub struct Pieces<R> {
    framed: BytesMut,
    of: PhantomData<R>,
}

/// A framed message, on its way in the response of its RPC to the access layer, which sends it in place of the RPC's own.
#[derive(Clone, Debug)]
pub(crate) struct Written(pub Bytes);

impl<R: Message + Default> Pieces<R> {
    /// `size` is about how many bytes will come.
    pub fn new(size: usize) -> Self {
        let mut framed = BytesMut::with_capacity(FRAME + size);
        framed.put_bytes(0, FRAME);
        Self { framed, of: PhantomData }
    }

    /// Messages one behind the other are one message, whose lists hold what all of their lists hold.
    pub fn add(&mut self, piece: &R) -> Result<()> {
        piece.encode(&mut self.framed).map_err(Error::internal)
    }

    /// The answer of an RPC. Its message is empty: whoever has it before the access layer sees nothing of what was written.
    pub fn into_response(self) -> Response<R> {
        let mut framed = self.framed;
        let length = u32::try_from(framed.len() - FRAME).unwrap_or(u32::MAX);
        framed[1..FRAME].copy_from_slice(&length.to_be_bytes());
        let mut response = Response::new(R::default());
        response.extensions_mut().insert(Written(framed.freeze()));
        response
    }
}

#[cfg(test)]
mod tests {
    use streamflow_proto::common::v1::PageInfo;

    use super::*;

    #[test]
    fn pieces_are_one_message_in_a_frame_of_its_length() {
        let mut pieces = Pieces::new(0);
        pieces.add(&PageInfo { next_page_token: "next".to_owned(), ..PageInfo::default() }).unwrap();
        pieces.add(&PageInfo { total_size: 7, ..PageInfo::default() }).unwrap();
        let response = pieces.into_response();
        assert_eq!(response.get_ref(), &PageInfo::default());
        let Written(framed) = response.extensions().get::<Written>().unwrap();
        let (frame, message) = framed.split_at(FRAME);
        assert_eq!(frame, [0, 0, 0, 0, u8::try_from(message.len()).unwrap()]);
        let expected = PageInfo { next_page_token: "next".to_owned(), total_size: 7, ..PageInfo::default() };
        assert_eq!(PageInfo::decode(message).unwrap(), expected);
    }
}
