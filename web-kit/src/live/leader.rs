//! Which tab holds the stream: the one that has the browser's lock of that name (Web Locks API). The lock passes on by
//! itself when its tab closes. Without locks each tab holds its own stream.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use prost::Message;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::{Live, LiveEvent, spawn_hold};

pub(super) fn join(live: Live, name: String) {
    let Ok(channel) = BroadcastChannel::new(&name) else {
        spawn_hold(live, |_| {}, || {});
        return;
    };
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        let bytes = Uint8Array::new(&message.data()).to_vec();
        if let Ok(event) = LiveEvent::decode(&*bytes) {
            live.hear(event);
        }
    });
    channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    // Lives as long as the tab.
    heard.forget();

    let lead = {
        let channel = channel.clone();
        Closure::once_into_js(move || -> JsValue {
            // The lock is held until this promise settles.
            Promise::new(&mut |done, _| {
                let channel = channel.clone();
                let tell = move |event: &LiveEvent| {
                    let _ = channel.post_message(&Uint8Array::from(&*event.encode_to_vec()));
                };
                spawn_hold(live, tell, move || {
                    let _ = done.call0(&JsValue::NULL);
                });
            })
            .into()
        })
    };
    if request_lock(&name, lead.unchecked_ref()).is_none() {
        spawn_hold(live, |_| {}, || {});
    }
}

/// `navigator.locks.request(name, lead)`; None where there are no locks.
fn request_lock(name: &str, lead: &Function) -> Option<()> {
    let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
    request.call2(&locks, &name.into(), lead).ok()?;
    Some(())
}
