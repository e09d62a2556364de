//! What the audit shows to be out of the ordinary: what, who, when, how often, and the requests themselves one press away.

mod words;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, anomaly_service_client::AnomalyServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    badge::{Avatar, Status, Tone},
    button::{Button, LinkButton},
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    format::{When, number},
    icon::glyphs,
    layout::use_page,
    list::{
        query::use_list_query,
        rows::{Page, Rows},
    },
    live::{Heard, use_live},
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
    toast::use_toasts,
};

use crate::api::{address, may};

const PAGE: i32 = 50;

#[component]
pub fn AnomaliesPage() -> impl IntoView {
    use_page("Anomalies");
    let which = use_list_query("").switch("which", "open");
    let rows = use_anomalies(which);
    let state = move || {
        match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what="Anomalies" error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 && which.get() == "open" => view! {
            <EmptyState
                title="Nothing out of the ordinary"
                text="Guessed passwords, floods of requests and tries at what people may not see stand here when the audit log shows them."
            />
        }
        .into_any(),
        (true, None) if rows.count() == 0 => {
            view! { <EmptyState title="Nothing yet" text="No anomaly was found in your company so far."/> }.into_any()
        }
        (true, None) => ().into_any(),
    }
    };
    view! {
        <div class="anomalies stack gap-4">
            <div class="row row-wrap">
                <Segmented label="Which" value=which choices=vec![Choice::new("open", "Open"), Choice::new("all", "All")]/>
            </div>
            {state}
            <Show when=move || rows.count() != 0><AnomalyTable rows/></Show>
            <Show when=move || rows.is_ready() && rows.has_more()>
                <div><Button busy=rows.loading on_click=move |_| rows.more()>"Show more"</Button></div>
            </Show>
        </div>
    }
}

fn use_anomalies(which: RwSignal<String>) -> Rows<pb::Anomaly> {
    let api = use_api();
    let rows = Rows::new(
        |one: &pb::Anomaly| one.id.clone(),
        move |page_token| {
            let request = pb::ListAnomaliesRequest { page_size: PAGE, page_token, open_only: which.get() == "open" };
            async move {
                let call = async |transport, request| AnomalyServiceClient::new(transport).list_anomalies(request).await;
                let reply = api.read(request, call).await?;
                Ok(Page { rows: reply.anomalies, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
            }
        },
    );
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "anomaly" => rows.reload(),
        Heard::Reset => rows.reload(),
        Heard::Change(_) => {}
    });
    rows
}

#[component]
fn AnomalyTable(rows: Rows<pb::Anomaly>) -> impl IntoView {
    let lines = move || rows.get().into_iter().map(|one| view! { <AnomalyRow one=(*one).clone()/> }).collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label="Anomalies">
            <table class="table cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"Begun"</th>
                        <th scope="col">"Last"</th>
                        <th scope="col" class="num">"Requests"</th>
                        <th scope="col">"State"</th>
                        <th scope="col"><span class="sr-only">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn AnomalyRow(one: pb::Anomaly) -> impl IntoView {
    let (first, last) = (one.first_at, one.last_at);
    let open = one.acknowledged_at.is_none();
    let state = if open {
        view! { <Status tone=Tone::Warning glyph=glyphs::TRIANGLE_EXCLAMATION text="Open"/> }
    } else {
        view! { <Status glyph=glyphs::CHECK text="Acknowledged"/> }
    };
    let evidence = may("audit.read").then(|| {
        let href = format!("{}{}", address("audit"), words::evidence(&one).to_query());
        view! { <LinkButton href small=true glyph=glyphs::SHIELD_HALVED>"Show requests"</LinkButton> }
    });
    let acknowledge = (open && may("anomaly.acknowledge")).then(|| view! { <Acknowledge id=one.id.clone()/> });
    view! {
        <tr>
            <td data-p="a"><span class="medium">{words::what(one.rule())}</span></td>
            <td data-p="e"><Who one=one.clone()/></td>
            <td class="soft"><When at=Signal::derive(move || first)/></td>
            <td data-p="c" class="soft"><When at=Signal::derive(move || last)/></td>
            <td class="num">{number::count(one.events.into())}</td>
            <td data-p="d">{state}</td>
            <td data-p="f"><span class="row row-wrap">{evidence}{acknowledge}</span></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Who(one: pb::Anomaly) -> impl IntoView {
    match (one.person_name.is_empty(), one.address.is_empty()) {
        (false, _) => {
            let name = one.person_name;
            view! { <span class="row person"><Avatar name=name.clone()/><span class="truncate">{name}</span></span> }.into_any()
        }
        (true, false) => view! { <span class="mono">{one.address}</span> }.into_any(),
        (true, true) => view! { <span class="muted">"Nobody in particular"</span> }.into_any(),
    }
}

/// The row follows by the stream of changes, as in other windows.
#[component]
fn Acknowledge(id: String) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let busy = RwSignal::new(false);
    let send = move |_| {
        let request = pb::AcknowledgeAnomalyRequest { anomaly_id: id.clone() };
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| AnomalyServiceClient::new(transport).acknowledge_anomaly(request).await;
            if let Err(error) = api.write(&Act::default(), request, call).await {
                toasts.say(error.sentence());
            }
            busy.try_set(false);
        });
    };
    view! { <Button small=true glyph=glyphs::CHECK busy on_click=send>"Acknowledge"</Button> }
}
