//! Order and columns of a list, each under a button of its own, and on a phone together with the rest in one menu.

use leptos::prelude::*;

use crate::{
    button::{Button, LinkButton},
    icon::glyphs,
    list::query::ListQuery,
    menu::{Menu, MenuItem, Popover},
};

/// What can be arranged, and how it is.
#[derive(Clone, Copy)]
pub(super) struct Arranging {
    query: ListQuery,
    orders: StoredValue<Vec<(&'static str, &'static str)>>,
    /// Id and name, in the table's own order.
    columns: StoredValue<Vec<(String, String)>>,
    usual: StoredValue<Vec<String>>,
}

impl Arranging {
    pub(super) fn new(
        query: ListQuery,
        orders: Vec<(&'static str, &'static str)>,
        columns: Vec<(String, String)>,
        usual: Vec<String>,
    ) -> Self {
        Self { query, orders: StoredValue::new(orders), columns: StoredValue::new(columns), usual: StoredValue::new(usual) }
    }

    pub(super) fn has_orders(self) -> bool {
        self.orders.with_value(|all| !all.is_empty())
    }

    pub(super) fn has_columns(self) -> bool {
        self.columns.with_value(|all| !all.is_empty())
    }

    /// The order in force: the first one where none is chosen.
    fn order(self) -> Option<(&'static str, &'static str)> {
        let now = self.query.with(|state| state.order_by.clone());
        self.orders.with_value(|all| all.iter().find(|(order, _)| *order == now).or(all.first()).copied())
    }

    fn order_by(self, order: &str) {
        self.query.update(|state| order.clone_into(&mut state.order_by));
    }

    fn shown(self) -> Vec<String> {
        let chosen = self.query.with(|state| state.columns.clone());
        if chosen.is_empty() { self.usual.get_value() } else { chosen }
    }

    fn show(self, id: &str, on: bool) {
        let mut now = untrack(|| self.shown());
        now.retain(|one| one != id);
        if on {
            now.push(id.to_owned());
        }
        let ordered: Vec<_> =
            self.columns.with_value(|all| all.iter().map(|(id, _)| id.clone()).filter(|id| now.contains(id)).collect());
        let usual = self.usual.get_value();
        self.query.update(|state| state.columns = if ordered == usual { Vec::new() } else { ordered });
    }
}

#[component]
pub(super) fn OrderMenu(arranging: Arranging) -> impl IntoView {
    let label = Signal::derive(move || arranging.order().map_or(t!("Order"), |(_, name)| name).to_owned());
    let items = Signal::derive(move || {
        let orders = arranging.orders.get_value();
        orders.into_iter().map(|(order, name)| MenuItem::new(name, move || arranging.order_by(order))).collect::<Vec<_>>()
    });
    view! { <Menu label glyph=glyphs::ARROW_DOWN_WIDE_SHORT class="not-phone" items/> }
}

#[component]
pub(super) fn ColumnsMenu(arranging: Arranging) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Popover open label=t!("Columns") glyph=Some(glyphs::TABLE_COLUMNS) class="not-phone">
            <ColumnBoxes arranging/>
        </Popover>
    }
}

#[component]
fn ColumnBoxes(arranging: Arranging) -> impl IntoView {
    let boxes = arranging.columns.get_value().into_iter().map(|(id, label)| {
        let own = id.clone();
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || arranging.shown().contains(&own)
                    on:change:target=move |event| arranging.show(&id, event.target().checked())
                />
                <span>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class="pop-form">
            <legend class="field-label">{t!("Columns shown")}</legend>
            {boxes.collect_view()}
        </fieldset>
    }
}

/// All that the bar and the views have no room for on a phone.
#[component]
pub(super) fn PhoneMenu(
    arranging: Arranging,
    on_csv: Option<Callback<()>>,
    on_save_view: Option<Callback<()>>,
    link: Option<(String, &'static str)>,
) -> impl IntoView {
    let link = StoredValue::new(link);
    let open = RwSignal::new(false);
    let is_needed = arranging.has_orders()
        || arranging.has_columns()
        || on_csv.is_some()
        || on_save_view.is_some()
        || link.with_value(Option::is_some);
    let act = move |run: Option<Callback<()>>, glyph, label: &'static str| {
        run.map(|run| {
            let press = move |_| {
                open.set(false);
                run.run(());
            };
            view! { <Button small=true glyph=glyph on_click=press>{label}</Button> }
        })
    };
    is_needed.then(|| {
        view! {
            <Popover open label=t!("Arrange this list") glyph=Some(glyphs::SLIDERS) icon_only=true class="only-phone">
                <div class="pop-form">
                    {arranging.has_orders().then(|| view! { <OrderField arranging/> })}
                    {act(on_save_view, glyphs::PLUS, t!("Save view"))}
                    {act(on_csv, glyphs::FILE_EXPORT, t!("CSV"))}
                    {link
                        .get_value()
                        .map(|(href, label)| view! { <LinkButton href=href small=true>{label}</LinkButton> })}
                </div>
                {arranging.has_columns().then(|| view! { <ColumnBoxes arranging/> })}
            </Popover>
        }
    })
}

#[component]
fn OrderField(arranging: Arranging) -> impl IntoView {
    let options = arranging.orders.get_value().into_iter().map(|(order, name)| {
        let selected = move || arranging.order().is_some_and(|(now, _)| now == order);
        view! { <option value=order selected=selected>{name}</option> }
    });
    view! {
        <label class="field">
            <span class="field-label">{t!("Order")}</span>
            <select class="select" on:change:target=move |event| arranging.order_by(&event.target().value())>
                {options.collect_view()}
            </select>
        </label>
    }
}
