//! The certificates that calls between systems are encrypted with, and the calls that are not.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{CertificateHealth, CertificateState, SystemHealth};
use web_kit::{
    badge::{Status, Tone},
    icon::{Glyph, Icon, glyphs},
    operator::OperatorPortal as _,
};

use super::words;
use crate::app::Dev;

/// Nothing where all systems live in one process.
#[component]
pub fn Certificates(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let lines = Memo::new(move |_| systems.with(|all| lines(all)));
    let open = Memo::new(move |_| systems.with(|all| open_calls(all)));
    let some = move || lines.with(|lines| !lines.is_empty());
    let note = move || {
        let note = |text: String| view! { <div class="note"><Icon glyph=glyphs::LOCK_OPEN/><span>{text}</span></div> };
        open.get().map(note)
    };
    view! {
        <Show when=move || some() || open.with(Option::is_some)>
            <section class="card">
                <div class="card-head"><h2>{t!("certificates")}</h2></div>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t!("certificates")>
                    {note}
                    <Show when=some><Table lines/></Show>
                </div>
            </section>
        </Show>
    }
    .into_any()
}

#[component]
fn Table(lines: Memo<Vec<Line>>) -> impl IntoView {
    view! {
        <table class="table table-plain cards-on-phone">
            <thead>
                <tr>
                    <th scope="col">{t!("of")}</th>
                    <th scope="col">{t!("state")}</th>
                    <th scope="col">{t!("for")}</th>
                    <th scope="col">{t!("valid from, utc")}</th>
                    <th scope="col">{t!("ends, utc")}</th>
                    <th scope="col" class="num">{t!("days left")}</th>
                    <th scope="col">{t!("seen by")}</th>
                </tr>
            </thead>
            <tbody>{move || lines.get().into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// One certificate of one system, whoever has seen it.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    of: String,
    certificate: CertificateHealth,
    days_left: i64,
    seen_by: Vec<String>,
}

fn lines(systems: &[SystemHealth]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for system in systems {
        for certificate in &system.certificates {
            let own = certificate.peer.is_empty();
            let of = if own { &system.name } else { &certificate.peer };
            let known = lines.iter().position(|line| line.of == *of && line.certificate.fingerprint == certificate.fingerprint);
            let place = known.unwrap_or_else(|| {
                let ends = certificate.not_after.map_or(0, |at| at.seconds);
                let days_left = (ends - words::clock(system)).div_euclid(86_400).max(0);
                lines.push(Line { of: of.clone(), certificate: certificate.clone(), days_left, seen_by: Vec::new() });
                lines.len() - 1
            });
            if !own {
                lines[place].seen_by.push(system.name.clone());
            }
        }
    }
    lines
}

/// What is told of calls that leave a process in the clear; nothing where there are none.
fn open_calls(systems: &[SystemHealth]) -> Option<String> {
    let open_of = |system: &SystemHealth| {
        let peers: Vec<&str> = system.peers.iter().filter(|peer| peer.unencrypted).map(|peer| peer.name.as_str()).collect();
        (!peers.is_empty()).then(|| t!("{name} to {peers}", name = system.name, peers = peers.join(", ")))
    };
    let open: Vec<String> = systems.iter().filter_map(open_of).collect();
    (!open.is_empty()).then(|| t!("Calls between systems are not encrypted: they go by http ({open}).", open = open.join("; ")))
}

fn state(state: CertificateState) -> (Tone, Glyph, &'static str) {
    match state {
        CertificateState::Good => (Tone::Success, glyphs::CIRCLE_CHECK, t!("ok")),
        CertificateState::Ending => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, t!("needs a look")),
        CertificateState::Urgent => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("renew now")),
        CertificateState::Expired => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("expired")),
        CertificateState::NotYetValid => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("not valid yet")),
        CertificateState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("unknown")),
    }
}

fn row(line: Line) -> impl IntoView {
    let Line { of, certificate, days_left, seen_by } = line;
    let (tone, glyph, word) = state(certificate.state());
    let seen_by = if seen_by.is_empty() { "–".to_owned() } else { seen_by.join(", ") };
    let names = if certificate.names.is_empty() { certificate.subject } else { certificate.names.join(", ") };
    let exact = format!("SHA-256 {}", certificate.fingerprint);
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{of}</span></td>
            <td data-p="b"><Status tone glyph text=word/></td>
            <td data-p="e" class="mono" title=exact>{names}</td>
            <td class="soft tnum">{Dev::MANNER.second(certificate.not_before.as_ref())}</td>
            <td data-p="c" class="tnum">{Dev::MANNER.second(certificate.not_after.as_ref())}</td>
            <td data-p="d" class="num mono">{days_left}</td>
            <td class="mono muted">{seen_by}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use streamflow_proto::dev::v1::PeerHealth;

    use super::*;

    fn certificate(peer: &str, fingerprint: &str) -> CertificateHealth {
        CertificateHealth {
            peer: peer.into(),
            fingerprint: fingerprint.into(),
            not_after: Some(Timestamp { seconds: 86_400 * 12 + 5, nanos: 0 }),
            ..CertificateHealth::default()
        }
    }

    fn system(name: &str, certificates: Vec<CertificateHealth>) -> SystemHealth {
        SystemHealth {
            name: name.into(),
            certificates,
            at: Some(Timestamp { seconds: 86_400, nanos: 0 }),
            ..SystemHealth::default()
        }
    }

    #[test]
    fn a_certificate_has_one_line_whoever_has_seen_it() {
        let systems = [
            system("dev", vec![certificate("", "south"), certificate("client", "north")]),
            system("client", vec![certificate("", "north"), certificate("dev", "south")]),
            system("west", vec![certificate("client", "older")]),
        ];
        let told: Vec<_> = lines(&systems)
            .into_iter()
            .map(|line| (line.of, line.certificate.fingerprint, line.days_left, line.seen_by.join(",")))
            .collect();
        let line = |of: &str, which: &str, seen_by: &str| (of.to_owned(), which.to_owned(), 11, seen_by.to_owned());
        assert_eq!(told, [line("dev", "south", "client"), line("client", "north", "dev"), line("client", "older", "west")]);
        assert!(lines(&[system("dev", Vec::new())]).is_empty());
    }

    #[test]
    fn open_calls_are_named_and_one_process_has_none() {
        let peer = |name: &str, unencrypted| PeerHealth { name: name.into(), unencrypted, ..PeerHealth::default() };
        let with = |name, peers| SystemHealth { peers, ..system(name, Vec::new()) };
        assert_eq!(open_calls(&[with("dev", vec![peer("client", false)])]), None);
        let told =
            open_calls(&[with("dev", vec![peer("client", true), peer("west", true)]), with("client", vec![peer("dev", true)])]);
        let expected = "Calls between systems are not encrypted: they go by http (dev to client, west; client to dev).";
        assert_eq!(told.as_deref(), Some(expected));
    }
}
