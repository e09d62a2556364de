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
    let me = me();
    // The support has no name here: it is a guest, whatever its own system calls it.
    let name = me.user.filter(|_| me.support.is_none()).unwrap_or_default().display_name;
    let hello = greeting(zone::local(browser::now()), called(&name));
    let words = move || work.with(|work| work.map(sentence));
    view! {
        <div class="row row-wrap">
            <div>
                <h2 class="t-20">{hello}</h2>
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

/// By the clock on the company's wall, in civil seconds. Empty names are nobody's.
fn greeting(local: i64, name: &str) -> String {
    let hour = local.rem_euclid(86_400) / 3_600;
    if name.is_empty() {
        return match hour {
            5..12 => t!("Good morning"),
            12..18 => t!("Good afternoon"),
            _ => t!("Good evening"),
        }
        .to_owned();
    }
    match hour {
        5..12 => t!("Good morning, {name}", name),
        12..18 => t!("Good afternoon, {name}", name),
        _ => t!("Good evening, {name}", name),
    }
}

/// Titles that stand before a name without a full stop as well.
const TITLES: [&str; 11] = ["dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "herr", "frau"];

/// What somebody is called by: "Ada" of "Ada Lovelace", "Dr. Ada Lovelace" and "Lovelace, Ada". Where it can't be told which of the
/// words that is, all of them; nothing where the name is an address.
fn called(name: &str) -> &str {
    let name = name.trim();
    if name.contains('@') {
        return "";
    }
    let given = name.split_once(',').map_or(name, |(_, given)| given.trim());
    let is_title = |word: &str| word.ends_with('.') && word.chars().count() > 2 || TITLES.contains(&&*word.to_lowercase());
    let mut words = given.split_whitespace().skip_while(|word| is_title(word));
    match (words.next(), words.next()) {
        // "J. Smith" is not called "J.", and "Dr. Lovelace" not "Lovelace".
        (Some(first), next) if !first.ends_with('.') && (next.is_some() || first == given) => first,
        _ => name,
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
        assert_eq!(greeting(9 * 3_600, "Ada"), "Good morning, Ada");
        assert_eq!(greeting(12 * 3_600, "Ada"), "Good afternoon, Ada");
        assert_eq!(greeting(2 * 3_600, ""), "Good evening");
    }

    #[test]
    fn people_are_called_by_their_first_name() {
        for (name, called_by) in [
            ("Ada Lovelace", "Ada"),
            ("  Ada  King Lovelace ", "Ada"),
            ("Madonna", "Madonna"),
            ("Dr. Ada Lovelace", "Ada"),
            ("Prof. Dr. Ada Lovelace", "Ada"),
            ("Mr Tom Pike", "Tom"),
            ("Lovelace, Ada", "Ada"),
            ("Lovelace, Dr. Ada King", "Ada"),
            ("Dr. Lovelace", "Dr. Lovelace"),
            ("J. R. Smith", "J. R. Smith"),
            ("Li Na", "Li"),
            ("Müller-Lüdenscheidt", "Müller-Lüdenscheidt"),
            ("ada@example.com", ""),
            ("", ""),
            ("Dr.", "Dr."),
        ] {
            assert_eq!(called(name), called_by, "{name}");
        }
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
