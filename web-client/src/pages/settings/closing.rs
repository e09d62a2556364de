//! The end of the company: asked for with its name, the password and a code, and taken back until its day.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, org_closing_service_client::OrgClosingServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{PasswordField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use crate::{
    api::me,
    layout::closing::{Closing, Keep, due_day, may_close},
};

#[component]
pub fn Close() -> impl IntoView {
    let (closing, open) = (expect_context::<Closing>(), RwSignal::new(false));
    may_close().then(|| {
        view! {
            <section class="card" aria-labelledby="closing-head">
                <div class="card-head">
                    <h2 id="closing-head">{t!("Close this company")}</h2>
                    <span class="grow"></span>
                    {move || match closing.get() {
                        Some(_) => view! { <Keep closing/> }.into_any(),
                        None => {
                            let ask = move |_| open.set(true);
                            view! {
                                <Button small=true kind=Kind::DangerQuiet on_click=ask>{t!("Delete company")}</Button>
                            }.into_any()
                        }
                    }}
                </div>
                <div class="card-body">
                    {move || match closing.get() {
                        Some(one) => view! {
                            <div class="note is-warning">
                                <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                                <span>{t!("{asked_by} has asked for it. On {one} everything is deleted. Until then all goes on, and each owner can cancel it.", asked_by = one.asked_by, one = due_day(&one))}</span>
                            </div>
                        }.into_any(),
                        None => view! {
                            <p class="soft">
                                {t!("Every record, file and export, and the accounts of people who are in no other company. Owners have time to \
                                 cancel it; after that nobody can bring anything back, not from a backup either. Export your data first.")}
                            </p>
                        }.into_any(),
                    }}
                </div>
            </section>
            <Ask closing open/>
        }
    })
}

#[component]
fn Ask(closing: Closing, open: RwSignal<bool>) -> impl IntoView {
    let (api, toasts, form) = (use_api(), use_toasts(), FormState::new());
    let [name, password, code] = [(); 3].map(|()| RwSignal::new(String::new()));
    let company = StoredValue::new(me().org_name);
    let send = move |()| {
        let request = pb::CloseOrgRequest {
            name: name.get_untracked(),
            current_password: password.get_untracked(),
            code: code.get_untracked(),
        };
        let act = form.act();
        let call = async move {
            let call = async |transport, request| OrgClosingServiceClient::new(transport).close_org(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |_| {
            for typed in [name, password, code] {
                typed.set(String::new());
            }
            open.set(false);
            closing.reload();
            toasts.say(t!("The company will be deleted"));
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Danger busy=form.busy on_click=move |_| send(())>{t!("Delete company")}</Button>
        }
    });
    view! {
        <Dialog open title=t!("Delete this company?") foot form>
            <Form state=form on_submit=send>
                <p class="soft">
                    {t!("Everybody in it sees the day on which it happens. Until then an owner can cancel it.")}
                </p>
                <TextField name="name" label=t!("Type “{company}”", company = company.get_value()) value=name autofocus=true/>
                <PasswordField name="current_password" label=t!("Your password") value=password autocomplete="current-password"/>
                <TextField
                    name="code"
                    label=t!("Code of your authenticator")
                    value=code
                    autocomplete="one-time-code"
                    help=t!("Six digits, or a recovery code.")
                />
            </Form>
        </Dialog>
    }
}
