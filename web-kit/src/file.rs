//! Files of this machine: what they come to, and how one is sent.

use js_sys::Uint8Array;
use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

/// SHA-256 in small hexadecimal digits. None when the file can't be read any more.
pub async fn sha256(file: &File) -> Option<String> {
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    let bytes = Uint8Array::new(&bytes);
    let digest = window().crypto().ok()?.subtle().digest_with_str_and_js_u8_array("SHA-256", &bytes).ok()?;
    let digest = Uint8Array::new(&JsFuture::from(digest).await.ok()?);
    Some(digest.to_vec().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// PUTs a file to an address of this origin and gives the answer's status; none when there was no answer. `sent` hears how many bytes
/// are on their way: only this old interface of browsers tells.
pub async fn put(address: &str, file: &File, sent: impl Fn(f64) + 'static) -> Option<u16> {
    let request = XmlHttpRequest::new().ok()?;
    request.open("PUT", address).ok()?;
    let progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| sent(event.loaded()));
    request.upload().ok()?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let ended = js_sys::Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
    request.send_with_opt_blob(Some(file)).ok()?;
    JsFuture::from(ended).await.ok()?;
    // Nought stands for none.
    request.status().ok().filter(|status| *status > 0)
}
