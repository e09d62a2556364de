//! The buttons of a record's header.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind},
    icon::glyphs,
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::noun::{Noun, archive, restore};
use crate::api::may;

/// "Edit", and the rest in a menu. Nothing is shown that this person may not do.
#[component]
pub fn RecordActions(
    edit: Option<Callback<()>>,
    /// "Edit" is the page's one primary button.
    #[prop(default = true)]
    primary: bool,
    #[prop(into)] menu: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let kind = if primary { Kind::Primary } else { Kind::Quiet };
    view! {
        {edit
            .map(|edit| {
                view! {
                    <Button kind glyph=glyphs::PEN on_click=move |_| edit.run(())>
                        <span class="not-phone">{t!("Edit")}</span>
                    </Button>
                }
            })}
        <Show when=move || menu.with(|items| !items.is_empty())>
            <Menu label=t!("More actions") glyph=glyphs::ELLIPSIS icon_only=true items=menu/>
        </Show>
    }
}

/// "Archive" or "Restore", with the way back.
pub fn archive_item(
    noun: &'static Noun,
    id: &str,
    name: &str,
    is_archived: bool,
    problem: RwSignal<Option<ApiError>>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> Option<MenuItem> {
    if !may("record.archive") {
        return None;
    }
    let (id, name) = (id.to_owned(), name.to_owned());
    let (label, glyph) = if is_archived { (t!("Restore"), glyphs::ROTATE_LEFT) } else { (t!("Archive"), glyphs::BOX_ARCHIVE) };
    let put = move || put(noun, (id.clone(), name.clone()), !is_archived, problem, done);
    Some(MenuItem::new(label, put).glyph(glyph))
}

/// Archives or restores one record of that id and name, and offers the opposite.
fn put(
    noun: &'static Noun,
    record: (String, String),
    away: bool,
    problem: RwSignal<Option<ApiError>>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) {
    spawn_local(async move {
        let ids = vec![record.0.clone()];
        let answer = if away { archive(noun.kind, ids).await } else { restore(noun.kind, ids).await };
        // The page may be another one by now; the undo of a toast still works there.
        let here = problem.try_set(answer.as_ref().err().cloned()).is_none();
        match answer {
            Ok(_) => {
                if here {
                    done();
                }
                let told = if away { t!("{name} archived", name = record.1) } else { t!("{name} restored", name = record.1) };
                use_toasts().say_with_undo(told, move || put(noun, record.clone(), !away, problem, done));
            }
            Err(error) if !here => use_toasts().say(t!("Not done: {reason}", reason = error.sentence())),
            Err(_) => {}
        }
    });
}
