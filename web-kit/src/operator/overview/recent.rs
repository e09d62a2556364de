//! What was last done here, and who was last refused at the door.

use leptos::prelude::*;

use crate::{
    api::Api,
    badge::{Status, Tone},
    icon::{Icon, glyphs},
    load::{Load, Loaded},
    operator::{
        AuditLine, OperatorPortal,
        audit::{record_address, words},
        space::address,
    },
};

/// The newest `count` records that match.
pub fn last<P: OperatorPortal>(api: Api, filter: &'static str, count: usize) -> Load<Vec<AuditLine>> {
    Load::new(move || async move {
        let page = P::audit(api, String::new(), filter.to_owned()).await?;
        Ok(page.rows.into_iter().take(count).collect())
    })
}

/// Sign-ins that were refused, newest first.
pub fn refused<P: OperatorPortal>(load: Load<Vec<AuditLine>>) -> impl IntoView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Last refused sign-ins")}</h2></div>
            <Loaded load what=t!("Refused sign-ins") let:lines>
                <ul class="list refusals">
                    {if lines.is_empty() {
                        view! {
                            <li><Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("None on record")/></li>
                        }
                        .into_any()
                    } else {
                        lines.into_iter().map(refusal::<P>).collect_view().into_any()
                    }}
                </ul>
            </Loaded>
        </section>
    }
}

fn refusal<P: OperatorPortal>(line: AuditLine) -> impl IntoView {
    let (tone, glyph, _) = words::outcome(&line.category, &line.outcome);
    let who = if line.actor.is_empty() { line.ip.clone() } else { format!("{}, {}", line.actor, line.ip) };
    view! {
        <li class="is-top">
            <span class=format!("status {}", tone.class())><Icon glyph/></span>
            <div class="grow">
                <a href={record_address::<P>(&line.id)} class="cell-main">{words::action(&line.path)}</a>
                <div class="t-12 muted">{who}</div>
                <div class="t-12 muted tnum">{P::MANNER.moment(line.at.as_ref())}</div>
            </div>
        </li>
    }
}

/// Requests that did more than read, newest first.
pub fn recent<P: OperatorPortal>(load: Load<Vec<AuditLine>>) -> impl IntoView {
    view! {
        <section class="card recent">
            <div class="card-head">
                <h2>{t!("Latest activity")}</h2>
                <span class="count">{t!("without reading")}</span>
                <a href={address::<P>("audit")} class="push t-12">{t!("Audit")}</a>
            </div>
            <Loaded load what=t!("The last requests") let:lines>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Latest activity")>
                    <table class="table table-plain cards-on-phone">
                        <thead>
                            <tr>
                                <th scope="col">{t!("Action")}</th>
                                <th scope="col">{t!("Who")}</th>
                                <th scope="col" class="wide-only">{t!("Address")}</th>
                                <th scope="col">{P::MANNER.time_head()}</th>
                                <th scope="col">{t!("Result")}</th>
                            </tr>
                        </thead>
                        <tbody>{lines.into_iter().map(row::<P>).collect_view()}</tbody>
                    </table>
                </div>
            </Loaded>
        </section>
    }
}

fn row<P: OperatorPortal>(line: AuditLine) -> impl IntoView {
    let (tone, glyph, outcome) = words::outcome(&line.category, &line.outcome);
    let who = if line.actor.is_empty() { "muted" } else { "" };
    view! {
        <tr>
            <td data-p="a"><a href={record_address::<P>(&line.id)} class="cell-main">{words::action(&line.path)}</a></td>
            <td data-p="c" class=who>{words::who(&line)}</td>
            <td class="mono muted wide-only">{line.ip}</td>
            <td data-p="d" class="soft tnum">{P::MANNER.second(line.at.as_ref())}</td>
            <td data-p="b"><Status tone glyph text=outcome/></td>
        </tr>
    }
}
