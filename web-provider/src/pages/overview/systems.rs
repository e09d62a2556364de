//! Which of the other systems answer, and since when one does not.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, PeerState, federation_service_client::FederationServiceClient};
use web_kit::{
    api::use_api,
    badge::{Status, Tone},
    format::{ago, moment},
    icon::{Glyph, glyphs},
    load::{Load, Loaded, look_again},
    operator::space::may,
};

use super::LOOK_EVERY;
use crate::pages::words;

#[component]
pub fn Systems() -> impl IntoView {
    let api = use_api();
    let load = Load::new(move || async move {
        let call = async |transport, request| FederationServiceClient::new(transport).list_peer_standings(request).await;
        Ok(api.read(pb::ListPeerStandingsRequest {}, call).await?.standings)
    });
    look_again(LOOK_EVERY, move || load.reload());
    let count = move || load.with(|standings| standings.map(|standings| counted(standings)).unwrap_or_default());
    view! {
        <section class="card" aria-labelledby="systems">
            <div class="card-head">
                <h2 id="systems">{t!("Systems")}</h2>
                <span class="count">{count}</span>
                {may("peer.read").then(|| view! { <a href="/provider/federation" class="push t-12">{t!("Federation")}</a> })}
            </div>
            <Loaded load what=t!("The other systems") let:standings>
                <ul class="list">{standings.into_iter().map(|standing| view! { <Line standing/> }).collect_view()}</ul>
            </Loaded>
        </section>
    }
}

#[component]
fn Line(standing: pb::PeerStanding) -> impl IntoView {
    let (tone, glyph, text) = state(standing.state());
    let since = since(&standing);
    view! {
        <li>
            <div class="grow">
                <div class="medium" translate="no">{words::plain(&standing.name, "")}</div>
                <div class="t-12 muted">{since}</div>
                {(!standing.problem.is_empty()).then(|| view! { <div class="t-12 muted">{standing.problem}</div> })}
            </div>
            <Status tone glyph text/>
        </li>
    }
}

fn counted(standings: &[pb::PeerStanding]) -> String {
    let number = |state: PeerState| standings.iter().filter(|standing| standing.state() == state).count();
    match number(PeerState::Down) {
        0 => n!(number(PeerState::Answers) as i64, "{count} answers", "{count} answer"),
        down => t!("{down} down", down),
    }
}

fn state(state: PeerState) -> (Tone, Glyph, &'static str) {
    match state {
        PeerState::Answers => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Answers")),
        PeerState::Down => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("Down")),
        PeerState::Unconnected | PeerState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("No way to it")),
    }
}

fn since(standing: &pb::PeerStanding) -> String {
    let at = standing.last_answer_at.as_ref();
    match (standing.state(), at) {
        (PeerState::Answers, _) => t!("Answered {ago}", ago = ago(at)),
        (PeerState::Down, Some(_)) => t!("Down since {time}, when it last answered", time = moment(at)),
        (PeerState::Down, None) => t!("It has not answered this system so far.").to_owned(),
        _ => t!("No way to it is configured").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_down_is_told_before_what_answers() {
        let standing = |state: PeerState| pb::PeerStanding { state: state.into(), ..pb::PeerStanding::default() };
        let (up, down, none) = (standing(PeerState::Answers), standing(PeerState::Down), standing(PeerState::Unconnected));
        assert_eq!(counted(&[up.clone(), none.clone()]), "1 answers");
        assert_eq!(counted(&[up.clone(), up.clone()]), "2 answer");
        assert_eq!(counted(&[up, down.clone()]), "1 down");
        assert_eq!(since(&down), "It has not answered this system so far.");
        assert_eq!(since(&none), "No way to it is configured");
    }
}
