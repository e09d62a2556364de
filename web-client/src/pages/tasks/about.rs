//! Chooses the record a task is about by typing; the server finds it.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind, search_service_client::SearchServiceClient};
use web_kit::{
    api::use_api,
    browser,
    field::{ComboItem, Combobox},
    load::Load,
};

/// Records offered at once.
const OFFERED: i32 = 8;
/// Not every letter asks the server.
const REST_MS: u32 = 200;

/// `value` is kind and id as one text; [`chosen`] takes it apart.
#[component]
pub fn AboutField(name: &'static str, value: RwSignal<String>) -> impl IntoView {
    let api = use_api();
    let typed = RwSignal::new(String::new());
    let found = Load::new(move || {
        let query = typed.get().trim().to_owned();
        async move {
            browser::sleep_ms(REST_MS).await;
            // A later letter has asked anew.
            if query.is_empty() || typed.try_get_untracked().is_none_or(|now| now.trim() != query) {
                return Ok(Vec::new());
            }
            let request = pb::SearchRequest { query, kinds: Vec::new(), limit: OFFERED };
            let call = async |transport, request| SearchServiceClient::new(transport).search(request).await;
            Ok(api.read(request, call).await?.hits)
        }
    });
    // What was chosen keeps its name when the offers change.
    let kept = RwSignal::new(None::<ComboItem>);
    let items = Memo::new(move |_| {
        let mut items: Vec<_> = found.get().unwrap_or_default().into_iter().map(item).collect();
        if let Some(item) = kept.get().filter(|item| !items.contains(item)) {
            items.push(item);
        }
        items
    });
    Effect::new(move |_| {
        let now = value.get();
        kept.set(items.with_untracked(|items| items.iter().find(|item| item.value == now).cloned()));
    });
    view! {
        <Combobox name label=t!("About") value items optional=true on_type=move |text: String| typed.set(text)/>
    }
    .into_any()
}

fn item(hit: pb::SearchHit) -> ComboItem {
    let kind = match hit.kind() {
        RecordKind::Contact => "contact",
        RecordKind::Lead => "lead",
        _ => "customer",
    };
    ComboItem::new(format!("{kind} {}", hit.id), hit.title).with_hint(hit.subtitle)
}

/// Kind and id of what was chosen; unspecified and empty for nothing.
pub fn chosen(value: &str) -> (RecordKind, String) {
    let (kind, id) = value.split_once(' ').unwrap_or_default();
    let kind = match kind {
        "customer" => RecordKind::Customer,
        "contact" => RecordKind::Contact,
        "lead" => RecordKind::Lead,
        _ => return (RecordKind::Unspecified, String::new()),
    };
    (kind, id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_record_is_its_kind_and_id() {
        let hit = pb::SearchHit { kind: RecordKind::Lead.into(), id: "lead_1".into(), ..pb::SearchHit::default() };
        assert_eq!(chosen(&item(hit).value), (RecordKind::Lead, "lead_1".to_owned()));
        assert_eq!(chosen(""), (RecordKind::Unspecified, String::new()));
    }
}
