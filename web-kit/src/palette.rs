//! Ctrl-K: go anywhere, find anything, do what this page can do.

use std::{future::Future, rc::Rc, sync::Arc};

use futures::future::LocalBoxFuture;
use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::error::ApiError,
    browser,
    dialog::return_focus,
    guard::use_go,
    icon::{Glyph, Icon, glyphs},
    keys::use_shortcut,
};

/// One line of the palette.
#[derive(Clone)]
pub struct Command {
    pub label: String,
    /// Quiet text after it.
    pub hint: String,
    pub glyph: Glyph,
    /// Heading it stands under.
    pub group: &'static str,
    pub act: Act,
}

#[derive(Clone)]
pub enum Act {
    Go(String),
    Run(Arc<dyn Fn() + Send + Sync>),
}

impl Command {
    pub fn go(label: impl Into<String>, glyph: Glyph, address: impl Into<String>) -> Self {
        Self { label: label.into(), hint: String::new(), glyph, group: t!("Go to"), act: Act::Go(address.into()) }
    }

    pub fn run(label: impl Into<String>, glyph: Glyph, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { label: label.into(), hint: String::new(), glyph, group: t!("Do"), act: Act::Run(Arc::new(run)) }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub fn group(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }
}

type SearchFn = Rc<dyn Fn(String) -> LocalBoxFuture<'static, Result<Vec<Command>, ApiError>>>;

/// Opens and closes it; the header's search button uses this too.
#[derive(Clone, Copy, Default)]
pub struct Palette {
    pub open: RwSignal<bool>,
}

/// How records are found. Wraps an async function so that it can be a prop.
#[derive(Clone)]
pub struct PaletteSearch(StoredValue<SearchFn, LocalStorage>);

impl PaletteSearch {
    pub fn new<F, Fut>(search: F) -> Self
    where
        F: Fn(String) -> Fut + 'static,
        Fut: Future<Output = Result<Vec<Command>, ApiError>> + 'static,
    {
        let search: SearchFn = Rc::new(move |text| Box::pin(search(text)));
        Self(StoredValue::new_local(search))
    }
}

#[component]
pub fn CommandPalette(
    /// Shown at once, narrowed by what is typed.
    #[prop(into)]
    commands: Signal<Vec<Command>>,
    #[prop(optional)] search: Option<PaletteSearch>,
) -> impl IntoView {
    let palette = expect_context::<Palette>();
    use_shortcut("ctrl+k", t!("Search or jump to"), move || {
        palette.open.update(|open| *open = !*open);
    });
    view! {
        <Show when=move || palette.open.get()>
            <Opened palette commands search=search.clone()/>
        </Show>
    }
}

#[component]
fn Opened(palette: Palette, commands: Signal<Vec<Command>>, search: Option<PaletteSearch>) -> impl IntoView {
    return_focus();
    let node = NodeRef::<html::Dialog>::new();
    let typed = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<Command>::new());
    let trouble = RwSignal::new(None::<ApiError>);
    let cursor = RwSignal::new(0_usize);
    Effect::new(move |_| {
        if let Some(dialog) = node.get() {
            let _ = dialog.show_modal();
        }
    });
    let (hint, nothing) = match search {
        Some(_) => {
            (t!("A name, a phone number, an id, or a command"), t!("Nothing found. Try fewer letters, or a phone number."))
        }
        None => (t!("A page or a command"), t!("Nothing found. Try fewer letters.")),
    };
    follow_search(typed, search, found, trouble);
    let shown = Signal::derive(move || {
        let words = typed.get().to_lowercase();
        let mut list = found.get();
        let known = commands.get();
        let mut headings = Vec::new();
        for group in known.iter().map(|command| command.group) {
            if !headings.contains(&group) {
                headings.push(group);
            }
        }
        // Within each heading, what begins so comes first.
        for heading in headings {
            for begins in [true, false] {
                let is_next = |command: &&Command| {
                    let label = command.label.to_lowercase();
                    command.group == heading && label.starts_with(&words) == begins && matches(command, &words)
                };
                list.extend(known.iter().filter(is_next).cloned());
            }
        }
        list
    });
    let go = use_go();
    let choose = Callback::new(move |at: usize| {
        let Some(command) = shown.with_untracked(|shown| shown.get(at).cloned()) else {
            return;
        };
        palette.open.set(false);
        match command.act {
            Act::Go(address) => go(address),
            Act::Run(run) => run(),
        }
    });
    let on_key = move |event: KeyboardEvent| {
        let last = shown.with_untracked(Vec::len).saturating_sub(1);
        match &*event.key() {
            "ArrowDown" => cursor.update(|at| *at = (*at + 1).min(last)),
            "ArrowUp" => cursor.update(|at| *at = at.saturating_sub(1)),
            "Enter" => choose.run(cursor.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        browser::reveal_soon(".palette [aria-selected=true]");
    };
    view! {
        <dialog
            node_ref=node
            class="overlay"
            aria-label=t!("Search or jump to")
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                palette.open.set(false);
            }
            on:mousedown=move |event| {
                if event.target().zip(event.current_target()).is_some_and(|(at, ground)| at == ground) {
                    palette.open.set(false);
                }
            }
        >
            <div class="dialog palette">
                <div class="palette-input">
                    <Icon glyph=glyphs::MAGNIFYING_GLASS/>
                    <input
                        autofocus
                        role="combobox"
                        aria-label=t!("Search or jump to")
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-activedescendant=move || format!("palette-{}", cursor.get())
                        placeholder=hint
                        autocomplete="off"
                        on:input:target=move |event| {
                            cursor.set(0);
                            typed.set(event.target().value());
                        }
                        on:keydown=on_key
                    />
                    <kbd class="kbd">{t!("Esc")}</kbd>
                </div>
                <List shown cursor choose nothing/>
                {move || trouble.get().map(|error| view! { <p class="palette-none">{error.sentence()}</p> })}
                <div class="palette-foot">
                    <span><kbd class="kbd">"↑"</kbd><kbd class="kbd">"↓"</kbd>{t!("move")}</span>
                    <span><kbd class="kbd">{t!("Enter")}</kbd>{t!("open")}</span>
                </div>
            </div>
        </dialog>
    }
}

#[component]
fn List(shown: Signal<Vec<Command>>, cursor: RwSignal<usize>, choose: Callback<usize>, nothing: &'static str) -> impl IntoView {
    let lines = move || {
        let mut group = "";
        shown
            .get()
            .into_iter()
            .enumerate()
            .map(|(at, command)| {
                let label = (command.group != group).then(|| {
                    group = command.group;
                    view! { <div class="label" role="presentation">{group}</div> }
                });
                view! {
                    {label}
                    <div
                        class="palette-item"
                        role="option"
                        id=format!("palette-{at}")
                        aria-selected=move || if cursor.get() == at { "true" } else { "false" }
                        on:click=move |_| choose.run(at)
                    >
                        <Icon glyph=command.glyph/>
                        <span class="grow truncate">{command.label}</span>
                        <span class="muted t-12 truncate">{command.hint}</span>
                    </div>
                }
            })
            .collect_view()
    };
    view! {
        <div class="palette-group" id="palette-list" role="listbox" aria-label=t!("Results")>{lines}</div>
        <Show when=move || shown.with(Vec::is_empty)>
            <p class="palette-none" role="status">{nothing}</p>
        </Show>
    }
}

/// Asks the server after a short rest; answers to older questions are dropped.
fn follow_search(
    typed: RwSignal<String>,
    search: Option<PaletteSearch>,
    found: RwSignal<Vec<Command>>,
    trouble: RwSignal<Option<ApiError>>,
) {
    const REST_MS: u32 = 150;
    let Some(search) = search else { return };
    let round = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let text = typed.get().trim().to_owned();
        let number = round.get_value() + 1;
        round.set_value(number);
        if text.is_empty() {
            found.set(Vec::new());
            return;
        }
        let search = search.0.get_value();
        spawn_local(async move {
            browser::sleep_ms(REST_MS).await;
            if round.try_get_value() != Some(number) {
                return;
            }
            let answer = search(text).await;
            if round.try_get_value() == Some(number) {
                trouble.set(answer.as_ref().err().cloned());
                found.set(answer.unwrap_or_default());
            }
        });
    });
}

/// Every word typed begins a word of the command, or is in it.
fn matches(command: &Command, words: &str) -> bool {
    let label = format!("{} {}", command.label, command.hint).to_lowercase();
    words.split_whitespace().all(|word| label.contains(word))
}

/// The button that opens it from a sidebar or a bar.
#[component]
pub fn PaletteButton(
    #[prop(default = "side-search")] class: &'static str,
    #[prop(default = t!("Search or jump to"))] label: &'static str,
) -> impl IntoView {
    let palette = expect_context::<Palette>();
    view! {
        <button type="button" class=class title=label on:click=move |_| palette.open.set(true)>
            <span class="t-12"><Icon glyph=glyphs::MAGNIFYING_GLASS/></span>
            <span class="grow">{label}</span>
            <kbd class="kbd" aria-hidden="true">{t!("Ctrl K")}</kbd>
        </button>
    }
}
