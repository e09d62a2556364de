//! The fleet at a glance: how many companies, how they stand, who came, whose trial ends, what is done there, and whether all systems
//! answer.

mod systems;
mod usage;

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::provider::v1 as pb;
use web_kit::{
    api::use_api,
    badge::Status,
    chart::{Chart, ChartKind, Point, Spark},
    field::Choice,
    format::{self, date, number},
    layout::{PageSlots, use_page},
    list::state::ListState,
    live,
    load::{Load, Loaded},
    operator::{
        Figure, company,
        overview::figures::{Change, More},
    },
    skeleton::SkeletonFigures,
    tabs::Segmented,
};

use self::{systems::Systems, usage::Usage};
use super::{tenants::address, words};

/// Between two looks at what no change announces.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// An answer and the days it is about.
type Read = (i64, pb::GetFleetResponse);

/// `overview` below the portal's base.
pub fn overview() -> impl IntoView {
    let api = use_api();
    let days = RwSignal::new("30".to_owned());
    let ranges = ["7", "30", "90"].map(|days| Choice::new(days, t!("{days} days", days))).to_vec();
    let page = use_page(t!("Overview")).canvas().with_actions(move || {
        let ranges = ranges.clone();
        view! { <Segmented label=t!("Range") value=days choices=Signal::stored(ranges)/> }
    });
    let load = Load::new(move || {
        let days = days.get().parse().unwrap_or(30);
        async move { super::fleet(api, days).await.map(|fleet| (i64::from(days), fleet)) }
    });
    say_state(page, load);
    live::follow(|_| true, move || load.reload());
    let is_there = Memo::new(move |_| load.with(|read| read.is_some()));
    view! {
        <div class="overview">
            <Loaded load what=t!("The overview") skeleton=ViewFn::from(|| view! { <SkeletonFigures/> }) let:read><Figures read/></Loaded>
            <Show when=move || is_there.get()><Cards load days/></Show>
        </div>
    }
}

/// The sentence under the title.
fn say_state(page: PageSlots, load: Load<Read>) {
    Effect::new(move |_| page.lead.set(load.with(|read| read.map(|(_, fleet)| state(fleet)).unwrap_or_default())));
}

fn state(fleet: &pb::GetFleetResponse) -> String {
    let tenants = n!(fleet.tenants, "{count} tenant", "{count} tenants");
    match words::in_state(fleet, "SUSPENDED") {
        0 => t!("{tenants}, none suspended", tenants),
        suspended => t!("{tenants}, {suspended} suspended", tenants, suspended = number::count(suspended)),
    }
}

#[component]
fn Figures(read: Read) -> impl IntoView {
    let (days, fleet) = read;
    let ended = words::in_state(&fleet, "TRIAL_ENDED");
    let figure = |figure: Option<pb::Figure>| figure.map(|it| Figure { value: it.value, before: it.before }).unwrap_or_default();
    let (sign_ups, ends) = (figure(fleet.sign_ups), figure(fleet.trial_ends));
    let line: Vec<f64> = fleet.sign_ups_by_day.iter().map(|day| day.value as f64).collect();
    view! {
        <section class="stats" aria-label=t!("Figures")>
            <div class="stat">
                <div class="stat-label">{t!("Tenants")}</div>
                <div class="stat-value">{number::count(fleet.tenants)}</div>
                <div class="stat-note">{t!("{tenants} active", tenants = number::count(words::in_state(&fleet, "ACTIVE")))}</div>
            </div>
            <div class="stat">
                <div class="stat-label">{t!("Sign-ups")}</div>
                <div class="stat-value">{number::count(sign_ups.value)}</div>
                <Spark title=t!("Sign-ups over the range") values=line/>
                <div class="stat-note"><Change figure=sign_ups before=t!("the {days} days before", days) more=More::Neutral/></div>
            </div>
            <div class="stat">
                <div class="stat-label">{t!("On trial")}</div>
                <div class="stat-value">{number::count(words::in_state(&fleet, "TRIAL"))}</div>
                <div class="stat-note">{t!("{ended} ended without a plan", ended = number::count(ended))}</div>
            </div>
            <div class="stat">
                <div class="stat-label">{t!("Trials that end in {days} days", days)}</div>
                <div class="stat-value">{number::count(ends.value)}</div>
                <div class="stat-note"><Change figure=ends before=t!("the {days} days before", days) more=More::Neutral/></div>
            </div>
        </section>
    }
}

/// A day of a chart. The server counts days in UTC, so a day is named in UTC.
fn place(day: &pb::FleetDay) -> Point {
    let label = date::short_day(day.at.as_ref().map_or(0, |at| at.seconds));
    Point::new(label, day.value as f64).before(day.before as f64)
}

