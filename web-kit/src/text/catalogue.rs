//! The texts of another language, as the app's own assets hold them. The build names the languages there are in the page itself.
//!
//! The catalogue stays what the browser read: `{"Customers": "Kunden", "{count} rows": {"one": "{count} Zeile", "other": "{count} Zeilen"}}`.

use std::{cell::RefCell, sync::atomic::Ordering};

use js_sys::{Intl::PluralRules, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{TRANSLATES, plain};
use crate::browser;

const KEY: &str = "language";

/// Each text in brackets, longer and with accents: shows what was forgotten and what has too little room. Only builds for work have it,
/// and nobody is offered it.
const PSEUDO: &str = "en-XA";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Language {
    /// BCP 47, such as "de".
    pub code: String,
    /// In the language itself.
    pub name: String,
    /// Where its catalogue is.
    address: String,
}

struct Catalogue {
    texts: JsValue,
    plurals: PluralRules,
    /// What was looked up, by where its key lies in memory; each stays as long as the page.
    known: Vec<((usize, usize), &'static str)>,
}

thread_local! {
    static CATALOGUE: RefCell<Option<Catalogue>> = const { RefCell::new(None) };
}

/// Runs `mount` when the texts of the chosen language are there; in English at once.
pub fn start(mount: fn()) {
    let Some(language) = chosen() else {
        mount();
        return;
    };
    spawn_local(async move {
        // Without the file pages are in English, which is better than none.
        if let Ok(texts) = fetch(&language.address).await {
            let locales = js_sys::Array::of1(&JsValue::from(&*language.code));
            let plurals = PluralRules::new(&locales, &js_sys::Object::new());
            CATALOGUE.set(Some(Catalogue { texts, plurals, known: Vec::new() }));
            TRANSLATES.store(true, Ordering::Relaxed);
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("lang", &language.code);
            }
        }
        mount();
    });
}

async fn fetch(address: &str) -> Result<JsValue, JsValue> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await?;
    let answer: web_sys::Response = answer.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::NULL);
    }
    JsFuture::from(answer.json()?).await
}

/// The language of this browser's person; None for English.
pub fn chosen() -> Option<Language> {
    let code = browser::stored(KEY)?;
    installed().find(|language| language.code == code)
}

/// Languages to choose from besides English.
pub fn choices() -> Vec<Language> {
    installed().filter(|language| language.code != PSEUDO).collect()
}

/// Remembers, and loads the page anew; an empty code is English.
pub fn choose(code: &str) {
    browser::store(KEY, (!code.is_empty()).then_some(code));
    let _ = window().location().reload();
}

/// "de=Deutsch=/assets/de.json;…" in the page's own attribute.
fn installed() -> impl Iterator<Item = Language> {
    let told = document().document_element().and_then(|root| root.get_attribute("data-languages")).unwrap_or_default();
    let languages: Vec<_> = told.split(';').filter_map(read).collect();
    languages.into_iter()
}

fn read(told: &str) -> Option<Language> {
    let mut parts = told.split('=').map(str::to_owned);
    Some(Language { code: parts.next().filter(|code| !code.is_empty())?, name: parts.next()?, address: parts.next()? })
}

pub(super) fn translated(english: &'static str) -> &'static str {
    CATALOGUE.with(|catalogue| {
        // The note of a crash asks again while the lookup that failed still holds it.
        let Ok(mut catalogue) = catalogue.try_borrow_mut() else { return plain(english) };
        let Some(catalogue) = &mut *catalogue else { return plain(english) };
        let place = (english.as_ptr().addr(), english.len());
        match catalogue.known.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => catalogue.known[at].1,
            Err(at) => {
                let found = Reflect::get(&catalogue.texts, &english.into()).ok().and_then(|text| text.as_string());
                let text = found.map_or_else(|| plain(english), |text| &*Box::leak(text.into_boxed_str()));
                catalogue.known.insert(at, (place, text));
                text
            }
        }
    })
}

/// The form of a text that goes with a number.
pub(super) fn form(english: &'static str, count: i64) -> Option<String> {
    CATALOGUE.with_borrow(|catalogue| {
        let catalogue = catalogue.as_ref()?;
        let forms = Reflect::get(&catalogue.texts, &english.into()).ok()?;
        let of = |category: &JsValue| Reflect::get(&forms, category).ok()?.as_string();
        of(&JsValue::from(catalogue.plurals.select(count as f64))).or_else(|| of(&"other".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn languages_are_read_from_the_page() {
        let german = read("de=Deutsch=/assets/de.json").expect("a language");
        assert_eq!((&*german.code, &*german.name, &*german.address), ("de", "Deutsch", "/assets/de.json"));
        for none in ["", "de", "de=Deutsch", "=x=y"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
