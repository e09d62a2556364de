//! Search, filters as chips, order, columns and CSV. All of it is in the address.

mod arrange;

use leptos::{html, prelude::*};
use wasm_bindgen_futures::spawn_local;

use self::arrange::{Arranging, ColumnsMenu, OrderMenu, PhoneMenu};
use super::query::ListQuery;
use crate::{
    browser,
    button::{Button, Kind},
    field::Choice,
    format::date,
    icon::{Icon, glyphs},
    keys::use_shortcut,
    menu::Popover,
};

/// What a filter compares with.
#[derive(Clone)]
pub enum FilterKind {
    Choice(Signal<Vec<Choice>>),
    Text,
    /// A first day, "2026-11-01".
    Since,
    /// A last day, which belongs to it.
    Until,
}

/// One field the list can be narrowed by.
#[derive(Clone)]
pub struct FilterDef {
    pub field: &'static str,
    pub label: &'static str,
    pub kind: FilterKind,
}

impl FilterDef {
    /// Tells the two ends of one time apart: "Added since", "Added until".
    fn name(&self) -> String {
        match self.kind {
            FilterKind::Since => t!("{label} since", label = self.label),
            FilterKind::Until => t!("{label} until", label = self.label),
            FilterKind::Choice(_) | FilterKind::Text => self.label.to_owned(),
        }
    }

    fn shown(&self, value: &str) -> String {
        match &self.kind {
            FilterKind::Choice(choices) => choices
                .with(|all| all.iter().find(|choice| choice.value == value).map(|choice| choice.label.clone()))
                .unwrap_or_else(|| value.to_owned()),
            FilterKind::Text => value.to_owned(),
            FilterKind::Since => shown_day(value).map_or_else(|| value.to_owned(), |day| t!("since {day}", day)),
            FilterKind::Until => shown_day(value).map_or_else(|| value.to_owned(), |day| t!("until {day}", day)),
        }
    }
}

/// "1 Nov 2026"; None for what is no day.
fn shown_day(value: &str) -> Option<String> {
    date::parse_iso(value).map(date::day)
}

