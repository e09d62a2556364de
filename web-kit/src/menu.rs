//! A button that opens a list of things to do, and a panel that hangs under a button.

use std::sync::Arc;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    browser,
    button::Kind,
    icon::{Glyph, Icon},
};

/// One thing to do.
#[derive(Clone)]
pub struct MenuItem {
    pub label: String,
    pub glyph: Option<Glyph>,
    pub danger: bool,
    pub run: Arc<dyn Fn() + Send + Sync>,
}

impl MenuItem {
    pub fn new(label: impl Into<String>, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label: label.into(), glyph: None, danger: false, run: Arc::new(run) }
    }

    pub fn glyph(mut self, glyph: Glyph) -> Self {
        self.glyph = Some(glyph);
        self
    }

    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// A button with a menu. `glyph` alone makes an icon button; then `label` is its name.
#[component]
pub fn Menu(
    #[prop(into)] label: Signal<String>,
    #[prop(optional)] glyph: Option<Glyph>,
    /// Only the icon is shown.
    #[prop(optional)]
    icon_only: bool,
    #[prop(default = Kind::Ghost)] kind: Kind,
    #[prop(optional, into)] class: Option<&'static str>,
    /// Takes the place of the glyph, e.g. a person's initials.
    #[prop(optional, into)]
    face: Option<ViewFn>,
    /// Words above the things to do.
    #[prop(optional, into)]
    head: Option<ViewFn>,
    #[prop(into)] items: Signal<Vec<MenuItem>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let move_focus = move |event: ev::KeyboardEvent| {
        let Some(item) = browser::focused() else { return };
        let menu = || item.parent_element();
        let next = match &*event.key() {
            "ArrowDown" => item.next_element_sibling(),
            "ArrowUp" => item.previous_element_sibling(),
            "Home" => menu().and_then(|menu| menu.first_element_child()),
            "End" => menu().and_then(|menu| menu.last_element_child()),
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next.and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = next.focus();
        }
    };
    view! {
        <Popover open label glyph=glyph face icon_only kind class=class.unwrap_or_default() has_menu=true>
            {head.as_ref().map(ViewFn::run)}
            <div class="menu" role="menu" aria-label=label on:keydown=move_focus>
                {move || {
                    items
                        .get()
                        .into_iter()
                        .map(|item| {
                            view! {
                                <button
                                    type="button"
                                    role="menuitem"
                                    class=if item.danger { "menu-item is-danger" } else { "menu-item" }
                                    on:click=move |event| {
                                        focus_button(&event);
                                        open.set(false);
                                        (item.run)();
                                    }
                                >
                                    {item.glyph.map(|glyph| view! { <Icon glyph/> })}
                                    <span class="grow truncate">{item.label.clone()}</span>
                                </button>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </Popover>
    }
    .into_any()
}

/// Before anything is done: a dialog that opens now gives the focus back to where it was, and the item is gone by then.
fn focus_button(event: &ev::MouseEvent) {
    let place = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|item| item.closest(".pop").ok()?);
    let button = place.and_then(|place| place.query_selector(".pop-button").ok()?);
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = button.focus();
    }
}

/// A button with a panel under it; the panel closes on Esc and on a click elsewhere, and gets the focus.
#[component]
pub fn Popover(
    open: RwSignal<bool>,
    #[prop(into)] label: Signal<String>,
    #[prop(default = None)] glyph: Option<Glyph>,
    /// Takes the place of the glyph.
    #[prop(default = None)]
    face: Option<ViewFn>,
    #[prop(optional)] icon_only: bool,
    #[prop(default = Kind::Ghost)] kind: Kind,
    #[prop(default = "")] class: &'static str,
    #[prop(optional)] has_menu: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let children = StoredValue::new(children);
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let inside = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
            .zip(place.get_untracked())
            .is_some_and(|(target, place)| place.contains(Some(&target)));
        if !inside && open.get_untracked() {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    Effect::new(move |was: Option<bool>| {
        let now = open.get();
        if let Some(place) = place.get_untracked() {
            let wanted = if now { ".popover :is(button, input, select, a)" } else { ".pop-button" };
            if now || was == Some(true) {
                request_animation_frame(move || {
                    let target = place.query_selector(wanted).ok().flatten();
                    if let Some(target) = target.and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok()) {
                        let _ = target.focus();
                    }
                });
            }
        }
        now
    });
    let button_class = format!("btn btn-sm pop-button {class} {}", button_kind(kind, icon_only));
    view! {
        <div
            class="pop"
            node_ref=place
            on:keydown=move |event| {
                if event.key() == "Escape" && open.get_untracked() {
                    event.stop_propagation();
                    event.prevent_default();
                    open.set(false);
                }
            }
        >
            <button
                type="button"
                class=button_class
                aria-haspopup=if has_menu { "menu" } else { "dialog" }
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-label=move || icon_only.then(|| label.get())
                title=move || icon_only.then(|| label.get())
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {glyph.map(|glyph| view! { <Icon glyph/> })}
                {face.map(|face| face.run())}
                {(!icon_only).then_some(label)}
            </button>
            <Show when=move || open.get()>
                <div class="popover pop-panel">{children.get_value()()}</div>
            </Show>
        </div>
    }
    .into_any()
}

fn button_kind(kind: Kind, icon_only: bool) -> String {
    let icon = if icon_only { "btn-icon" } else { "" };
    format!("{} {icon}", kind.class())
}
