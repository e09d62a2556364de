//! Setting up an authenticator: the QR code, the secret for typing, and the recovery codes that are shown once.

use leptos::prelude::*;
use streamflow_proto::client::v1::EnrolSecondFactorResponse;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    browser,
    button::Button,
    icon::{Icon, glyphs},
    toast::use_toasts,
};

/// The code to scan, and the same for typing.
#[component]
pub fn AuthenticatorSecret(enrolment: EnrolSecondFactorResponse) -> impl IntoView {
    let size = usize::try_from(enrolment.qr_size).unwrap_or_default();
    let path = qr_path(&enrolment.qr_modules, size);
    view! {
        <div class="stack gap-3">
            <svg
                class="qr"
                viewBox=format!("0 0 {size} {size}")
                role="img"
                aria-label="QR code for your authenticator app"
                shape-rendering="crispEdges"
            >
                <path d=path></path>
            </svg>
            <details class="t-12">
                <summary>"Can’t scan it?"</summary>
                <p class="soft">"Type this key into the app, as a time-based code:"</p>
                <p class="mono secret">{in_fours(&enrolment.secret)}</p>
            </details>
        </div>
    }
}

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

/// Dark modules as one path, joined along each row.
fn qr_path(modules: &[u8], size: usize) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    if size == 0 {
        return path;
    }
    for (y, row) in modules.chunks(size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&1) {
                let _ = write!(path, "M{x} {y}h{}v1H{x}z", run.len());
            }
            x += run.len();
        }
    }
    path
}

/// "ABCD EFGH": easier to type.
fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_modules_become_runs() {
        assert_eq!(qr_path(&[1, 1, 0, 0, 0, 1, 1, 0, 1], 3), "M0 0h2v1H0zM2 1h1v1H2zM0 2h1v1H0zM2 2h1v1H2z");
        assert_eq!(qr_path(&[], 0), "");
    }

    #[test]
    fn secrets_are_written_in_fours() {
        assert_eq!(in_fours("ABCDEFGHI"), "ABCD EFGH I");
    }
}
