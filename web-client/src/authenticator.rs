//! Setting up an authenticator, at the door and in the profile: the two calls, and the recovery codes, which are shown once.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, account_service_client::AccountServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    browser,
    button::Button,
    form::FormState,
    icon::{Icon, glyphs},
    toast::use_toasts,
};

/// Asks for a new secret when it is run, and hands over what came.
pub fn enrolling(
    form: FormState,
    request: impl Fn() -> pb::EnrolSecondFactorRequest + Copy + 'static,
    begun: RwSignal<Option<pb::EnrolSecondFactorResponse>>,
) -> impl Fn(()) + Copy + 'static {
    let api = use_api();
    let act = StoredValue::new_local(Rc::new(Act::default()));
    move |()| {
        let (act, request) = (act.get_value(), request());
        let call = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).enrol_second_factor(request).await
            })
            .await
        };
        form.send(call, move |reply| begun.set(Some(reply)));
    }
}

/// Proves with a code that the authenticator works when it is run, and hands over the recovery codes.
pub fn confirming(
    form: FormState,
    code: RwSignal<String>,
    done: impl Fn(Vec<String>) + Copy + Send + Sync + 'static,
) -> Callback<()> {
    let api = use_api();
    let act = StoredValue::new_local(Rc::new(Act::default()));
    Callback::new(move |()| {
        let act = act.get_value();
        let request = pb::ConfirmSecondFactorRequest { code: code.get_untracked(), return_token: false };
        let call = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).confirm_second_factor(request).await
            })
            .await
        };
        form.send(call, move |reply| done(reply.recovery_codes));
    })
}

/// Shown once: copy or keep as a file.
#[component]
pub fn RecoveryCodes(codes: Vec<String>) -> impl IntoView {
    let toasts = use_toasts();
    let text = StoredValue::new(codes.join("\n"));
    let copy = move |_| {
        spawn_local(async move {
            let copied = browser::copy(&text.get_value()).await;
            toasts.say(copied.map_or_else(|refused| refused, |()| t!("Recovery codes copied")));
        });
    };
    let keep = move |_| {
        let file = format!("{}\n\n{}\n", t!("StreamFlow recovery codes"), text.get_value());
        if let Err(refused) = browser::save("streamflow-recovery-codes.txt", "text/plain", &[file.as_bytes()]) {
            toasts.say(refused);
        }
    };
    let list = codes.into_iter().map(|code| view! { <li class="mono">{code}</li> }).collect_view();
    view! {
        <div class="stack gap-3">
            <ul class="codes">{list}</ul>
            <div class="row">
                <Button glyph=glyphs::COPY on_click=copy>{t!("Copy codes")}</Button>
                <Button glyph=glyphs::FILE_LINES on_click=keep>{t!("Save as a file")}</Button>
            </div>
            <div class="note is-warning">
                <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                <span>{t!("They are shown only now. Each signs you in once when your authenticator is lost.")}</span>
            </div>
        </div>
    }
}
