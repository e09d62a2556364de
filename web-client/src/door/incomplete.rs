//! A link from a mail that did not arrive whole: mail programs break long ones.

use leptos::prelude::*;
use web_kit::{
    button::LinkButton,
    icon::{Icon, glyphs},
};

#[component]
pub fn Incomplete(
    /// Where to ask for another link.
    anew: &'static str,
) -> impl IntoView {
    view! {
        <div class="note is-danger" role="alert">
            <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
            <span>{t!("This link is not complete. Copy all of it from the mail, or ask for a new one.")}</span>
        </div>
        <LinkButton href=anew class="btn-lg">{t!("Ask for a new link")}</LinkButton>
    }
}
