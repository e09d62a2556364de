//! Buttons. One primary in a view; the label is a verb and a thing.

use leptos::{ev::MouseEvent, prelude::*};

use crate::icon::{Glyph, Icon};

/// How much a button says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Quiet,
    Primary,
    /// For toolbars.
    Ghost,
    /// Only inside the dialog that confirms.
    Danger,
    DangerQuiet,
}

impl Kind {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "",
            Self::Primary => "btn-primary",
            Self::Ghost => "btn-ghost",
            Self::Danger => "btn-danger",
            Self::DangerQuiet => "btn-danger-quiet",
        }
    }
}

#[component]
pub fn Button(
    #[prop(optional)] kind: Kind,
    #[prop(optional)] glyph: Option<Glyph>,
    /// Sends the form it stands in.
    #[prop(optional)]
    submit: bool,
    #[prop(optional)] small: bool,
    #[prop(optional)] large: bool,
    /// As wide as its place.
    #[prop(optional)]
    block: bool,
    /// Working: keeps its width and can't be pressed again.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Says why it can't be pressed; None when it can.
    #[prop(optional, into)]
    disabled_because: Signal<Option<String>>,
    #[prop(optional, into)] class: Option<&'static str>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
    #[prop(optional)] key_hint: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let press = move |event: MouseEvent| {
        if busy.get_untracked() || disabled_because.get_untracked().is_some() {
            event.prevent_default();
        } else if let Some(press) = on_click {
            press.run(event);
        }
    };
    let class = [
        "btn",
        kind.class(),
        if small { "btn-sm" } else { "" },
        if large { "btn-lg" } else { "" },
        if block { "btn-block" } else { "" },
        class.unwrap_or_default(),
    ]
    .join(" ");
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=class
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || disabled_because.get().map(|_| "true")
            title=move || disabled_because.get()
            on:click=press
        >
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {children()}
            {key_hint.map(|key| view! { <kbd class="kbd" aria-hidden="true">{key}</kbd> })}
        </button>
    }
    .into_any()
}

/// A button that is only an icon; `label` names it.
#[component]
pub fn IconButton(
    #[prop(into)] label: Signal<String>,
    glyph: Glyph,
    #[prop(default = Kind::Ghost)] kind: Kind,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] class: Option<&'static str>,
    #[prop(optional, into)] pressed: Signal<Option<bool>>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
) -> impl IntoView {
    let class = ["btn btn-icon", kind.class(), if small { "btn-sm" } else { "" }, class.unwrap_or_default()].join(" ");
    view! {
        <button
            type="button"
            class=class
            aria-label=label
            title=label
            aria-pressed=move || pressed.get().map(|on| if on { "true" } else { "false" })
            disabled=disabled
            on:click=move |event| {
                if let Some(press) = on_click {
                    press.run(event);
                }
            }
        >
            <Icon glyph/>
        </button>
    }
    .into_any()
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let class = ["btn", kind.class(), if small { "btn-sm" } else { "" }, class.unwrap_or_default()].join(" ");
    view! {
        <a class=class href=href>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {children()}
        </a>
    }
    .into_any()
}
