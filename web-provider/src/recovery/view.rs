//! What the emergency account sees: how the parts are, what may be done, the mirror of the settings and the local log.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{
    self as pb, LeaveRecoveryRequest, ProbeDatabaseRequest, ReconnectDatabaseRequest, RecoveryPartState as State,
    RestartJobsRequest, RestartMailRequest, recovery_service_client::RecoveryServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    badge::{Badge, Status, Tone},
    browser,
    button::Button,
    format,
    icon::{Glyph, Icon, Mark, glyphs},
    operator::Manner,
    toast::{ToastRegion, use_toasts},
};

/// How often the page is read again.
const READ_EVERY_MS: u32 = 10_000;

#[component]
pub fn RecoveryView(read: pb::GetRecoveryViewResponse, again: Callback<()>) -> impl IntoView {
    let ends_at = read.session_ends_at.as_ref().map_or(0, |at| at.seconds);
    document().set_title(t!("Recovery · StreamFlow Provider"));
    let alive = StoredValue::new(());
    spawn_local(async move {
        browser::sleep_ms(READ_EVERY_MS).await;
        if alive.try_get_value().is_some() {
            again.run(());
        }
    });
    view! {
        <div class="app">
            <header class="app-header">
                <Mark/>
                <span class="semibold">"StreamFlow"</span>
                <span class="portal-tag">"Provider"</span>
                <nav class="topnav" aria-label=t!("Pages")><a href="/" aria-current="page">{t!("Recovery")}</a></nav>
                <span class="push"></span>
                <Countdown ends_at again/>
            </header>
            <main class="page-content is-canvas" id="content" tabindex="-1">
                <header class="pagehead">
                    <div>
                        <h1 class="t-24">{t!("Recovery")}</h1>
                        <p class="soft">{t!("Signed in with the break-glass account. Everything you do is written to the local append-only log.")}</p>
                    </div>
                    <div class="push"><Leave again/></div>
                </header>
                <div class="recovery-grid">
                    <Health parts=read.parts probed=format::ago(read.probed_at.as_ref()) again/>
                    <div class="overview-column">
                        <Tasks again/>
                        <MirrorCard mirror=read.mirror/>
                    </div>
                    <Log records=read.records waiting=read.waiting_records/>
                </div>
            </main>
        </div>
        <ToastRegion/>
    }
}

/// Time left, second by second; at its end the server has forgotten the session.
#[component]
fn Countdown(ends_at: i64, again: Callback<()>) -> impl IntoView {
    let left = RwSignal::new((ends_at - browser::now()).max(0));
    spawn_local(async move {
        loop {
            browser::sleep_ms(1_000).await;
            let now = (ends_at - browser::now()).max(0);
            if left.try_set(now).is_some() {
                return;
            }
            if now == 0 {
                return again.run(());
            }
        }
    });
    view! {
        <span class="bar-btn timer" role="timer" aria-label=t!("Session ends in")>
            <Icon glyph=glyphs::STOPWATCH/>
            <span class="not-phone">{t!("Session ends in")}</span>
            <span class="tnum">{move || format!("{:02}:{:02}", left.get() / 60, left.get() % 60)}</span>
        </span>
    }
}

#[component]
fn Leave(again: Callback<()>) -> impl IntoView {
    let leave = move |_| {
        spawn_local(async move {
            let call = async |transport, request| RecoveryServiceClient::new(transport).leave_recovery(request).await;
            match use_api().open(LeaveRecoveryRequest {}, call).await {
                Err(error) if !error.is_signed_out() => use_toasts().say(error.sentence()),
                _ => again.run(()),
            }
        });
    };
    view! { <Button on_click=leave>{t!("End session")}</Button> }
}

