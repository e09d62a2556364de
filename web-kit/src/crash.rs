//! When the program itself fails: a plain page in the shell instead of a dead one, and a report without personal data. Errors of
//! the browser that stop nothing are reported, too.

use std::{
    panic::PanicHookInfo,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use leptos::prelude::{document, window, window_event_listener_untyped};
use prost::Message;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{AddEventListenerOptions, Event, Headers, RequestInit, Response};

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

/// Reports of one page: an error that comes again and again is known by then.
const MOST_REPORTS: u32 = 5;

/// The program has stopped; what follows of it is no news.
static STOPPED: AtomicBool = AtomicBool::new(false);
static REPORTS: AtomicU32 = AtomicU32::new(0);

/// From now on a panic is shown, reported to the portal's server and written to the console; an error of the browser is reported.
pub(crate) fn install(portal: &'static str) {
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        console_error_panic_hook::hook(info);
        if !STOPPED.swap(true, Ordering::Relaxed) {
            show();
            free_links();
            let _ = report(portal, &info.to_string());
        }
    }));
    for (event, field) in [("error", "message"), ("unhandledrejection", "reason")] {
        // Lives as long as the page.
        let _ = window_event_listener_untyped(event, move |event: Event| {
            let told = js_sys::Reflect::get(&event, &field.into()).ok().and_then(|told| words(&told));
            if let Some(message) = told.filter(|_| !STOPPED.load(Ordering::Relaxed)) {
                let _ = report(portal, &message);
            }
        });
    }
}

/// What was thrown, in words. None for what is no failure: the browser says so when sizes need another round.
fn words(thrown: &JsValue) -> Option<String> {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    let told = thrown.as_string().or(message).unwrap_or_else(|| format!("{thrown:?}"));
    (!told.starts_with("ResizeObserver loop")).then_some(told)
}

/// By hand, because the parts that draw everything else may be what failed. The shell stays around it.
fn show() {
    let Ok(page) = document().create_element("div") else {
        return;
    };
    page.set_class_name("crash");
    page.set_inner_html(&format!(
        "<section class=\"fault stack gap-4\" role=\"alert\"><h1 class=\"t-20\">{}</h1><p class=\"soft\">{}</p>\
         <p><a class=\"btn btn-primary\" href=\"\">{}</a></p><p class=\"t-12 muted\" id=\"crash-number\"></p></section>",
        t!("StreamFlow stopped"),
        t!("Something failed in this page. What was saved is safe; what you were typing may be lost."),
        t!("Reload the page"),
    ));
    // An open dialog is above everything, and belongs to what has stopped.
    if let Ok(Some(dialog)) = document().query_selector("dialog[open]") {
        let _ = dialog.remove_attribute("open");
    }
    let place = browser::find("main").or_else(|| document().body());
    if let Some(place) = place {
        place.set_scroll_top(0);
        let _ = place.append_child(&page);
    }
}

/// Nothing of the program hears a press any more, so links of the shell go where they say, by loading the page.
fn free_links() {
    let deaf = Closure::<dyn Fn(Event)>::new(|event: Event| event.stop_immediate_propagation());
    let first = AddEventListenerOptions::new();
    first.set_capture(true);
    let listen = deaf.as_ref().unchecked_ref();
    let _ = window().add_event_listener_with_callback_and_add_event_listener_options("click", listen, &first);
    deaf.forget();
}

fn report(portal: &str, message: &str) -> Result<(), JsValue> {
    if REPORTS.fetch_add(1, Ordering::Relaxed) >= MOST_REPORTS {
        return Ok(());
    }
    let message: String = message.chars().take(MESSAGE_LIMIT).collect();
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
    // Without the executor, which may be what stopped.
    let answered = Closure::once(|answer: JsValue| name_number(&answer));
    let failed = Closure::once(|_: JsValue| ());
    let _ = window().fetch_with_str_and_init(&path, &request).then2(&answered, &failed);
    answered.forget();
    failed.forget();
    Ok(())
}

/// The number of the report, for whoever asks for help.
fn name_number(answer: &JsValue) {
    let number = answer.dyn_ref::<Response>().and_then(|answer| answer.headers().get("x-request-id").ok().flatten());
    if let Some((number, place)) = number.zip(document().get_element_by_id("crash-number")) {
        place.set_text_content(Some(&t!("It was reported. When you ask for help, give the number {number}.", number)));
    }
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
