//! Pieces of an `AppLayout`. Each portal puts them together in its own; pages hand over a title, actions and a panel.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    browser,
    dialog::Dialog,
    guard::LeaveQuestion,
    icon::{Glyph, Icon},
    keys::KeyboardHelp,
    toast::ToastRegion,
};

/// What the page tells the layout. Pages set it with [`use_page`]; the layout's header follows.
#[derive(Clone, Copy)]
pub struct PageSlots {
    pub title: RwSignal<String>,
    /// Quiet number beside the title.
    pub count: RwSignal<String>,
    /// Quiet sentence under the title, where the layout has room for one.
    pub lead: RwSignal<String>,
    /// Link before the title: name and address.
    pub parent: RwSignal<Option<(String, String)>>,
    pub actions: RwSignal<Option<ViewFn>>,
    pub panel: RwSignal<Option<ViewFn>>,
    /// The panel as a sheet, where there is no room beside the page.
    pub panel_open: RwSignal<bool>,
    pub ground: RwSignal<Ground>,
    /// Name and address of the page that everyone here may see, for pages that can't be shown: "the dashboard". The
    /// layout's own word, which stays from page to page.
    pub home: RwSignal<Option<(String, String)>>,
}

/// What the page stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Surface with a gutter.
    #[default]
    Page,
    /// Edge to edge, scrolling inside: lists and boards.
    Flush,
    /// The grey ground, for cards.
    Canvas,
}

impl Default for PageSlots {
    fn default() -> Self {
        Self {
            title: RwSignal::new(String::new()),
            count: RwSignal::new(String::new()),
            lead: RwSignal::new(String::new()),
            parent: RwSignal::new(None),
            actions: RwSignal::new(None),
            panel: RwSignal::new(None),
            panel_open: RwSignal::new(false),
            ground: RwSignal::new(Ground::Page),
            home: RwSignal::new(None),
        }
    }
}

/// Empties the slots for a new page, sets its title and the window's.
pub fn use_page(title: impl Into<String>) -> PageSlots {
    let slots = expect_context::<PageSlots>();
    let title = title.into();
    slots.title.set(title);
    slots.count.set(String::new());
    slots.lead.set(String::new());
    slots.parent.set(None);
    slots.actions.set(None);
    slots.panel.set(None);
    slots.panel_open.set(false);
    slots.ground.set(Ground::Page);
    slots
}

impl PageSlots {
    pub fn with_parent(self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.parent.set(Some((name.into(), address.into())));
        self
    }

    pub fn with_lead(self, lead: impl Into<String>) -> Self {
        self.lead.set(lead.into());
        self
    }

    pub fn flush(self) -> Self {
        self.ground.set(Ground::Flush);
        self
    }

    pub fn canvas(self) -> Self {
        self.ground.set(Ground::Canvas);
        self
    }

    /// Buttons at the end of the header; at most one primary.
    pub fn with_actions<V: IntoView + 'static>(self, actions: impl Fn() -> V + Send + Sync + 'static) -> Self {
        self.actions.set(Some(ViewFn::from(actions)));
        self
    }

    /// Right panel; a sheet behind "Details" below 1180 px.
    pub fn with_panel<V: IntoView + 'static>(self, panel: impl Fn() -> V + Send + Sync + 'static) -> Self {
        self.panel.set(Some(ViewFn::from(panel)));
        self
    }
}

/// The page itself. Focus comes here on each new page, so that keyboards and screen readers start at its beginning.
#[component]
pub fn Content(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let class = move || match slots.ground.get() {
        Ground::Page => "page-content",
        Ground::Flush => "page-content is-flush",
        Ground::Canvas => "page-content is-canvas",
    };
    view! { <main class=class id="content" tabindex="-1">{children()}</main> }
}

/// Keeps the window's title in step: "Customers · StreamFlow".
pub fn follow_title(slots: PageSlots, suffix: &'static str) {
    Effect::new(move |_| {
        let title = slots.title.get();
        document().set_title(&if title.is_empty() { suffix.to_owned() } else { format!("{title} · {suffix}") });
    });
}

/// First thing on the page for keyboards and screen readers.
#[component]
pub fn SkipLink() -> impl IntoView {
    view! {
        <a
            class="skip"
            href="#content"
            on:click=move |event| {
                event.prevent_default();
                browser::focus_soon("#content");
            }
        >
            {t!("Skip to content")}
        </a>
    }
}

/// Title, count and parent for a header.
#[component]
pub fn Crumbs() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    view! {
        <div class="crumbs grow">
            {move || {
                slots
                    .parent
                    .get()
                    .map(|(name, address)| {
                        view! {
                            <a class="not-phone" href=address>{name}</a>
                            <span class="not-phone" aria-hidden="true">"/"</span>
                        }
                    })
            }}
            <h1>{slots.title}</h1>
            {move || {
                let count = slots.count.get();
                (!count.is_empty()).then(|| view! { <span class="count">{count}</span> })
            }}
        </div>
    }
}

/// The head of a page whose title is not in the bar: title, sentence, buttons.
#[component]
pub fn PageHead() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let lead = move || {
        let lead = slots.lead.get();
        (!lead.is_empty()).then(|| view! { <p class="soft">{lead}</p> })
    };
    view! {
        <div class="pagehead">
            <div class="grow">
                <Crumbs/>
                {lead}
            </div>
            <HeaderActions/>
        </div>
    }
}

/// The page's buttons, and "Details" where the panel has no room.
#[component]
pub fn HeaderActions() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    view! {
        {move || slots.actions.get().map(|actions| actions.run())}
        {move || {
            slots
                .panel
                .get()
                .map(|_| {
                    view! {
                        <button type="button" class="btn panel-button" on:click=move |_| slots.panel_open.set(true)>
                            {t!("Details")}
                        </button>
                    }
                })
        }}
    }
}

/// The right panel, and the same as a sheet.
#[component]
pub fn RightPanel() -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    view! {
        {move || {
            slots.panel.get().map(|panel| view! { <aside class="app-panel" aria-label=t!("Details") tabindex="0">{panel.run()}</aside> })
        }}
        <Dialog open=slots.panel_open title=t!("Details")>
            {move || slots.panel.get().map(|panel| panel.run())}
        </Dialog>
    }
}

/// What every layout holds besides its own parts: toasts, the keyboard help and the question before leaving.
#[component]
pub fn LayoutRegions() -> impl IntoView {
    view! {
        <ToastRegion/>
        <KeyboardHelp/>
        <LeaveQuestion/>
    }
}

/// A link of a navigation. Current on its own page and the pages below it.
#[component]
pub fn NavLink(
    #[prop(into)] href: Signal<String>,
    glyph: Glyph,
    #[prop(into)] label: String,
    /// Quiet number at the end.
    #[prop(optional, into)]
    count: Signal<Option<String>>,
) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || href.with(|href| path.with(|path| is_within(path, href)));
    view! {
        <a href=href title=label.clone() aria-current=move || current().then_some("page")>
            <Icon glyph/>
            <span>{label.clone()}</span>
            {move || count.get().map(|count| view! { <span class="count">{count}</span> })}
        </a>
    }
    .into_any()
}

/// `path` is the page itself or one below it.
fn is_within(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_link_is_current_on_its_page_and_below() {
        assert!(super::is_within("/t/a/customers/cus_1", "/t/a/customers"));
        assert!(!super::is_within("/t/a/customers-old", "/t/a/customers"));
    }
}
