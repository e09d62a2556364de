//! Light, dark, or as the system says. `boot/theme.js` applies the choice before the first paint.

use leptos::prelude::*;

use crate::{browser, button::IconButton, icon::glyphs};

const KEY: &str = "theme";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub fn current() -> Self {
        match browser::stored(KEY).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Self::System)
    }

    /// Applies and remembers.
    pub fn choose(self) {
        let value = (self != Self::System).then(|| self.name());
        browser::store(KEY, value);
        let Some(root) = document().document_element() else {
            return;
        };
        let _ = match value {
            Some(value) => root.set_attribute("data-theme", value),
            None => root.remove_attribute("data-theme"),
        };
    }
}

/// Switches between light and dark.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let toggle = move |_| {
        let dark = match Theme::current() {
            Theme::System => browser::matches("(prefers-color-scheme: dark)"),
            theme => theme == Theme::Dark,
        };
        if dark { Theme::Light } else { Theme::Dark }.choose();
    };
    view! { <IconButton label=t!("Switch between light and dark") glyph=glyphs::CIRCLE_HALF_STROKE on_click=toggle/> }
}
