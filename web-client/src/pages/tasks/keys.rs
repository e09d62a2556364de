//! J and K move between tasks, X settles one, E changes it, Enter opens what it is about: as in the lists.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast as _;
use web_kit::{browser, keys::use_shortcut};
use web_sys::HtmlElement;

const BOXES: &str = ".tasks .task-row > .box";

/// The focus is where one is: what moves it also tells those who hear the page.
pub fn use_task_keys() {
    use_shortcut("j", t!("Next task"), || step(1));
    use_shortcut("k", t!("Task before"), || step(-1));
    use_shortcut("x", t!("Settle the task, or open it again"), || {
        if let Some(chosen) = chosen() {
            chosen.click();
        }
    });
    use_shortcut("e", t!("Change the task"), || {
        let row = chosen().and_then(|chosen| chosen.parent_element());
        let edit = row.and_then(|row| row.query_selector(".task-edit").ok().flatten());
        if let Some(edit) = edit.and_then(|edit| edit.dyn_into::<HtmlElement>().ok()) {
            edit.click();
        }
    });
    // Served by `open_on_enter`; here for the list of keys.
    use_shortcut("enter", t!("Open what the task is about"), open);
}

/// Enter on the box of a task.
pub fn open_on_enter(event: &KeyboardEvent) {
    if event.key() == "Enter" && chosen().is_some() {
        event.prevent_default();
        open();
    }
}

fn open() {
    let row = chosen().and_then(|chosen| chosen.parent_element());
    let link = row.and_then(|row| row.query_selector("a").ok().flatten());
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        link.click();
    }
}

/// The box that has the focus.
fn chosen() -> Option<HtmlElement> {
    browser::focused().filter(|element| element.matches(BOXES).unwrap_or_default())
}

fn step(by: isize) {
    let Ok(list) = document().query_selector_all(BOXES) else { return };
    let boxes: Vec<HtmlElement> =
        (0..list.length()).filter_map(|at| list.item(at)).filter_map(|node| node.dyn_into().ok()).collect();
    let now = chosen().and_then(|chosen| boxes.iter().position(|one| *one == chosen));
    let next = now.map_or(0, |now| now.saturating_add_signed(by));
    if let Some(next) = boxes.get(next.min(boxes.len().saturating_sub(1))) {
        let _ = next.focus();
    }
}
