//! Duplicates that were merged: the way to look for them, and from one that is gone to the one that stayed.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use web_kit::{icon::glyphs, menu::MenuItem, toast::use_toasts};

use super::noun::Noun;
use crate::api::may;

/// Whether this person merges records at all.
pub fn may_merge() -> bool {
    may("record.merge")
}

/// Makes the menu item of a record that looks for its duplicates.
pub fn use_duplicates_item(noun: &'static Noun) -> impl Fn(&str) -> Option<MenuItem> + Copy + Send + Sync + 'static {
    let navigate = StoredValue::new_local(use_navigate());
    move |id: &str| {
        let target = format!("{}?of={id}", noun.address("duplicates"));
        let go = move || navigate.with_value(|navigate| navigate(&target, NavigateOptions::default()));
        may_merge().then(|| MenuItem::new(t!("Find duplicates"), go).glyph(glyphs::CODE_MERGE))
    }
}

/// Opens the survivor in place of a record that was merged into it. `target` is the survivor's id, or empty.
pub fn follow_merged(noun: &'static Noun, target: impl Fn() -> String + Send + Sync + 'static) {
    let navigate = use_navigate();
    let target = Memo::new(move |_| target());
    Effect::new(move |_| {
        let id = target.get();
        if !id.is_empty() {
            use_toasts().say(t!("This {one} was merged; here is the one that stayed", one = t!(noun.one)));
            navigate(&noun.address(&id), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}
