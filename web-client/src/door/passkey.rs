//! Signing in with a passkey: no address, no password, no code.

use leptos::prelude::*;
use streamflow_proto::client::v1::{BeginPasskeySignInRequest, passkey_service_client::PasskeyServiceClient};
use web_kit::{
    api::{Api, error::ApiError, use_api},
    button::Button,
    form::FormState,
    icon::glyphs,
};

use crate::{api::session, passkey};

/// Nothing where the browser has none.
#[component]
pub fn PasskeyButton(
    /// The password's form, where refusals are shown.
    form: FormState,
) -> impl IntoView {
    let (api, session) = (use_api(), session());
    let send = move |_| form.send(sign_in(api), move |()| session.refresh());
    passkey::is_supported().then(|| {
        view! {
            <Button large=true block=true glyph=glyphs::FINGERPRINT busy=form.busy on_click=send>{t!("Sign in with a passkey")}</Button>
        }
    })
}

async fn sign_in(api: Api) -> Result<(), ApiError> {
    let call = async |transport, request| PasskeyServiceClient::new(transport).begin_passkey_sign_in(request).await;
    let options = api.open(BeginPasskeySignInRequest {}, call).await?;
    let answer = passkey::show(options).await?;
    let call = async |transport, request| PasskeyServiceClient::new(transport).finish_passkey_sign_in(request).await;
    api.open(answer, call).await.map(|_| ())
}
