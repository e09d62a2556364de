//! Chooses a customer by typing; the server finds, because there are too many to hold.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use web_kit::{
    api::use_api,
    browser,
    field::{ComboItem, Combobox},
    list::aip,
    load::Load,
};

/// Customers offered at once.
const OFFERED: i32 = 8;
/// Not every letter asks the server.
const REST_MS: u32 = 200;

#[component]
pub fn CustomerField(name: &'static str, value: RwSignal<String>) -> impl IntoView {
    let api = use_api();
    let typed = RwSignal::new(String::new());
    let found = Load::new(move || {
        let text = typed.get();
        async move {
            if !text.is_empty() {
                browser::sleep_ms(REST_MS).await;
                // A later letter has asked anew.
                if typed.try_get_untracked().is_none_or(|now| now != text) {
                    return Ok(Vec::new());
                }
            }
            let filter = if text.trim().is_empty() { String::new() } else { aip::has("name", text.trim()) };
            let order_by = if filter.is_empty() { "updated_at desc" } else { "name" }.to_owned();
            let request = pb::ListCustomersRequest { page_size: OFFERED, order_by, filter, ..Default::default() };
            let call = async |transport, request| CustomerServiceClient::new(transport).list_customers(request).await;
            Ok(api.read(request, call).await?.customers)
        }
    });
    // What was chosen keeps its name when the offers change.
    let chosen = RwSignal::new(None::<ComboItem>);
    let items = Memo::new(move |_| {
        let offers = found.get().unwrap_or_default().into_iter().map(|customer| {
            let city = customer.address.unwrap_or_default().city;
            ComboItem::new(customer.id, customer.name).with_hint(city)
        });
        let mut items: Vec<_> = offers.collect();
        if let Some(item) = chosen.get().filter(|item| !items.contains(item)) {
            items.push(item);
        }
        items
    });
    Effect::new(move |_| {
        let id = value.get();
        let item = items.with_untracked(|items| items.iter().find(|item| item.value == id).cloned());
        if item.is_some() {
            chosen.set(item);
        }
    });
    let help = move || found.error().get().map(|error| t!("Customers could not be read. {reason}", reason = error.sentence()));
    view! {
        <Combobox
            name
            label=t!("Customer")
            value
            items
            help=t!("Type part of the name.")
            on_type=move |text: String| typed.set(text)
        />
        {move || help().map(|text| view! { <span class="field-help">{text}</span> })}
    }
    .into_any()
}
