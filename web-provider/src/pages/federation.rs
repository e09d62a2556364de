//! The other systems: keys, what was heard of them, and a greeting on demand.

use leptos::prelude::*;
use prost_types::Timestamp;
use streamflow_proto::provider::v1::{self as pb, federation_service_client::FederationServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::use_api,
    badge::{Status, Tone},
    button::Button,
    format::{ago, moment},
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
    operator::refusal,
};

/// `federation` below the portal's base.
pub fn federation() -> impl IntoView {
    let api = use_api();
    let page =
        use_page(t!("Federation")).canvas().with_lead(t!("The systems this one speaks with, and the keys they sign with."));
    let load = Load::new(move || async move {
        let call = async |transport, request| FederationServiceClient::new(transport).list_peers(request).await;
        Ok(api.read(pb::ListPeersRequest {}, call).await?.peers)
    });
    Effect::new(move |_| page.count.set(load.with(|peers| peers.map(|peers| peers.len().to_string()).unwrap_or_default())));
    view! {
        <Loaded load what=t!("The other systems") let:peers>
            <div class="peers">{peers.into_iter().map(|peer| view! { <PeerCard peer/> }).collect_view()}</div>
        </Loaded>
    }
}

/// What a greeting came to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Greeting {
    Answered { version: String, key_id: String, took: String },
    Failed(String),
}

impl Greeting {
    fn of(reply: pb::CheckPeerResponse) -> Self {
        if reply.reached {
            let took = milliseconds(reply.round_trip_micros);
            Self::Answered { version: reply.version, key_id: reply.key_id, took }
        } else {
            Self::Failed(reply.problem)
        }
    }
}

#[component]
fn PeerCard(peer: pb::Peer) -> impl IntoView {
    let api = use_api();
    let (busy, greeting) = (RwSignal::new(false), RwSignal::new(None::<Greeting>));
    let name = StoredValue::new(peer.name.clone());
    let greet = move |_| {
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| FederationServiceClient::new(transport).check_peer(request).await;
            let answer = api.read(pb::CheckPeerRequest { name: name.get_value() }, call).await;
            busy.try_set(false);
            greeting.try_set(Some(match answer {
                Ok(reply) => Greeting::of(reply),
                Err(error) => Greeting::Failed(error.sentence()),
            }));
        });
    };
    let heading = capitalised(&peer.name);
    let whom = t!(", the {name} system", name = peer.name);
    let known = standing(&peer);
    // What a greeting just came to is newer than what was heard.
    let status = move || {
        let (tone, glyph, word) = greeting.with(|greeting| match greeting {
            Some(Greeting::Answered { .. }) => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Answers")),
            Some(Greeting::Failed(_)) => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("Not reached")),
            None => known,
        });
        view! { <Status tone glyph text=word/> }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2 translate="no">{heading.clone()}</h2>
                {status}
                <span class="push"></span>
                <Button small=true glyph=glyphs::PLUG busy on_click=greet>
                    {t!("Check now")}
                    <span class="sr-only">{whom}</span>
                </Button>
            </div>
            <div class="card-body">
                <dl class="kv">
                    <dt>{t!("Reached")}</dt>
                    <dd>{place(&peer.place)}</dd>
                    <dt>{t!("Last seen")}</dt>
                    <dd><Seen peer=peer.clone()/></dd>
                    <dt>{t!("Refused")}</dt>
                    <dd><Refusals peer=peer.clone()/></dd>
                    <dt>{t!("We sign with")}</dt>
                    <dd><Keys keys=peer.keys_out.clone()/></dd>
                    <dt>{t!("It signs with")}</dt>
                    <dd><Keys keys=peer.keys_in.clone()/></dd>
                </dl>
            </div>
            <p class="card-foot" role="status">{move || greeting.get().map_or_else(|| t!("Not checked since the page was opened.").to_owned(), told)}</p>
        </section>
    }
}

#[component]
fn Keys(keys: Vec<pb::PeerKey>) -> impl IntoView {
    if keys.is_empty() {
        return view! { <span class="muted">{t!("No key")}</span> }.into_any();
    }
    let line = |(index, key): (usize, pb::PeerKey)| {
        let role = if index == 0 { t!("current") } else { t!("still good") };
        let made = key.created_at.as_ref().map(|at| t!(", made {at}", at = ago(Some(at)))).unwrap_or_default();
        view! { <div><span class="mono">{key.id}</span> " " <span class="muted">{format!("{role}{made}")}</span></div> }
    };
    keys.into_iter().enumerate().map(line).collect_view().into_any()
}

