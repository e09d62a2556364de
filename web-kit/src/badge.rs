//! Badge, status, tag, avatar: a fact with weight, a state in a row, a person's own word, a person.

use leptos::prelude::*;

use crate::{
    format::initials,
    icon::{Glyph, Icon},
};

/// Colour of a status; always beside an icon and a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Accent,
    Info,
    Success,
    Warning,
    Danger,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "is-neutral",
            Self::Accent => "is-accent",
            Self::Info => "is-info",
            Self::Success => "is-success",
            Self::Warning => "is-warning",
            Self::Danger => "is-danger",
        }
    }
}

/// A fact with weight: "21 days".
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, #[prop(optional)] glyph: Option<Glyph>, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class())>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {text}
        </span>
    }
    .into_any()
}

/// A state in a row: icon and word.
#[component]
pub fn Status(#[prop(optional)] tone: Tone, glyph: Glyph, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("status {}", tone.class())><Icon glyph/>{text}</span> }.into_any()
}

/// A person's own word.
#[component]
pub fn Tag(#[prop(into)] text: String) -> impl IntoView {
    view! { <span class="tag">{text}</span> }.into_any()
}

/// A person by initials; the name stands beside it or is given by `named`.
#[component]
pub fn Avatar(#[prop(into)] name: String, #[prop(optional)] medium: bool, #[prop(optional)] named: bool) -> impl IntoView {
    let class = if medium { "avatar is-md" } else { "avatar" };
    let short = initials(&name);
    if named {
        view! { <span class=class role="img" aria-label=name.clone() title=name>{short}</span> }.into_any()
    } else {
        view! { <span class=class aria-hidden="true">{short}</span> }.into_any()
    }
}