#[component]
pub fn FilterBar(
    query: ListQuery,
    /// What the search field finds: "Name, phone, e-mail".
    #[prop(into)]
    search: String,
    filters: Vec<FilterDef>,
    /// Order and its name: ("updated_at desc", "Last change").
    #[prop(optional)]
    orders: Vec<(&'static str, &'static str)>,
    /// Columns that can be chosen: id and name; empty hides the chooser.
    #[prop(optional)]
    columns: Vec<(String, String)>,
    /// Ids shown when the address names none.
    #[prop(optional)]
    usual_columns: Vec<String>,
    #[prop(optional, into)] on_csv: Option<Callback<()>>,
    /// Keeps the present state as a view: in the menu of a phone, where the bar of views has no room for it.
    #[prop(optional_no_strip)]
    on_save_view: Option<Callback<()>>,
    /// Address and name of a page that only the head of a wider window has room for.
    #[prop(optional_no_strip)]
    phone_link: Option<(String, &'static str)>,
) -> impl IntoView {
    let arranging = Arranging::new(query, orders, columns, usual_columns);
    let filters = StoredValue::new(filters);
    let chips = move || {
        query.with(|state| {
            state
                .filters
                .iter()
                .filter_map(|(field, value)| {
                    let def = filters.with_value(|all| all.iter().find(|def| def.field == *field).cloned())?;
                    let shown = def.shown(value);
                    Some(view! { <Chip query def shown/> })
                })
                .collect_view()
        })
    };
    view! {
        <div class="filterbar" role="search">
            <SearchBox query placeholder=search/>
            {chips}
            {(!filters.with_value(Vec::is_empty)).then(|| view! { <AddFilter query filters/> })}
            <span class="grow"></span>
            {arranging.has_orders().then(|| view! { <OrderMenu arranging/> })}
            {arranging.has_columns().then(|| view! { <ColumnsMenu arranging/> })}
            {on_csv
                .map(|csv| {
                    view! {
                        <Button
                            kind=Kind::Ghost
                            small=true
                            glyph=glyphs::FILE_EXPORT
                            class="not-phone"
                            on_click=move |_| csv.run(())
                        >
                            {t!("CSV")}
                        </Button>
                    }
                })}
            <PhoneMenu arranging on_csv on_save_view link=phone_link/>
        </div>
    }
    .into_any()
}

/// Follows typing after a short rest, so that not every letter asks the server.
#[component]
fn SearchBox(query: ListQuery, placeholder: String) -> impl IntoView {
    const REST_MS: u32 = 220;
    let node = NodeRef::<html::Input>::new();
    let round = StoredValue::new(0_u32);
    use_shortcut("/", t!("Filter this list"), move || {
        if let Some(input) = node.get_untracked() {
            let _ = input.focus();
        }
    });
    // Only when it is another text: a space just typed at the end must stay.
    Effect::new(move |_| {
        let text = query.with(|state| state.text.clone());
        if let Some(input) = node.get().filter(|input| input.value().trim() != text) {
            input.set_value(&text);
        }
    });
    let typed = move |text: String| {
        let number = round.get_value() + 1;
        round.set_value(number);
        spawn_local(async move {
            browser::sleep_ms(REST_MS).await;
            if round.try_get_value() == Some(number) {
                query.update(|state| text.trim().clone_into(&mut state.text));
            }
        });
    };
    view! {
        <div class="input-wrap filter-search">
            <Icon glyph=glyphs::MAGNIFYING_GLASS/>
            <input
                node_ref=node
                class="input"
                type="search"
                placeholder=placeholder.clone()
                aria-label=t!("Search: {placeholder}", placeholder)
                on:input:target=move |event| typed(event.target().value())
            />
            <kbd class="kbd" aria-hidden="true">"/"</kbd>
        </div>
    }
}

#[component]
fn Chip(query: ListQuery, def: FilterDef, shown: String) -> impl IntoView {
    let field = def.field;
    view! {
        <span class="chip">
            <span>{def.label}</span>
            <span class="medium">{shown}</span>
            <button
                type="button"
                aria-label=t!("Remove filter {name}", name = def.name())
                on:click=move |_| query.update(|state| state.set_filter(field, ""))
            >
                <Icon glyph=glyphs::XMARK/>
            </button>
        </span>
    }
}

#[component]
fn AddFilter(query: ListQuery, filters: StoredValue<Vec<FilterDef>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let field = RwSignal::new(filters.with_value(|all| all.first().map(|def| def.field)).unwrap_or_default());
    let value = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let missing = Memo::new(move |_| tried.get() && value.with(|value| value.trim().is_empty()));
    // What was asked for before the panel was closed is forgotten with it.
    Effect::new(move |_| {
        if open.get() {
            value.set(String::new());
            tried.set(false);
        }
    });
    let def = move || filters.with_value(|all| all.iter().find(|def| def.field == field.get()).cloned());
    let named = move |name: &str| filters.with_value(|all| all.iter().map(|def| def.field).find(|field| *field == name));
    let apply = move || {
        let chosen = value.get_untracked();
        tried.set(true);
        if !chosen.trim().is_empty() {
            query.update(|state| state.set_filter(field.get_untracked(), chosen.trim()));
            open.set(false);
        }
    };
    view! {
        <Popover open label=t!("Filter") glyph=Some(glyphs::PLUS)>
            <form
                class="pop-form"
                on:submit=move |event| {
                    event.prevent_default();
                    apply();
                }
            >
                <label class="field">
                    <span class="field-label">{t!("Field")}</span>
                    <select
                        class="select"
                        on:change:target=move |event| {
                            let name = event.target().value();
                            value.set(String::new());
                            tried.set(false);
                            if let Some(known) = named(&name) {
                                field.set(known);
                            }
                        }
                    >
                        {filters
                            .with_value(|all| {
                                all.iter()
                                    .map(|def| {
                                        let own = def.field;
                                        view! { <option value=own selected=move || field.get() == own>{def.name()}</option> }
                                    })
                                    .collect_view()
                            })}
                    </select>
                </label>
                <label class="field" class:is-invalid=missing>
                    <span class="field-label">{t!("Value")}</span>
                    {move || def().map(|def| view! { <FilterValue def value missing/> })}
                    <Show when=move || missing.get()>
                        <span class="field-error" role="alert">
                            <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
                            {t!("Say what to look for.")}
                        </span>
                    </Show>
                </label>
                <Button kind=Kind::Primary submit=true>{t!("Apply filter")}</Button>
            </form>
        </Popover>
    }
}

#[component]
fn FilterValue(def: FilterDef, value: RwSignal<String>, missing: Memo<bool>) -> impl IntoView {
    let invalid = move || missing.get().then_some("true");
    let set = move |text: String| value.set(text);
    match def.kind {
        FilterKind::Choice(choices) => view! {
            <select class="select" aria-invalid=invalid on:change:target=move |event| set(event.target().value())>
                <option value="">{t!("Choose")}</option>
                {move || {
                    choices
                        .get()
                        .into_iter()
                        .map(|choice| view! { <option value=choice.value>{choice.label}</option> })
                        .collect_view()
                }}
            </select>
        }
        .into_any(),
        FilterKind::Text => view! {
            <input
                class="input"
                aria-invalid=invalid
                prop:value=value
                on:input:target=move |event| set(event.target().value())
            />
        }
        .into_any(),
        FilterKind::Since | FilterKind::Until => view! {
            <input
                class="input"
                type="date"
                aria-invalid=invalid
                prop:value=value
                on:input:target=move |event| set(event.target().value())
            />
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_says_which_end_of_a_time_it_is() {
        let shown = |kind: FilterKind| FilterDef { field: "day", label: "Day", kind }.shown("2026-11-01");
        assert_eq!(shown(FilterKind::Since), "since 1 Nov 2026");
        assert_eq!(shown(FilterKind::Until), "until 1 Nov 2026");
        let until = FilterDef { field: "day", label: "Added", kind: FilterKind::Until };
        assert_eq!(until.name(), "Added until");
        assert_eq!(until.shown("soon"), "soon");
    }
}
