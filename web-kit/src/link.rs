//! What a link from a mail, or one that was handed over, carries.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::list::state::query_value;

/// The secret of the link that led to this page. It stands behind the #, so that no server and no log sees it on the way; links that
/// were sent before have it in the query. To be called where a page is made.
pub fn secret() -> String {
    // Another link of the same page is no new page to the browser.
    let another = window_event_listener(leptos::ev::hashchange, |_| {
        if of(&hash(), "").is_some() {
            let _ = window().location().reload();
        }
    });
    on_cleanup(move || another.remove());
    of(&hash(), &window().location().search().unwrap_or_default()).unwrap_or_default()
}

/// Takes a secret that was used out of the address, which histories keep.
pub fn forget_secret() {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

fn of(hash: &str, query: &str) -> Option<String> {
    let named = |text| query_value(text, "token").filter(|token| !token.is_empty());
    named(hash.trim_start_matches('#')).or_else(|| named(query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_stands_behind_the_hash_or_in_the_query() {
        assert_eq!(of("#token=a-_1", "?token=older").as_deref(), Some("a-_1"));
        assert_eq!(of("", "?from=mail&token=older").as_deref(), Some("older"));
        for (hash, query) in [("", ""), ("#content", ""), ("#token=", "?token="), ("#token", "?x=1")] {
            assert_eq!(of(hash, query), None, "{hash} {query}");
        }
    }
}
