//! The recovery codes of a new authenticator, which are shown once.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    browser,
    button::Button,
    icon::{Icon, glyphs},
    toast::use_toasts,
};

/// Shown once: copy or keep as a file.
#[component]
pub fn RecoveryCodes(codes: Vec<String>) -> impl IntoView {
    let toasts = use_toasts();
    let text = StoredValue::new(codes.join("\n"));
    let copy = move |_| {
        spawn_local(async move {
            let done = browser::copy(&text.get_value()).await;
            toasts.say(if done { "Recovery codes copied" } else { "The browser does not let us copy" });
        });
    };
    let keep = move |_| {
        let file = format!("StreamFlow recovery codes\n\n{}\n", text.get_value());
        if browser::download("streamflow-recovery-codes.txt", "text/plain", &[file.as_bytes()]).is_err() {
            toasts.say("The browser does not let us save a file");
        }
    };
    let list = codes.into_iter().map(|code| view! { <li class="mono">{code}</li> }).collect_view();
    view! {
        <div class="stack gap-3">
            <ul class="codes">{list}</ul>
            <div class="row">
                <Button glyph=glyphs::COPY on_click=copy>"Copy codes"</Button>
                <Button glyph=glyphs::FILE_LINES on_click=keep>"Save as a file"</Button>
            </div>
            <div class="note is-warning">
                <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                <span>"They are shown only now. Each signs you in once when your authenticator is lost."</span>
            </div>
        </div>
    }
}