/// The chart stays as it was turned, whatever comes.
#[component]
fn Cards(load: Load<Read>, days: RwSignal<String>) -> impl IntoView {
    let fleet = move || load.get().map(|(_, fleet)| fleet).unwrap_or_default();
    let points = Signal::derive(move || fleet().sign_ups_by_day.iter().map(place).collect::<Vec<_>>());
    view! {
        <div class="overview-row">
            <div class="overview-column">
                <Chart
                    title=t!("Sign-ups by day")
                    points
                    kind=ChartKind::Bars
                    names=(t!("This range"), t!("Range before"))
                    nothing=t!("Nobody signed up in this time, nor in the time before.")
                    card=true
                />
                <Usage days/>
                {move || view! { <Shares fleet=fleet()/> }}
            </div>
            <div class="overview-column">
                {move || view! { <Attention fleet=fleet()/> }}
                <Systems/>
                {move || view! { <Newest tenants=fleet().newest/> }}
            </div>
        </div>
    }
}

/// How many companies there are of each kind; each number leads to them.
#[component]
fn Shares(fleet: pb::GetFleetResponse) -> impl IntoView {
    let states = company::STATES.map(|(name, word)| (name.to_owned(), t!(word).to_owned(), words::in_state(&fleet, name)));
    let named = |counts: Vec<pb::FleetCount>, none: &'static str| -> Vec<_> {
        counts.into_iter().map(|count| (count.name.clone(), words::plain(&count.name, none), count.value)).collect()
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Fleet")}</h2><span class="count">{n!(fleet.tenants, "{count} tenant", "{count} tenants")}</span></div>
            <div class="card-body shares">
                <Share title=t!("State") field="state" lines=states.to_vec()/>
                <Share title=t!("Plan") field="plan" lines=named(fleet.by_plan, t!("No plan"))/>
                <Share title=t!("Industry") field="industry" lines=named(fleet.by_industry, t!("No industry"))/>
            </div>
        </section>
    }
}

#[component]
fn Share(title: &'static str, field: &'static str, lines: Vec<(String, String, i64)>) -> impl IntoView {
    let line = |(name, words, count): (String, String, i64)| {
        let mut state = ListState::default();
        state.set_filter(field, &name);
        let to = format!("/provider/tenants{}", state.to_query());
        // There is no filter for those without one.
        let words = if name.is_empty() { words.into_any() } else { view! { <a href=to>{words}</a> }.into_any() };
        let class = if count == 0 { "num muted" } else { "num" };
        view! { <dt>{words}</dt><dd class=class>{number::count(count)}</dd> }
    };
    view! { <div><h3 class="section-label">{title}</h3><dl class="kv">{lines.into_iter().map(line).collect_view()}</dl></div> }
}

/// Who is closed, and whose trial ends next.
#[component]
fn Attention(fleet: pb::GetFleetResponse) -> impl IntoView {
    let count = fleet.suspended.len() + fleet.next_trial_ends.len();
    let suspended = fleet.suspended.into_iter().map(|tenant| {
        let note = t!(
            "since {suspended_at}: {suspension_reason}",
            suspended_at = format::day(tenant.suspended_at.as_ref()),
            suspension_reason = tenant.suspension_reason
        );
        (tenant, note)
    });
    let trials = fleet.next_trial_ends.into_iter().map(|tenant| {
        let note = t!("Trial ends {trial_ends_at}", trial_ends_at = format::moment(tenant.trial_ends_at.as_ref()));
        (tenant, note)
    });
    let lines: Vec<_> = suspended.chain(trials).map(|(tenant, note)| view! { <Line tenant note/> }).collect();
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Attention")}</h2><span class="count">{count}</span></div>
            {if lines.is_empty() {
                view! { <p class="card-foot">{t!("No company is suspended, and no trial ends within 14 days.")}</p> }.into_any()
            } else {
                view! { <ul class="list">{lines}</ul> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Newest(tenants: Vec<pb::Tenant>) -> impl IntoView {
    let line = |tenant: pb::Tenant| {
        let note = format!("{}, {}", words::plain(&tenant.industry, t!("No industry")), format::ago(tenant.created_at.as_ref()));
        view! { <Line tenant note/> }
    };
    let is_empty = tenants.is_empty();
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Newest")}</h2><a href="/provider/tenants" class="push t-12">{t!("All tenants")}</a></div>
            {if is_empty {
                view! { <p class="card-foot">{t!("No company has registered yet.")}</p> }.into_any()
            } else {
                view! { <ul class="list">{tenants.into_iter().map(line).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Line(tenant: pb::Tenant, note: String) -> impl IntoView {
    let (tone, glyph, text) = company::state(tenant.state().as_str_name());
    view! {
        <li>
            <div class="grow">
                <a href=address(&tenant.tenant_id) class="cell-main medium">{tenant.name}</a>
                <div class="t-12 muted truncate">{note}</div>
            </div>
            <Status tone glyph text/>
        </li>
    }
}
