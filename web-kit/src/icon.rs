//! Icons: one inline SVG each, coloured by the text around it.

#[rustfmt::skip]
pub mod glyphs;

use leptos::prelude::*;

/// One drawing, 512 units high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    width: u16,
    path: &'static str,
}

impl Glyph {
    pub const fn new(width: u16, path: &'static str) -> Self {
        Self { width, path }
    }
}

/// Hidden from screen readers: the word beside an icon, or the name of its button, says the same.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" viewBox=format!("0 0 {} 512", glyph.width)>
            <path d=glyph.path></path>
        </svg>
    }
    .into_any()
}

/// The family's mark: two streams in a square of the portal's colour.
#[component]
pub fn Mark(#[prop(optional)] large: bool) -> impl IntoView {
    view! {
        <span class=if large { "mark is-lg" } else { "mark" }>
            <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d="M3 7.2c4.5 0 4.5 3 9 3s4.5-3 9-3"></path>
                <path d="M3 13.8c4.5 0 4.5 3 9 3s4.5-3 9-3" opacity=".62"></path>
            </svg>
        </span>
    }
    .into_any()
}
