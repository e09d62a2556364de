//! What the audit shows to be out of the ordinary: what, who, when, how often, and the requests themselves one press away. Every portal
//! has this page; it brings its own messages and its own words through [`Anomalies`].

mod words;

use std::{future::Future, sync::Arc, time::Duration};

use leptos::prelude::*;
use prost_types::Timestamp;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::{Api, error::ApiError, use_api},
    badge::{Avatar, Status, Tone},
    button::{Button, LinkButton},
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    format::number,
    icon::glyphs,
    layout::use_page,
    list::{
        query::use_list_query,
        rows::{Page, Rows},
    },
    live::{Heard, use_live},
    load::look_again,
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
    toast::use_toasts,
};

/// Between two looks of a portal that hears of no changes.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    AccountGuessing,
    PasswordSpray,
    SignInWave,
    RateLimit,
    CrossTenant,
    Refused,
    #[default]
    Unknown,
}

/// One anomaly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anomaly {
    pub id: String,
    pub rule: Rule,
    /// Empty where it is about an address or nobody in particular.
    pub person_id: String,
    pub person_name: String,
    pub address: String,
    pub events: i32,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Nobody has acknowledged it yet.
    pub open: bool,
}

/// A portal as this page sees it.
pub trait Anomalies: Copy + Send + Sync + 'static {
    /// Whose they are: "your company", "this system".
    const WHOSE: &'static str;
    /// It hears of changes by itself.
    const LIVE: bool;

    /// A page, the newest first.
    fn anomalies(api: Api, page_token: String, open_only: bool) -> impl Future<Output = Result<Page<Anomaly>, ApiError>>;
    fn acknowledge(api: Api, id: String) -> impl Future<Output = Result<(), ApiError>>;
    /// Whether the person's role includes a right. For showing and hiding only.
    fn may(right: &str) -> bool;
    /// Address of the audit log.
    fn audit_address() -> String;
    /// A time as the portal writes it.
    fn when(at: Option<Timestamp>) -> AnyView;
}

/// The two calls of [`Anomalies`] by the generated messages of `$pb`, inside its implementation.
#[macro_export]
macro_rules! anomaly_calls {
    ($pb:path) => {
        async fn anomalies(
            api: $crate::api::Api,
            page_token: String,
            open_only: bool,
        ) -> Result<$crate::list::rows::Page<$crate::anomalies::Anomaly>, $crate::api::error::ApiError> {
            use $crate::anomalies::{Anomaly, Rule};
            use $pb as pb;
            let request = pb::ListAnomaliesRequest { page_size: 50, page_token, open_only };
            let call = async |transport, request| {
                pb::anomaly_service_client::AnomalyServiceClient::new(transport).list_anomalies(request).await
            };
            let reply = api.read(request, call).await?;
            let line = |one: pb::Anomaly| Anomaly {
                rule: match one.rule() {
                    pb::AnomalyRule::AccountGuessing => Rule::AccountGuessing,
                    pb::AnomalyRule::PasswordSpray => Rule::PasswordSpray,
                    pb::AnomalyRule::SignInWave => Rule::SignInWave,
                    pb::AnomalyRule::RateLimit => Rule::RateLimit,
                    pb::AnomalyRule::CrossTenant => Rule::CrossTenant,
                    pb::AnomalyRule::Refused => Rule::Refused,
                    pb::AnomalyRule::Unspecified => Rule::Unknown,
                },
                open: one.acknowledged_at.is_none(),
                id: one.id,
                person_id: one.person_id,
                person_name: one.person_name,
                address: one.address,
                events: one.events,
                first_at: one.first_at,
                last_at: one.last_at,
            };
            Ok($crate::list::rows::Page {
                rows: reply.anomalies.into_iter().map(line).collect(),
                next_page_token: reply.page.unwrap_or_default().next_page_token,
                total: None,
            })
        }

        async fn acknowledge(api: $crate::api::Api, anomaly_id: String) -> Result<(), $crate::api::error::ApiError> {
            use $pb as pb;
            let call = async |transport, request| {
                pb::anomaly_service_client::AnomalyServiceClient::new(transport).acknowledge_anomaly(request).await
            };
            let request = pb::AcknowledgeAnomalyRequest { anomaly_id };
            api.write(&$crate::api::act::Act::default(), request, call).await.map(|_| ())
        }
    };
}