#[component]
fn Health(parts: Vec<pb::RecoveryPart>, probed: String, again: Callback<()>) -> impl IntoView {
    let probe = Callback::new(move |()| {
        act(again, async {
            let call = async |transport, request| RecoveryServiceClient::new(transport).probe_database(request).await;
            let reply = use_api().open(ProbeDatabaseRequest {}, call).await?;
            Ok(if reply.answers {
                t!("The database answers").to_owned()
            } else {
                t!("The database: {problem}", problem = reply.problem)
            })
        });
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Health")}</h2>
                <span class="count">{t!("probed {probed}", probed)}</span>
                <span class="push"></span>
                <Button small=true glyph=glyphs::ROTATE_RIGHT on_click=move |_| probe.run(())>{t!("Probe now")}</Button>
            </div>
            <ul class="list recovery-parts">{parts.into_iter().map(|part| view! { <Part part/> }).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Part(part: pb::RecoveryPart) -> impl IntoView {
    let (tone, glyph, word) = match part.state() {
        State::Working => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Working")),
        State::OutOfReach => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("Out of reach")),
        State::NotChecked | State::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("Not checked")),
    };
    view! {
        <li>
            <span class="medium">{part.name}</span>
            <Status tone glyph text=word/>
            <span class="soft">{part.detail}</span>
        </li>
    }
}

#[component]
fn Tasks(again: Callback<()>) -> impl IntoView {
    let reconnect = Callback::new(move |()| {
        act(again, async {
            let call = async |transport, request| RecoveryServiceClient::new(transport).reconnect_database(request).await;
            let reply = use_api().open(ReconnectDatabaseRequest {}, call).await?;
            Ok(if reply.reconnected {
                t!("Connections are new").to_owned()
            } else {
                t!("Not reconnected: {problem}", problem = reply.problem)
            })
        });
    });
    let jobs = Callback::new(move |()| {
        act(again, async {
            let call = async |transport, request| RecoveryServiceClient::new(transport).restart_jobs(request).await;
            use_api().open(RestartJobsRequest {}, call).await?;
            Ok(t!("Jobs were restarted").to_owned())
        });
    });
    let restart = Callback::new(move |()| {
        act(again, async {
            let call = async |transport, request| RecoveryServiceClient::new(transport).restart_mail(request).await;
            use_api().open(RestartMailRequest {}, call).await?;
            Ok(t!("Mail delivery was restarted").to_owned())
        });
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Tasks")}</h2>
                <span class="count">{t!("allowed in recovery")}</span>
            </div>
            <ul class="list">
                <Task glyph=glyphs::DATABASE verb=t!("Reconnect") what=t!("the database") text=t!("Opens all connections anew, if it answers") run=reconnect/>
                <Task glyph=glyphs::LIST_CHECK verb=t!("Restart") what=t!("jobs") text=t!("Breaks off what is under way; it is begun again when the database is back") run=jobs/>
                <Task glyph=glyphs::ENVELOPE verb=t!("Restart") what=t!("mail delivery") text=t!("Ends the task that delivers mails and starts another") run=restart/>
            </ul>
        </section>
    }
}

#[component]
fn Task(glyph: Glyph, verb: &'static str, what: &'static str, text: &'static str, run: Callback<()>) -> impl IntoView {
    view! {
        <li>
            <Icon glyph/>
            <div class="grow">
                <div class="medium">{format!("{verb} {what}")}</div>
                <div class="t-12 muted">{text}</div>
            </div>
            <Button small=true on_click=move |_| run.run(())>
                {verb}
                <span class="sr-only">{format!(" {what}")}</span>
            </Button>
        </li>
    }
}

#[component]
fn MirrorCard(mirror: Option<pb::RecoveryMirror>) -> impl IntoView {
    let age = mirror.as_ref().map_or_else(
        || t!("none was there when the server started").to_owned(),
        |mirror| t!("read only, written {written_at}", written_at = format::ago(mirror.written_at.as_ref())),
    );
    let entries = mirror.map(|mirror| mirror.entries).unwrap_or_default();
    let is_empty = entries.is_empty();
    let rows = entries.into_iter().map(|entry| {
        view! {
            <li>
                <div class="grow">
                    <div class="medium">{entry.title}</div>
                    <div class="t-12 muted mono">{entry.key}</div>
                </div>
                <span class="soft">{entry.value}</span>
            </li>
        }
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Config mirror")}</h2>
                <span class="count">{age}</span>
            </div>
            {if is_empty {
                view! { <p class="card-body soft">{t!("An administrator writes it with “streamflow ops mirror” while the database is there.")}</p> }.into_any()
            } else {
                view! { <ul class="list">{rows.collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Log(records: Vec<pb::RecoveryRecord>, waiting: i32) -> impl IntoView {
    let line = |record: pb::RecoveryRecord| {
        let tone = if record.outcome == "OK" { "soft" } else { "recovery-refused" };
        let action = record.action.rsplit('/').next().unwrap_or_default().to_owned();
        let who = [record.actor, record.ip].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        view! {
            <li>
                <span class="muted tnum">{Manner::Plain.second(record.at.as_ref())}</span>
                <span class=format!("recovery-outcome {tone}")>{record.outcome}</span>
                <span>{action}</span>
                <span class="muted">{who}</span>
            </li>
        }
    };
    view! {
        <section class="card recovery-log">
            <div class="card-head">
                <h2>{t!("Local log")}</h2>
                <span class="count">{t!("{waiting} entries will move into the database when it returns", waiting)}</span>
                <span class="push"></span>
                <Badge tone=Tone::Success glyph=glyphs::LINK text=t!("Hash-chained")/>
            </div>
            <ol class="card-body mono t-12" tabindex="0" aria-label=t!("Local log")>{records.into_iter().map(line).collect_view()}</ol>
        </section>
    }
}

/// Does something, says what came of it, and reads the page again.
fn act(again: Callback<()>, call: impl Future<Output = Result<String, ApiError>> + 'static) {
    spawn_local(async move {
        let said = call.await.unwrap_or_else(|error| error.sentence());
        use_toasts().say(said);
        again.run(());
    });
}
