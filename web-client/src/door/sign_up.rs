//! Beginning by oneself: name and address; the rest comes by mail.

use leptos::prelude::*;
use streamflow_proto::client::v1::{StartSignUpRequest, sign_up_service_client::SignUpServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    field::TextField,
    form::{Form, FormState},
    icon::{Icon, glyphs},
    text::woven,
};

use super::frame::Door;

#[component]
pub fn SignUp() -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let (name, email) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sent = RwSignal::new(false);
    let send = move |()| {
        let request = StartSignUpRequest { email: email.get_untracked().trim().to_owned(), display_name: name.get_untracked() };
        let attempt = async move {
            api.open(request, async |transport, request| SignUpServiceClient::new(transport).start_sign_up(request).await).await
        };
        form.send(attempt, move |_| sent.set(true));
    };
    let title =
        Signal::derive(move || if sent.get() { t!("Look in your mail") } else { t!("Begin with your company") }.to_owned());
    let lead = ViewFn::from(move || {
        if sent.get() {
            t!("The way on is in your inbox.")
        } else {
            t!("Free for 14 days. First we send a link to your address.")
        }
    });
    view! {
        <Door title lead>
            {move || {
                if sent.get() {
                    view! { <Sent email/> }.into_any()
                } else {
                    view! {
                        <Form state=form on_submit=send guard=false>
                            <TextField
                                name="display_name"
                                label=t!("Your name")
                                autocomplete="name"
                                value=name
                                max_length=200
                                large=true
                                autofocus=true
                            />
                            <TextField name="email" label=t!("E-mail") kind="email" autocomplete="email" value=email large=true/>
                            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Send the link")}</Button>
                        </Form>
                        <p class="t-12 muted">
                            {t!("Does your company work here already? Ask its owner or a manager for an invitation instead.")}
                        </p>
                    }
                        .into_any()
                }
            }}
            <a href="/sign-in">{t!("Back to signing in")}</a>
        </Door>
    }
}

/// Says nothing about whether the address is known: the mail does.
#[component]
fn Sent(email: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="note is-success" role="status">
            <Icon glyph=glyphs::CIRCLE_CHECK/>
            <span>
                {woven(t!("We wrote to {email}. The link in the mail works for a day and leads on to your company."), |_| {
                    view! { <span class="medium">{move || email.get().trim().to_owned()}</span> }.into_any()
                })}
            </span>
        </div>
        <p class="t-12 muted">{t!("Nothing there after some minutes? Look among the unwanted mails; another can be sent after two minutes.")}</p>
    }
}
