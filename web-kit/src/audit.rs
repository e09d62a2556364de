//! What every portal's audit page says alike: answers of requests, names of RPCs, and what was kept of a request.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::{
    badge::Tone,
    field::Choice,
    icon::{Glyph, glyphs},
    list::chips::NOT,
};

/// Outcomes a filter offers: code and word.
const OUTCOMES: [(&str, &str); 9] = [
    ("OK", mark!("Done")),
    ("PERMISSION_DENIED", mark!("Denied")),
    ("UNAUTHENTICATED", mark!("Not signed in")),
    ("INVALID_ARGUMENT", mark!("Wrong input")),
    ("NOT_FOUND", mark!("Not found")),
    // A change to what somebody else changed meanwhile, or a request that is under way already.
    ("ABORTED", mark!("Conflict")),
    ("FAILED_PRECONDITION", mark!("Refused")),
    ("RESOURCE_EXHAUSTED", mark!("Throttled")),
    ("INTERNAL", mark!("Failed")),
];

/// What a filter offers for outcomes.
pub fn outcomes() -> Vec<Choice> {
    let all_but = Choice::new(format!("{NOT}OK"), t!("Everything but done"));
    std::iter::once(all_but).chain(OUTCOMES.map(|(code, word)| Choice::new(code, t!(word)))).collect()
}

/// Colour, icon and word of an answer.
pub fn outcome(code: &str) -> (Tone, Glyph, &'static str) {
    let word = OUTCOMES.iter().find(|(known, _)| *known == code).map_or(t!("Failed"), |(_, word)| t!(word));
    let (tone, glyph) = match code {
        "OK" => (Tone::Success, glyphs::CIRCLE_CHECK),
        "PERMISSION_DENIED" | "UNAUTHENTICATED" => (Tone::Danger, glyphs::BAN),
        "ABORTED" => (Tone::Warning, glyphs::CODE_MERGE),
        "RESOURCE_EXHAUSTED" => (Tone::Warning, glyphs::GAUGE_SIMPLE),
        "INVALID_ARGUMENT" | "NOT_FOUND" | "FAILED_PRECONDITION" => (Tone::Warning, glyphs::CIRCLE_EXCLAMATION),
        _ => (Tone::Danger, glyphs::CIRCLE_XMARK),
    };
    (tone, glyph, word)
}

/// Name of the RPC at the end of a path.
pub fn rpc(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// "Update customer" from "/package.CustomerService/UpdateCustomer", "Read customers" from "ListCustomers".
pub fn action(path: &str) -> String {
    let name = rpc(path);
    let noun =
        ["List", "Get"].iter().find_map(|verb| name.strip_prefix(verb)).filter(|noun| noun.starts_with(char::is_uppercase));
    let mut words = noun.map_or("", |_| t!("Read")).to_owned();
    for letter in noun.unwrap_or(name).chars() {
        if !words.is_empty() && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// Fields of the request that may be kept; personal data is not among them.
#[component]
pub fn Kept(payload: String) -> impl IntoView {
    let text = pretty(&payload);
    (!text.is_empty()).then(|| {
        view! {
            <div class="panel-section stack">
                <h2 class="section-label">{t!("Kept of the request")}</h2>
                <pre class="code" tabindex="0">{text}</pre>
            </div>
        }
    })
}

/// JSON over several lines; empty for an empty object.
fn pretty(payload: &str) -> String {
    if payload.is_empty() || payload == "{}" {
        return String::new();
    }
    js_sys::JSON::parse(payload)
        .and_then(|value| js_sys::JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into()))
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| payload.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_words() {
        assert_eq!(action("/package.CustomerService/UpdateCustomer"), "Update customer");
        assert_eq!(action("Me"), "Me");
        assert_eq!(action("/package.CustomerService/ListCustomers"), "Read customers");
        assert_eq!(action("Listen"), "Listen");
    }

    #[test]
    fn answers_without_a_word_are_failures() {
        assert_eq!(outcome("OK").2, "Done");
        assert_eq!(outcome("ABORTED").2, "Conflict");
        assert_eq!(outcome("DATA_LOSS").2, "Failed");
        assert_eq!(outcomes()[0].value, "!OK");
    }
}
