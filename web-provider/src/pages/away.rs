//! What a page says while the companies' own system can't be reached.

use leptos::prelude::*;
use prost_types::Timestamp;
use web_kit::{
    format::{ago, moment},
    icon::{Icon, glyphs},
};

/// `meanwhile` is what goes on, and what comes by itself.
#[component]
pub fn AwayNote(since: Option<Timestamp>, meanwhile: &'static str) -> impl IntoView {
    let text = match &since {
        Some(at) => t!(
            "The companies’ own system can’t be reached. It last answered {ago} ({at}). {meanwhile}",
            ago = ago(Some(at)),
            at = moment(Some(at)),
            meanwhile
        ),
        None => t!("The companies’ own system can’t be reached. It has not answered this system so far. {meanwhile}", meanwhile),
    };
    view! {
        <div class="note is-warning" role="status">
            <Icon glyph=glyphs::PLUG_CIRCLE_XMARK/>
            <span>{text}</span>
        </div>
    }
    .into_any()
}
