//! The currencies that companies calculate in, to be chosen by code or name.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_kit::field::{ComboItem, Combobox};

/// What the server takes (`server/client/src/currency.rs`) but ANG and BGN, which are of the past: the most usual first, then by their letters.
const CODES: &str = "EUR USD GBP CHF CAD AUD JPY CNY \
    AED AFN ALL AMD AOA ARS AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CDF CLP COP CRC CUP CVE CZK DJF DKK DOP DZD \
    EGP ERN ETB FJD FKP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD KES KGS KHR KMF KPW KRW KWD KYD KZT \
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN \
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX UYU \
    UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type DisplayNames;

    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locales: &JsValue, options: &JsValue) -> Result<DisplayNames, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn of(this: &DisplayNames, code: &str) -> Result<Option<String>, JsValue>;
}

/// Names as the browser has them, in the language of the page.
fn names() -> Option<DisplayNames> {
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"type".into(), &"currency".into()).ok()?;
    let language = document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default();
    DisplayNames::new(&language.into(), &options).or_else(|_| DisplayNames::new(&JsValue::UNDEFINED, &options)).ok()
}

/// All of them, and the one that is chosen already.
fn items(chosen: &str) -> Vec<ComboItem> {
    let names = names();
    let name = |code: &str| names.as_ref().and_then(|names| names.of(code).ok().flatten()).unwrap_or_else(|| code.to_owned());
    let own = Some(chosen).filter(|own| !own.is_empty() && CODES.split_whitespace().all(|code| code != *own));
    own.into_iter().chain(CODES.split_whitespace()).map(|code| ComboItem::new(code, name(code)).with_hint(code)).collect()
}

/// `field` is the path in the request.
#[component]
pub fn CurrencyField(
    field: &'static str,
    value: RwSignal<String>,
    #[prop(optional, into)] help: Option<String>,
) -> impl IntoView {
    let items = Signal::stored(value.with_untracked(|chosen| items(chosen)));
    let help = help.unwrap_or_else(|| t!("By name or by its three letters, as in GBP.").to_owned());
    view! { <Combobox name=field label=t!("Currency") value items help/> }
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn each_currency_is_there_once() {
        let mut codes: Vec<_> = CODES.split_whitespace().collect();
        assert!(codes.iter().all(|code| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase())));
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