fn standing(peer: &pb::Peer) -> (Tone, web_kit::icon::Glyph, &'static str) {
    if peer.keys_out.is_empty() || peer.keys_in.is_empty() {
        (Tone::Danger, glyphs::CIRCLE_XMARK, t!("No keys"))
    } else if peer.place.is_empty() {
        (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("No way to it"))
    } else if is_after(peer.last_refused_at.as_ref(), peer.last_seen_at.as_ref()) {
        (Tone::Warning, glyphs::CIRCLE_EXCLAMATION, t!("Last call refused"))
    } else if peer.last_seen_at.is_some() {
        (Tone::Success, glyphs::CIRCLE_CHECK, t!("Heard from"))
    } else {
        (Tone::Neutral, glyphs::CIRCLE_OPEN, t!("Not heard from yet"))
    }
}

fn is_after(one: Option<&Timestamp>, other: Option<&Timestamp>) -> bool {
    let key = |at: &Timestamp| (at.seconds, at.nanos);
    one.is_some_and(|one| other.is_none_or(|other| key(one) > key(other)))
}

fn place(place: &str) -> String {
    match place {
        "" => t!("No way to it is configured").to_owned(),
        place => capitalised(place),
    }
}

#[component]
fn Seen(peer: pb::Peer) -> impl IntoView {
    let Some(at) = peer.last_seen_at.as_ref() else {
        return view! { <span class="muted">{t!("Never")}</span> }.into_any();
    };
    let clock = match peer.clock_offset_seconds {
        -1..=1 => String::new(),
        ahead @ 2.. => t!(", its clock {ahead} s ahead", ahead),
        behind => t!(", its clock {behind} s behind", behind = behind.unsigned_abs()),
    };
    let key = (!peer.last_key_id.is_empty())
        .then(|| view! { <div>{t!("by key ")}<span class="mono">{peer.last_key_id.clone()}</span></div> });
    view! { {moment(Some(at))}{clock}{key} }.into_any()
}

/// Refused calls by reason; those of before reasons were kept are a line of their own.
fn refused(peer: &pb::Peer) -> Vec<String> {
    let told: i64 = peer.refusals.iter().map(|refused| refused.count).sum();
    let line = |refused: &pb::RefusedCalls| {
        let calls = n!(refused.count, "{count} call", "{count} calls");
        t!(
            "{calls}: {reason}, last {time}",
            calls,
            reason = refusal::words(&refused.reason),
            time = ago(refused.last_at.as_ref())
        )
    };
    let earlier = (peer.refused > told).then(|| {
        let calls = n!(peer.refused - told, "{count} earlier call", "{count} earlier calls");
        t!("{calls}, last reason then: {reason}", calls, reason = refusal::words(&peer.last_refusal))
    });
    peer.refusals.iter().map(line).chain(earlier).collect()
}

#[component]
fn Refusals(peer: pb::Peer) -> impl IntoView {
    let lines = refused(&peer);
    if lines.is_empty() {
        return view! { <span class="muted">{t!("None")}</span> }.into_any();
    }
    lines.into_iter().map(|line| view! { <div>{line}</div> }).collect_view().into_any()
}

fn told(greeting: Greeting) -> String {
    match greeting {
        Greeting::Answered { version, key_id, took } => {
            t!("Answered in {took}, version {version}, by key {key_id}.", took, version, key_id)
        }
        Greeting::Failed(problem) => problem,
    }
}

fn milliseconds(micros: i64) -> String {
    t!("{value} ms", value = format_args!("{}.{}", micros / 1_000, micros % 1_000 / 100))
}

fn capitalised(text: &str) -> String {
    if text.starts_with("http") {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn peer() -> pb::Peer {
        let keys = vec![pb::PeerKey { id: "k1".into(), created_at: None }];
        pb::Peer { place: "in this process".into(), keys_in: keys.clone(), keys_out: keys, ..Default::default() }
    }

    #[test]
    fn the_worst_is_told_first() {
        let word = |peer: pb::Peer| standing(&peer).2;
        assert_eq!(word(pb::Peer { keys_in: Vec::new(), ..peer() }), "No keys");
        assert_eq!(word(pb::Peer { place: String::new(), ..peer() }), "No way to it");
        assert_eq!(word(peer()), "Not heard from yet");
        assert_eq!(word(pb::Peer { last_seen_at: Some(at(2)), last_refused_at: Some(at(1)), ..peer() }), "Heard from");
        assert_eq!(word(pb::Peer { last_seen_at: Some(at(1)), last_refused_at: Some(at(2)), ..peer() }), "Last call refused");
    }

    #[test]
    fn refused_calls_are_told_by_reason_and_none_is_left_out() {
        let refusals = vec![pb::RefusedCalls { reason: "SKEW".into(), count: 2, last_at: None }];
        let told = refused(&pb::Peer { refused: 5, refusals, last_refusal: "REPLAY".into(), ..peer() });
        assert_eq!(told, ["2 calls: clocks differ, last ", "3 earlier calls, last reason then: sent twice"]);
        assert!(refused(&peer()).is_empty());
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(milliseconds(12_345), "12.3 ms");
        assert_eq!(capitalised("in this process"), "In this process");
        assert_eq!(capitalised("http://10.0.0.2:7010"), "http://10.0.0.2:7010");
    }
}
