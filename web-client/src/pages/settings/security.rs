//! Of whom the company asks a second factor.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, org_service_client::OrgServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    error_panel::ErrorNote,
    field::Switch,
    form::{Form, FormState},
    live::{Heard, use_live},
    load::{Load, Loaded},
    toast::use_toasts,
};

use crate::{
    api::{address, me},
    parts::proof::Proof,
};

#[component]
pub fn Security() -> impl IntoView {
    let policy = Load::new(async || {
        let call = async |transport, request| OrgServiceClient::new(transport).get_second_factor_policy(request).await;
        Ok(use_api().read(pb::GetSecondFactorPolicyRequest {}, call).await?.policy.unwrap_or_default())
    });
    // People set one up, come and go.
    use_live(move |heard| match heard {
        Heard::Change(change) if matches!(&*change.entity, "member" | "org") => policy.reload(),
        Heard::Reset => policy.reload(),
        Heard::Change(_) => {}
    });
    // Held here, so that no news closes the dialog.
    let easing = RwSignal::new(false);
    view! {
        <Loaded load=policy what=t!("Security") let:one><Policy one policy easing/></Loaded>
        <Dialog open=easing title=t!("Ask only owners and managers?")>
            <Ease policy open=easing/>
        </Dialog>
    }
}

#[component]
fn Policy(one: pb::SecondFactorPolicy, policy: Load<pb::SecondFactorPolicy>, easing: RwSignal<bool>) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let on = RwSignal::new(one.required);
    // Closed without an answer, the dialog leaves everything as it is.
    Effect::new(move |_| {
        if !easing.get() {
            on.set(one.required);
        }
    });
    let set = move |required: bool| {
        problem.set(None);
        if !required {
            easing.set(true);
            return;
        }
        spawn_local(async move {
            let request = pb::SetSecondFactorPolicyRequest { required, ..Default::default() };
            let call = async |transport, request| OrgServiceClient::new(transport).set_second_factor_policy(request).await;
            match use_api().write(&Act::default(), request, call).await {
                Ok(reply) => {
                    use_toasts().say(said(required));
                    policy.set(reply.policy.unwrap_or_default());
                }
                Err(error) => {
                    on.try_set(false);
                    problem.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <section class="card" aria-labelledby="factor-policy-head">
            <div class="card-head"><h2 id="factor-policy-head">{t!("Second factor")}</h2></div>
            {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
            <ul class="list">
                <li>
                    <div class="grow stack gap-1">
                        {if me().read_only {
                            view! { <span>{said(one.required)}</span> }.into_any()
                        } else {
                            view! { <Switch label=t!("Everybody needs a second factor") value=on on_change=set/> }.into_any()
                        }}
                        <div class="t-12 muted">
                            {t!("Owners and managers always need one. Once it is on, whoever has none sets up an authenticator app before going on, at once where they are signed in.")}
                        </div>
                        <p class="t-12 soft">{without(&one)}" "<a href=address("team")>{t!("See who")}</a></p>
                    </div>
                </li>
            </ul>
        </section>
    }
    .into_any()
}

/// Takes the rule back, which a session alone is not enough for.
#[component]
fn Ease(policy: Load<pb::SecondFactorPolicy>, open: RwSignal<bool>) -> impl IntoView {
    let (api, toasts, form) = (use_api(), use_toasts(), FormState::new());
    let [password, code] = [(); 2].map(|()| RwSignal::new(String::new()));
    let send = move |()| {
        let request = pb::SetSecondFactorPolicyRequest {
            required: false,
            current_password: password.get_untracked(),
            code: code.get_untracked(),
        };
        let act = form.act();
        let call = async move {
            let call = async |transport, request| OrgServiceClient::new(transport).set_second_factor_policy(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |reply| {
            policy.set(reply.policy.unwrap_or_default());
            open.set(false);
            toasts.say(said(false));
        });
    };
    view! {
        <Form state=form on_submit=send guard=false>
            <p>{t!("Everybody else gets in with a password alone again. Show once more that it is you; each owner is told by mail.")}</p>
            <Proof password code/>
            <div class="row">
                <Cancel/>
                <Button kind=Kind::Primary submit=true busy=form.busy>{t!("Switch it off")}</Button>
            </div>
        </Form>
    }
}

fn said(required: bool) -> &'static str {
    if required { t!("Everybody needs a second factor") } else { t!("Only owners and managers need a second factor") }
}

fn without(policy: &pb::SecondFactorPolicy) -> String {
    let (count, people) = (policy.people_without, policy.people);
    match count {
        0 => t!("Everybody has an authenticator.").to_owned(),
        _ => n!(
            count.into(),
            "{count} of {people} people has no authenticator yet.",
            "{count} of {people} people have no authenticator yet.",
            people
        ),
    }
}
