//! The break-glass sign-in: e-mail, password and code at once.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{EnterRecoveryRequest, recovery_service_client::RecoveryServiceClient};
use tonic::Code;
use web_kit::{
    api::{error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    field::{PasswordField, TextField},
    form::{Form, FormState},
    icon::{Glyph, Icon, glyphs},
    sign_in::{CodeField, SignInFrame, is_whole},
};

const TERMS: [(Glyph, &str); 3] = [
    (glyphs::STOPWATCH, mark!("15 minutes, no renewal")),
    (glyphs::BAN, mark!("No tenant data, no user data")),
    (glyphs::POWER_OFF, mark!("Ends by itself when the database returns")),
];

#[component]
pub fn Door(entered: Callback<()>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let (email, password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = Callback::new(move |()| {
        let request = EnterRecoveryRequest {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            code: code.get_untracked(),
            return_token: false,
        };
        let wanted = [
            ("email", &*request.email, t!("Enter your e-mail address.")),
            ("password", &*request.password, t!("Enter your password.")),
        ];
        if let Some(error) = ApiError::missing(&wanted) {
            form.refuse(error);
            return;
        }
        if !is_whole(form, &request.code) {
            return;
        }
        let attempt = async move {
            let call = async |transport, request| RecoveryServiceClient::new(transport).enter_recovery(request).await;
            api.open(request, call).await.map_err(|error| error.at_field(Code::Unauthenticated, "code"))
        };
        form.send(attempt, move |_| entered.run(()));
    });
    // The page takes the place of another, so the browser has chosen already.
    browser::focus_soon(".signin .input");
    let terms = TERMS.map(|(glyph, text)| view! { <li class="row gap-2"><Icon glyph/>{t!(text)}</li> }).collect_view();
    view! {
        <SignInFrame
            portal="Provider"
            title=t!("Break-glass sign-in")
            lead=ViewFn::from(|| t!("For emergencies. This sign-in is kept in a log that nobody can edit, and moves into the audit."))
            foot=ViewFn::from(|| view! { <span>{t!("The usual sign-in returns with the database, checked every second.")}</span> })
        >
            <div class="brandline"></div>
            <Form state=form on_submit=send guard=false>
                <TextField name="email" label=t!("E-mail") kind="email" autocomplete="username" value=email large=true/>
                <PasswordField name="password" label=t!("Password") autocomplete="current-password" value=password large=true/>
                <CodeField value=code focus=false/>
                <p class="t-12 muted">{t!("Use a code that came after the database was lost: wait for the next one if in doubt.")}</p>
                <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Enter Recovery Mode")}</Button>
            </Form>
            <ul class="stack gap-2 t-12 muted">{terms}</ul>
        </SignInFrame>
    }
}
