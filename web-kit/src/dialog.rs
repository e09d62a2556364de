//! Dialogs: the browser's own `<dialog>` keeps the focus in and the rest of the page out; a sheet from below on phones.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};

use crate::{
    browser,
    button::{Button, IconButton, Kind},
    field::TextField,
    form::FormState,
    icon::glyphs,
    toast::use_toasts,
};

/// Closes the dialog around without an answer.
#[derive(Clone, Copy)]
struct Dismiss(Callback<()>);

/// Shows while `open`. The title says what, the text how many it affects. Focus returns to the opener.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// 920 px instead of 560, for comparisons.
    #[prop(optional)]
    wide: bool,
    /// Buttons at the foot.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    /// Called when it closes without an answer: Esc, the cross, or the ground around it.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
    /// The form inside, when its fields outlive the closing: what was typed is offered back then.
    #[prop(optional, into)]
    form: Option<FormState>,
    /// While true only a button of its own closes it: for what is shown once.
    #[prop(optional, into)]
    locked: Signal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let foot = StoredValue::new(foot);
    view! {
        <Show when=move || open.get()>
            <Opened open title wide foot=foot.get_value() on_dismiss form locked children=children.get_value()/>
        </Show>
    }
    .into_any()
}

#[component]
fn Opened(
    open: RwSignal<bool>,
    title: Signal<String>,
    wide: bool,
    foot: Option<ViewFn>,
    on_dismiss: Option<Callback<()>>,
    form: Option<FormState>,
    locked: Signal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let heading = browser::uid("dialog");
    return_focus();
    Effect::new(move |_| {
        if let Some(dialog) = node.get() {
            show_modal(&dialog);
        }
    });
    let dismiss = move || {
        if locked.get_untracked() {
            return;
        }
        open.set(false);
        if form.is_some_and(|form| form.dirty.get_untracked()) {
            offer_back(open);
        }
        if let Some(dismissed) = on_dismiss {
            dismissed.run(());
        }
    };
    provide_context(Dismiss(Callback::new(move |()| dismiss())));
    view! {
        <dialog
            node_ref=node
            class="overlay"
            aria-labelledby=heading.clone()
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                dismiss();
            }
            // A second Esc closes it whatever the page says.
            on:close=move |_| {
                if let Some(dialog) = node.get_untracked().filter(|_| locked.get_untracked()) {
                    show_modal(&dialog);
                }
            }
            on:mousedown=move |event| {
                let on_ground = event.target().zip(event.current_target()).is_some_and(|(at, ground)| at == ground);
                if on_ground {
                    dismiss();
                }
            }
        >
            <div class=if wide { "dialog is-wide" } else { "dialog" }>
                <header class="dialog-head">
                    <h2 class="t-16 grow" id=heading.clone()>{title}</h2>
                    <Show when=move || !locked.get()>
                        <IconButton label=t!("Close") glyph=glyphs::XMARK small=true on_click=move |_| dismiss()/>
                    </Show>
                </header>
                <div class="dialog-body">{children()}</div>
                {foot.map(|foot| view! { <footer class="dialog-foot">{foot.run()}</footer> })}
            </div>
        </dialog>
    }
}

/// The button at a dialog's foot that closes it without an answer.
#[component]
pub fn Cancel(
    /// Not the first at the foot, so that it is another that pushes the rest to the end.
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let Dismiss(dismiss) = expect_context();
    let class = if plain { "" } else { "push" };
    view! { <Button class on_click=move |_| dismiss.run(())>{t!("Cancel")}</Button> }
}

/// Says that a form was closed with typed work in it, and leads back.
fn offer_back(open: RwSignal<bool>) {
    use_toasts().say_with_undo(t!("Closed without saving; what you typed is kept"), move || {
        open.try_set(true);
    });
}

/// When the calling component goes, the focus goes back to where it is now, or to the page where that is gone or nowhere.
pub(crate) fn return_focus() {
    let opener = StoredValue::new_local(browser::focused().filter(|opener| opener.tag_name() != "BODY"));
    on_cleanup(move || {
        let Some(opener) = opener.try_get_value() else { return };
        request_animation_frame(move || match opener.filter(|opener| opener.is_connected()) {
            Some(opener) => {
                let _ = opener.focus();
            }
            None => browser::focus_soon("#content"),
        });
    });
}

fn show_modal(dialog: &HtmlDialogElement) {
    if !dialog.open() && dialog.show_modal().is_ok() {
        // The cross comes first in the document, but the first field is what the dialog is for.
        let first = dialog
            .query_selector("[autofocus], .dialog-body :is(input, select, textarea), .dialog-foot .btn-primary")
            .ok()
            .flatten();
        if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
            let _ = first.focus();
        }
    }
}

/// Asks before something that can't be undone. With `type_to_confirm` the words must be typed first.
///
/// A page that keeps what is asked about in a signal of its own clears it in `on_dismiss`. It must not watch `open` for that: where
/// `open` follows that signal, the two would set each other for ever and the page would stand still.
#[component]
pub fn ConfirmDialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// Verb and thing on the red button: "Delete 3 teams".
    #[prop(into)]
    action: Signal<String>,
    #[prop(optional, into)] type_to_confirm: Option<String>,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(into)] on_confirm: Callback<()>,
    /// Called when it closes without an answer: Cancel, Esc, the cross, or the ground around it.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
    children: ChildrenFn,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let wanted = StoredValue::new(type_to_confirm);
    let refused = Signal::derive(move || {
        let wanted = wanted.get_value()?;
        (typed.get().trim() != wanted).then(|| t!("Type “{wanted}” first", wanted))
    });
    let dismissed = move || {
        if let Some(dismissed) = on_dismiss {
            dismissed.run(());
        }
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Danger busy disabled_because=refused on_click=move |_| on_confirm.run(())>
                {action}
            </Button>
        }
    });
    let children = StoredValue::new(children);
    view! {
        <Dialog open title foot on_dismiss=move |()| dismissed()>
            <div class="stack gap-4">
                {children.get_value()()}
                {wanted
                    .get_value()
                    .map(|words| {
                        view! { <TextField name="confirm" label=t!("Type “{words}” to confirm", words) value=typed/> }
                    })}
            </div>
        </Dialog>
    }
    .into_any()
}
