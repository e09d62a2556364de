//! What needs this person now, then the figures.

mod begin;
mod charts;
mod figures;
mod follow_ups;
mod needs;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, dashboard_service_client::DashboardServiceClient};
use web_kit::{
    api::use_api,
    browser,
    empty::EmptyState,
    field::Choice,
    format::{number, zone},
    layout::use_page,
    live::{self, LiveChange},
    load::{Load, Loaded},
    tabs::Segmented,
};

use self::{
    begin::Begin,
    charts::{ByWeek, LeadsByStage},
    figures::Figures,
    follow_ups::{FollowUps, answers_for_others, use_follow_ups},
    needs::{ComingUp, NeedsYou, Work, use_work},
};
use crate::api::me;

#[component]
pub fn DashboardPage() -> impl IntoView {
    use_page(t!("Dashboard")).canvas();
    let weeks = RwSignal::new("12".to_owned());
    let work = use_work();
    let figures = use_figures(weeks);
    let others = use_follow_ups();
    follow(work, others, figures);
    let due = Signal::derive(move || {
        figures.with(|read| read.map(|(_, read)| number::count(read.follow_ups_due.into()))).unwrap_or_default()
    });
    view! {
        <div class="dash">
            <Greeting work weeks/>
            <div class="grid cols dash-cols">
                <div class="stack gap-4">
                    <NeedsYou work/>
                    {move || figures.with(|read| read.is_some_and(is_new)).then(|| view! { <Begin/> })}
                    <ComingUp work/>
                    {answers_for_others().then(|| view! { <FollowUps leads=others due/> })}
                </div>
                <div class="stack gap-4 dash-figures">
                    <div class="only-phone"><Range weeks/></div>
                    <Loaded load=figures what=t!("The figures") let:read>
                        <Read read/>
                    </Loaded>
                </div>
            </div>
        </div>
    }
}

/// There is nothing to count yet.
fn is_new((_, shown): &Read) -> bool {
    shown.customers_total == 0 && shown.leads_open == 0
}

/// Figures, and the number of weeks they are for.
type Read = (i32, pb::GetDashboardResponse);

fn use_figures(weeks: RwSignal<String>) -> Load<Read> {
    let api = use_api();
    Load::new(move || {
        let weeks = weeks.get().parse().unwrap_or_default();
        async move {
            let call = async |transport, request| DashboardServiceClient::new(transport).get_dashboard(request).await;
            Ok((weeks, api.read(pb::GetDashboardRequest { weeks }, call).await?))
        }
    })
}

#[component]
fn Read(read: Read) -> impl IntoView {
    if is_new(&read) {
        return view! { <NoFigures/> }.into_any();
    }
    let (weeks, shown) = read;
    let stages = (!shown.leads_by_stage.is_empty()).then(|| shown.leads_by_stage.clone());
    let (customers, tasks) = (shown.new_customers.clone(), shown.tasks_done.clone());
    view! {
        <Figures shown weeks/>
        {stages.map(|stages| view! { <LeadsByStage stages weeks/> })}
        <ByWeek title=t!("New customers per week") weeks=customers/>
        {(!tasks.is_empty()).then(|| view! { <ByWeek title=t!("My tasks done per week") weeks=tasks/> })}
    }
    .into_any()
}

#[component]
fn NoFigures() -> impl IntoView {
    view! {
        <section class="card">
            <EmptyState title=t!("No figures yet") text=t!("They begin with your first customers and leads.")/>
        </section>
    }
}

#[component]
fn Greeting(work: Load<Work>, weeks: RwSignal<String>) -> impl IntoView {
    let name = me().user.unwrap_or_default().display_name;
    let first = name.split_whitespace().next().unwrap_or_default().to_owned();
    let hello = greeting(zone::local(browser::now()));
    let words = move || work.with(|work| work.map(sentence));
    view! {
        <div class="row row-wrap">
            <div>
                <h2 class="t-20">{t!("{hello}, {first}", hello, first)}</h2>
                <p class="soft">{words}</p>
            </div>
            <div class="push not-phone"><Range weeks/></div>
        </div>
    }
}

/// Beside the greeting, and on phones above the figures, which are far below there.
#[component]
fn Range(weeks: RwSignal<String>) -> impl IntoView {
    let ranges = ["4", "12", "26"].map(|count| Choice::new(count, t!("{count} weeks", count))).to_vec();
    view! { <Segmented label=t!("Range of the figures") value=weeks choices=ranges/> }
}

/// By the clock on the company's wall, in civil seconds.
fn greeting(local: i64) -> &'static str {
    match local.rem_euclid(86_400) / 3_600 {
        5..12 => t!("Good morning"),
        12..18 => t!("Good afternoon"),
        _ => t!("Good evening"),
    }
}

fn sentence(work: &Work) -> String {
    let tasks = work.due.len() as i64;
    let leads = work.follow_ups.len() as i64;
    match (tasks, leads) {
        (0, 0) => t!("Nothing is due today.").to_owned(),
        (_, 0) => n!(tasks, "{count} task is due.", "{count} tasks are due."),
        (0, _) => n!(leads, "{count} follow-up is due.", "{count} follow-ups are due."),
        _ => t!(
            "{tasks} and {leads} are due.",
            tasks = n!(tasks, "{count} task", "{count} tasks"),
            leads = n!(leads, "{count} follow-up", "{count} follow-ups")
        ),
    }
}

/// Reads again when something counted here has changed.
fn follow(work: Load<Work>, others: Load<Vec<pb::Lead>>, figures: Load<Read>) {
    let counts = |change: &LiveChange| matches!(&*change.entity, "task" | "lead" | "customer");
    live::follow(counts, move || {
        work.reload();
        others.reload();
        figures.reload();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_follows_the_clock() {
        assert_eq!(greeting(9 * 3_600), "Good morning");
        assert_eq!(greeting(12 * 3_600), "Good afternoon");
        assert_eq!(greeting(2 * 3_600), "Good evening");
    }

    #[test]
    fn the_sentence_says_what_is_due() {
        let mut work = Work { due: vec![pb::Task::default()], ..Work::default() };
        assert_eq!(sentence(&work), "1 task is due.");
        work.follow_ups = vec![pb::Lead::default(); 2];
        assert_eq!(sentence(&work), "1 task and 2 follow-ups are due.");
        assert_eq!(sentence(&Work::default()), "Nothing is due today.");
    }
}
