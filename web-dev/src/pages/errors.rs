//! Failures of pages, of every portal, grouped by what they have in common. Nothing here tells whom they happened to.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, error_group_service_client::ErrorGroupServiceClient};
use web_kit::{
    api::use_api,
    empty::EmptyState,
    field::Choice,
    format::number,
    icon::{Icon, glyphs},
    layout::use_page,
    list::query::use_list_query,
    load::{Load, Loaded},
    operator::OperatorPortal as _,
    tabs::Segmented,
};

use crate::app::Dev;

#[component]
pub fn ErrorsPage() -> impl IntoView {
    let api = use_api();
    let days = use_list_query("").switch("days", "7");
    let choices = vec![Choice::new("1", t!("24 h")), Choice::new("7", t!("7 d")), Choice::new("30", t!("30 d"))];
    use_page(t!("errors"))
        .canvas()
        .with_actions(move || view! { <Segmented label=t!("range") value=days choices=choices.clone()/> });
    let load = Load::new(move || {
        let days = days.get().parse().unwrap_or(7);
        async move {
            let call = async |transport, request| ErrorGroupServiceClient::new(transport).list_error_groups(request).await;
            api.read(pb::ListErrorGroupsRequest { days }, call).await
        }
    });
    view! {
        <div class="overview">
            <Loaded load what=t!("The errors") let:read>
                <Sources sources=read.sources.clone()/>
                <Groups groups=read.groups sources=read.sources/>
            </Loaded>
        </div>
    }
}

/// What the list can't say because somebody was not asked, or not to the end.
#[component]
fn Sources(sources: Vec<pb::ErrorSource>) -> impl IntoView {
    let lines: Vec<String> = sources.iter().flat_map(missing).collect();
    (!lines.is_empty()).then(|| {
        view! {
            <div class="note is-warning" role="status">
                <Icon glyph=glyphs::PLUG_CIRCLE_EXCLAMATION/>
                <span>{lines.join(" ")}</span>
            </div>
        }
    })
}

fn missing(source: &pb::ErrorSource) -> Vec<String> {
    let system = &source.system;
    let mut lines = Vec::new();
    if source.away {
        lines.push(t!("The {system} system did not answer: its errors are missing.", system));
    }
    if source.capped {
        lines.push(t!(
            "Of the {system} system the newest {source} reports were read.",
            system,
            source = number::count(source.counted.into())
        ));
    }
    if source.left_out > 0 {
        lines.push(t!(
            "Of the {system} system the {left_out} rarest groups are left out.",
            system,
            left_out = number::count(source.left_out.into())
        ));
    }
    lines
}

/// All groups there are, and all reports that were read for them.
fn amount(groups: usize, sources: &[pb::ErrorSource]) -> String {
    let left_out: i64 = sources.iter().map(|source| i64::from(source.left_out)).sum();
    let reports: i64 = sources.iter().map(|source| i64::from(source.counted)).sum();
    let groups = left_out + i64::try_from(groups).unwrap_or(i64::MAX);
    t!("{groups} groups, {reports} reports", groups = number::count(groups), reports = number::count(reports))
}

#[component]
fn Groups(groups: Vec<pb::ErrorGroup>, sources: Vec<pb::ErrorSource>) -> impl IntoView {
    if groups.is_empty() {
        return view! { <EmptyState title=t!("no errors") text=t!("No page of any portal reported a failure in this range.")/> }
            .into_any();
    }
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("what failed")}</h2>
                <span class="count">{amount(groups.len(), &sources)}</span>
            </div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("error groups")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("last, utc")}</th>
                            <th scope="col">{t!("what, masked")}</th>
                            <th scope="col">{t!("portal")}</th>
                            <th scope="col">{t!("page")}</th>
                            <th scope="col">{t!("version")}</th>
                            <th scope="col" class="num">{t!("count")}</th>
                            <th scope="col" class="num">{t!("companies")}</th>
                            <th scope="col">{t!("first, utc")}</th>
                            <th scope="col" class="wide-only">{t!("fingerprint")}</th>
                        </tr>
                    </thead>
                    <tbody>{groups.into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn line(group: pb::ErrorGroup) -> impl IntoView {
    let build = if group.build.is_empty() { "–".to_owned() } else { group.build };
    view! {
        <tr>
            <td data-p="d" class="soft tnum">{Dev::MANNER.second(group.last_at.as_ref())}</td>
            <td data-p="a"><span class="cell-main">{group.message}</span></td>
            <td data-p="c" class="mono">{group.system}</td>
            <td data-p="e" class="mono">{group.place}</td>
            <td class="mono muted">{build}</td>
            <td data-p="b" class="num mono">{number::count(group.count.into())}</td>
            <td class="num mono">{number::count(group.companies.into())}</td>
            <td class="soft tnum">{Dev::MANNER.second(group.first_at.as_ref())}</td>
            <td class="mono muted wide-only">{group.fingerprint}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told() {
        let source = |away, capped, left_out| pb::ErrorSource { system: "x".into(), away, counted: 5_000, capped, left_out };
        assert!(missing(&source(false, false, 0)).is_empty());
        assert_eq!(missing(&source(true, false, 0)), ["The x system did not answer: its errors are missing."]);
        let cut = ["Of the x system the newest 5,000 reports were read.", "Of the x system the 3 rarest groups are left out."];
        assert_eq!(missing(&source(false, true, 3)), cut);
        assert_eq!(amount(200, &[source(false, true, 3), source(false, false, 0)]), "203 groups, 10,000 reports");
    }
}
