//! Features on and off. Nothing is deleted by switching one off.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, org_service_client::OrgServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    error_panel::ErrorNote,
    field::Switch,
    load::Load,
    toast::use_toasts,
};

use crate::{api::session, layout::modules};

#[component]
pub fn Modules(one: pb::Org, org: Load<pb::Org>) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let rows = one.modules.into_iter().map(|module| view! { <Row module org problem/> }).collect_view();
    view! {
        <section class="card" aria-labelledby="features-head">
            <div class="card-head"><h2 id="features-head">{t!("Features")}</h2></div>
            {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Row(module: pb::Module, org: Load<pb::Org>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let on = RwSignal::new(module.enabled);
    let label = modules::title(&module.name);
    let about = modules::about(&module.name);
    let name = StoredValue::new(module.name);
    let set = move |enabled: bool| {
        problem.set(None);
        spawn_local(async move {
            let request = pb::SetModuleRequest { module: name.get_value(), enabled };
            let call = async |transport, request| OrgServiceClient::new(transport).set_module(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            match answer {
                Ok(reply) => {
                    let name = modules::title(&name.get_value());
                    use_toasts().say(if enabled { t!("{name} switched on", name) } else { t!("{name} switched off", name) });
                    session().refresh();
                    org.set(reply.org.unwrap_or_default());
                }
                Err(error) => {
                    on.try_set(!enabled);
                    problem.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <li>
            <div class="grow">
                <Switch label value=on on_change=set/>
                <div class="t-12 muted">{about}</div>
            </div>
        </li>
    }
}
