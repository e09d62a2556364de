//! What is one's own: where one is signed in and how to end that, and how pages look in this browser.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen_futures::spawn_local;

use super::{Identity, Manner, OperatorPortal, SessionLine};
use crate::{
    api::use_api,
    badge::{Badge, Tone},
    button::Button,
    dialog::ConfirmDialog,
    format::{ago, device::device, region},
    icon::glyphs,
    layout::use_page,
    list::pages::{Pages, ShowMore},
    load::Loaded,
    look::Look,
    session::use_session,
    toast::use_toasts,
};

/// `sessions` below the portal's base.
pub fn sessions<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let toasts = use_toasts();
    let session = use_session::<Identity>();
    let navigate = StoredValue::new_local(use_navigate());
    let ask = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let page = use_page(t!("Sessions"))
        .canvas()
        .with_lead(t!("Where you are signed in to this portal, and how it looks in this browser."))
        .with_actions(move || {
            view! { <Button glyph=glyphs::POWER_OFF on_click=move |_| ask.set(true)>{t!("Sign out everywhere")}</Button> }
        });
    let pages = Pages::new(move |page_token| P::sessions(api, page_token));
    let load = pages.load;
    Effect::new(move |_| page.count.set(load.with(|lines| lines.map(|lines| lines.len().to_string()).unwrap_or_default())));
    let end = Callback::new(move |id: String| {
        spawn_local(async move {
            match P::end_session(api, id).await {
                Ok(()) => {
                    toasts.say(t!("Session ended"));
                    load.reload();
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    });
    let everywhere = move |()| {
        busy.set(true);
        spawn_local(async move {
            let answer = P::sign_out_everywhere(api).await;
            busy.set(false);
            match answer {
                Ok(()) => {
                    session.forget();
                    navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    };
    view! {
        <section class="card">
            <Loaded load what=t!("Sessions") let:lines>
                {region::follow()}
                <Table lines end manner=P::MANNER/>
            </Loaded>
            <ShowMore pages/>
        </section>
        <Look exact_times=P::MANNER == Manner::Exact/>
        <ConfirmDialog open=ask title=t!("Sign out everywhere?") action=t!("Sign out everywhere") busy on_confirm=everywhere>
            <p>{t!("Every session of yours ends at its next request, this one included.")}</p>
        </ConfirmDialog>
    }
}

#[component]
fn Table(lines: Vec<SessionLine>, end: Callback<String>, manner: Manner) -> impl IntoView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Sessions")>
            <table class="table table-plain cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("Browser")}</th>
                        <th scope="col">{t!("Address")}</th>
                        <th scope="col">{t!("Last used")}</th>
                        <th scope="col">{t!("Signed in")}</th>
                        <th scope="col" class="wide-only">{t!("Ends at the latest")}</th>
                        <th scope="col" class="num"><span class="sr-only">{t!("End it")}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(|line| view! { <Line line end manner/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Line(line: SessionLine, end: Callback<String>, manner: Manner) -> impl IntoView {
    let name = device(&line.user_agent);
    let whose = format!(" {name}, {}", line.ip);
    let id = line.id.clone();
    view! {
        <tr>
            <td data-p="a" title=line.user_agent.clone()><span class="cell-main">{name}</span></td>
            <td data-p="c" class="mono">{line.ip.clone()}</td>
            <td class="soft">{ago(line.last_seen_at.as_ref())}</td>
            <td data-p="d" class="soft tnum">{manner.moment(line.created_at.as_ref())}</td>
            <td class="soft tnum wide-only">{manner.moment(line.expires_at.as_ref())}</td>
            <td data-p="b" class="num">
                {if line.current {
                    view! { <Badge tone=Tone::Success glyph=glyphs::CHECK text=t!("This one")/> }.into_any()
                } else {
                    view! {
                        <Button small=true on_click=move |_| end.run(id.clone())>
                            {t!("End")}
                            <span class="sr-only">{whose}</span>
                        </Button>
                    }
                    .into_any()
                }}
            </td>
        </tr>
    }
}
