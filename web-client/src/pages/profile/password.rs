//! A new password. It ends every other session.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, account_service_client::AccountServiceClient};
use web_kit::{
    api::{act::Act, use_api},
    button::Button,
    field::PasswordField,
    form::{Form, FormState},
    toast::use_toasts,
};

#[component]
pub fn Password(email: String, #[prop(into)] changed: Callback<()>) -> impl IntoView {
    let api = use_api();
    let toasts = use_toasts();
    let form = FormState::new();
    let [current, new] = [(); 2].map(|()| RwSignal::new(String::new()));
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        let act = act.get_value();
        let request = pb::ChangePasswordRequest { current_password: current.get_untracked(), new_password: new.get_untracked() };
        let call = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).change_password(request).await
            })
            .await
        };
        form.send(call, move |_| {
            current.set(String::new());
            new.set(String::new());
            toasts.say(t!("Password changed, your other sessions are signed out"));
            changed.run(());
        });
    };
    view! {
        <section class="card" aria-labelledby="password-head">
            <div class="card-head"><h2 id="password-head">{t!("Password")}</h2></div>
            <div class="card-body">
                <Form state=form on_submit=send>
                    // Password managers file the new password under this name.
                    <input class="sr-only" type="text" autocomplete="username" tabindex="-1" aria-hidden="true" readonly value=email/>
                    <PasswordField
                        name="current_password"
                        label=t!("Current password")
                        value=current
                        autocomplete="current-password"
                    />
                    <PasswordField
                        name="new_password"
                        label=t!("New password")
                        value=new
                        autocomplete="new-password"
                        help=t!("At least 12 characters with a second factor, 15 without. Changing it signs you out everywhere else.")
                    />
                    <div><Button submit=true busy=form.busy>{t!("Change the password")}</Button></div>
                </Form>
            </div>
        </section>
    }
}
