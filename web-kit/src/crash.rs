//! When the program itself fails: a plain page instead of a dead one, and a report without personal data.

use std::panic::PanicHookInfo;

use leptos::prelude::{document, window};
use prost::Message;
use wasm_bindgen::JsValue;
use web_sys::{Headers, RequestInit};

use crate::browser;

/// The same message in every portal's `ClientErrorService`.
#[derive(Clone, PartialEq, Message)]
struct Report {
    #[prost(string, tag = "1")]
    message: String,
    #[prost(string, tag = "2")]
    page: String,
    #[prost(string, tag = "4")]
    build: String,
}

const MESSAGE_LIMIT: usize = 2_000;

/// From now on a panic is shown, reported to the portal's server and written to the console.
pub(crate) fn install(portal: &'static str) {
    std::panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        show();
        let _ = report(portal, info);
    }));
}

/// By hand, because the parts that draw everything else may be what failed.
fn show() {
    let Ok(page) = document().create_element("div") else {
        return;
    };
    page.set_class_name("crash");
    page.set_inner_html(
        "<section class=\"fault stack gap-4\" role=\"alert\"><h1 class=\"t-20\">StreamFlow stopped</h1>\
         <p class=\"soft\">Something failed in this page. What was saved is safe; what you were typing may be lost.</p>\
         <p><a class=\"btn btn-primary\" href=\"\">Reload the page</a></p></section>",
    );
    if let Some(body) = document().body() {
        let _ = body.append_child(&page);
    }
}

fn report(portal: &str, info: &PanicHookInfo<'_>) -> Result<(), JsValue> {
    let message: String = info.to_string().chars().take(MESSAGE_LIMIT).collect();
    let page = pattern(&window().location().pathname().unwrap_or_default());
    let build = env!("CARGO_PKG_VERSION").to_owned();
    let body = frame(&Report { message, page, build }.encode_to_vec());

    let headers = Headers::new()?;
    headers.set("content-type", "application/grpc-web+proto")?;
    headers.set("x-grpc-web", "1")?;
    headers.set("x-streamflow-portal", portal)?;
    headers.set("idempotency-key", &browser::uuid())?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&js_sys::Uint8Array::from(&*body));
    let path = format!("/streamflow.{portal}.v1.ClientErrorService/LogClientError");
    let _ = window().fetch_with_str_and_init(&path, &request);
    Ok(())
}

/// One uncompressed message (gRPC over HTTP/2, "Length-Prefixed-Message").
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or_default();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// Which page it was, without whose record: ids become "…".
fn pattern(path: &str) -> String {
    let part = |part: &str| {
        let is_id = part.contains('_') || part.chars().filter(char::is_ascii_digit).count() > 3;
        if is_id { "…".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_report_says_which_page_but_not_whose() {
        assert_eq!(super::pattern("/space/harrow/x/customers/cus_01990f"), "/space/harrow/x/customers/…");
        assert_eq!(super::frame(b"ab"), [0, 0, 0, 0, 2, b'a', b'b']);
    }
}