/// `anomalies` below the portal's base.
pub fn anomalies<P: Anomalies>() -> impl IntoView {
    use_page(t!("Anomalies")).with_lead(t!("What looks out of the ordinary stays open until somebody acknowledges it."));
    let which = use_list_query("").switch("which", "open");
    let rows = use_anomalies::<P>(which);
    let state = move || {
        match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what=t!("Anomalies") error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 && which.get() == "open" => view! {
            <EmptyState
                title=t!("Nothing out of the ordinary")
                text=t!("Guessed passwords, floods of requests and attempts to see what is not one’s own appear here when the audit shows them.")
            />
        }
        .into_any(),
        (true, None) if rows.count() == 0 => {
            view! { <EmptyState title=t!("Nothing yet") text=t!("No anomaly was found in {whose} so far.", whose = t!(P::WHOSE))/> }.into_any()
        }
        (true, None) => ().into_any(),
    }
    };
    view! {
        <div class="anomalies stack gap-4">
            <div class="row row-wrap">
                <Segmented label=t!("Which") value=which choices=vec![Choice::new("open", t!("Open")), Choice::new("all", t!("All"))]/>
            </div>
            {state}
            <Show when=move || rows.count() != 0>{table::<P>(rows, which)}</Show>
            <Show when=move || rows.is_ready() && rows.has_more()>
                <div><Button busy=rows.loading on_click=move |_| rows.more()>{t!("Show more")}</Button></div>
            </Show>
        </div>
    }
}

fn use_anomalies<P: Anomalies>(which: RwSignal<String>) -> Rows<Anomaly> {
    let api = use_api();
    let rows = Rows::new(
        |one: &Anomaly| one.id.clone(),
        move |page_token| {
            let open_only = which.get() == "open";
            P::anomalies(api, page_token, open_only)
        },
    );
    if P::LIVE {
        use_live(move |heard| match heard {
            Heard::Change(change) if change.entity == "anomaly" => rows.reload(),
            Heard::Reset => rows.reload(),
            Heard::Change(_) => {}
        });
    } else {
        look_again(LOOK_EVERY, move || rows.look());
    }
    rows
}

fn table<P: Anomalies>(rows: Rows<Anomaly>, which: RwSignal<String>) -> AnyView {
    // One that is as it was stays, and with it the place of whoever is at its button.
    let as_it_is = |one: &Arc<Anomaly>| (one.id.clone(), one.open, one.events, one.last_at.map(|at| (at.seconds, at.nanos)));
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Anomalies")>
            <table class="table cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("What")}</th>
                        <th scope="col">{t!("Who")}</th>
                        <th scope="col">{t!("Begun")}</th>
                        <th scope="col">{t!("Last")}</th>
                        <th scope="col" class="num">{t!("Requests")}</th>
                        <th scope="col">{t!("State")}</th>
                        <th scope="col"><span class="sr-only">{t!("Actions")}</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get() key=as_it_is let:one>{row::<P>((*one).clone(), rows, which)}</For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row<P: Anomalies>(one: Anomaly, rows: Rows<Anomaly>, which: RwSignal<String>) -> AnyView {
    let (first, last, open) = (one.first_at, one.last_at, one.open);
    let state = if open {
        view! { <Status tone=Tone::Warning glyph=glyphs::TRIANGLE_EXCLAMATION text=t!("Open")/> }
    } else {
        view! { <Status glyph=glyphs::CHECK text=t!("Acknowledged")/> }
    };
    let evidence = P::may("audit.read").then(|| {
        let href = format!("{}{}", P::audit_address(), words::evidence(&one).to_query());
        view! { <LinkButton href small=true glyph=glyphs::SHIELD_HALVED>{t!("Show requests")}</LinkButton> }
    });
    let acknowledge = (open && P::may("anomaly.acknowledge")).then(|| acknowledge::<P>(one.clone(), rows, which));
    view! {
        <tr>
            <td data-p="a"><span class="medium">{words::what(one.rule)}</span></td>
            <td data-p="e"><Who one=one.clone()/></td>
            <td class="soft">{P::when(first)}</td>
            <td data-p="c" class="soft">{P::when(last)}</td>
            <td class="num">{number::count(one.events.into())}</td>
            <td data-p="d">{state}</td>
            <td data-p="f"><span class="row row-wrap">{evidence}{acknowledge}</span></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Who(one: Anomaly) -> impl IntoView {
    match (one.person_name.is_empty(), one.address.is_empty()) {
        (false, _) => {
            let name = one.person_name;
            view! { <span class="row person"><Avatar name=name.clone()/><span class="truncate">{name}</span></span> }.into_any()
        }
        (true, false) => view! { <span class="mono">{one.address}</span> }.into_any(),
        (true, true) => view! { <span class="muted">{t!("Nobody in particular")}</span> }.into_any(),
    }
}

/// In a portal that hears of changes the row follows by itself, as in other windows.
fn acknowledge<P: Anomalies>(one: Anomaly, rows: Rows<Anomaly>, which: RwSignal<String>) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let busy = RwSignal::new(false);
    let send = move |_| {
        let one = one.clone();
        busy.set(true);
        spawn_local(async move {
            match P::acknowledge(api, one.id.clone()).await {
                Ok(()) if P::LIVE => {}
                // The page may be gone meanwhile.
                Ok(()) => match which.try_get_untracked().as_deref() {
                    Some("open") => drop(rows.remove(&one.id)),
                    Some(_) => rows.replace(Anomaly { open: false, ..one }),
                    None => {}
                },
                Err(error) => toasts.say(error.sentence()),
            }
            busy.try_set(false);
        });
    };
    view! { <Button small=true glyph=glyphs::CHECK busy on_click=send>{t!("Acknowledge")}</Button> }
}
