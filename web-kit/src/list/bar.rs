//! Saved views above a list, and the line under it.

use leptos::prelude::*;

use super::{query::ListQuery, rows::Rows, state::ListState};
use crate::{
    button::IconButton,
    format::number,
    icon::glyphs,
    keys::{Keys, shown},
};

/// One saved or built-in way of looking at the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewTab {
    /// Empty for "all".
    pub id: String,
    pub label: String,
    pub count: Option<String>,
    pub state: ListState,
    /// This person may delete it.
    pub removable: bool,
}

impl ViewTab {
    /// The list as it is without filters.
    pub fn all(label: impl Into<String>) -> Self {
        Self { id: String::new(), label: label.into(), count: None, state: ListState::default(), removable: false }
    }

    fn address(&self) -> String {
        let state = ListState { view: self.id.clone(), ..self.state.clone() };
        let query = state.to_query();
        if query.is_empty() { "?".to_owned() } else { query }
    }
}

#[component]
pub fn ViewBar(
    query: ListQuery,
    #[prop(into)] views: Signal<Vec<ViewTab>>,
    /// Deletes the view with that id.
    #[prop(optional, into)]
    on_delete: Option<Callback<String>>,
) -> impl IntoView {
    let links = move || {
        let views = views.get();
        let current = query.with(|state| current(&views, state));
        views
            .into_iter()
            .map(|view| {
                let is_current = view.id == current;
                let address = format!("{}{}", window().location().pathname().unwrap_or_default(), view.address());
                let remove = (is_current && view.removable).then_some(on_delete).flatten().map(|delete| {
                    let id = view.id.clone();
                    let label = t!("Delete the view {view}", view = view.label);
                    view! {
                        <IconButton
                            label=label
                            glyph=glyphs::XMARK
                            small=true
                            on_click=move |_| delete.run(id.clone())
                        />
                    }
                });
                view! {
                    <a class="view" href=address aria-current=is_current.then_some("page")>
                        {view.label.clone()}
                        {view.count.clone().map(|count| view! { <span class="count">{count}</span> })}
                    </a>
                    {remove}
                }
            })
            .collect_view()
    };
    view! {
        <nav class="viewbar" aria-label=t!("Views")>
            {links}
        </nav>
    }
    .into_any()
}

/// The view that one is at: who came by a link without its name is at the one that asks the same.
fn current(views: &[ViewTab], state: &ListState) -> String {
    let asks_the_same = |view: &&ViewTab| !state.filters.is_empty() && view.state.filters == state.filters;
    match views.iter().find(asks_the_same) {
        Some(view) if state.view.is_empty() => view.id.clone(),
        _ => state.view.clone(),
    }
}

/// "312 rows" and the keys that work here.
#[component]
pub fn ListFoot<T: Send + Sync + 'static>(rows: Rows<T>) -> impl IntoView {
    let text = move || {
        let shown = number::count(rows.count() as i64);
        match rows.total.get() {
            _ if rows.count() == 0 => String::new(),
            Some((total, capped)) => t!("{shown} of {capped} loaded", shown, capped = number::total(total, capped)),
            None if rows.has_more() => t!("{shown} loaded, more below", shown),
            None => t!("{shown} of {capped} loaded", shown, capped = shown),
        }
    };
    let keys = expect_context::<Keys>();
    let hint = move |key: &'static str, what: &'static str| {
        let known = move || keys.knows(key);
        move || known().then(|| view! { <span class="not-phone"><kbd class="kbd">{shown(key)}</kbd>{what}</span> })
    };
    view! {
        <div class="listfoot">
            <span class="tnum">{text}</span>
            <span class="push not-phone"><kbd class="kbd">"J"</kbd><kbd class="kbd">"K"</kbd>{t!("move")}</span>
            {hint("x", t!("select"))}
            {hint("enter", t!("open"))}
            {hint("?", t!("all keys"))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_without_the_name_of_its_view_is_at_the_one_that_asks_the_same() {
        let state = |view: &str, value: &str| {
            let mut state = ListState { view: view.into(), ..ListState::default() };
            state.set_filter("kind", value);
            state
        };
        let views = [ViewTab::all("All"), ViewTab { id: "limits".into(), state: state("", "limits"), ..ViewTab::all("Limits") }];
        let at = |view: &str, value: &str| current(&views, &state(view, value));
        assert_eq!([at("", "limits"), at("limits", "other"), at("", "other"), at("", "")], ["limits", "limits", "", ""]);
    }
}
