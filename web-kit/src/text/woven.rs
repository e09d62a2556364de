//! Texts in whose places stands more than words.

use leptos::prelude::*;

use super::places::pieces;

/// `woven(t!("We wrote to {email}."), |_| view)`: the text's words, and in each of its places what `at` makes for the name of it. A
/// translation may have the places in any order.
pub fn woven(text: &'static str, at: impl Fn(&str) -> AnyView) -> Vec<AnyView> {
    pieces(text).map(|piece| piece.map_or_else(&at, IntoAny::into_any)).collect()
}
