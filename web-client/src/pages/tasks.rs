//! Own tasks, or those of everyone this person may see, by the day they are due: searched, filtered, changed, put away.

mod about;
mod add;
mod ask;
mod due;
mod keys;
pub mod row;

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::Button,
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    format::{self, date, number},
    layout::{PageSlots, use_page},
    list::{
        bar::ViewTab,
        filter_bar::FilterBar,
        query::{ListQuery, use_list_query},
        rows::Rows,
        state::ListState,
    },
    live::{Heard, use_live},
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
};

use self::{add::AddTask, due::Due, row::TaskRow};
use crate::{
    api::{may, me},
    parts::{
        directory::{Directory, use_directory},
        task_dialog::TaskDialog,
        views::{Views, ViewsBar, use_views},
    },
};

const PAGE: i32 = 100;

/// What the rows of this page need to know.
#[derive(Clone, Copy)]
struct Parts {
    rows: Rows<pb::Task>,
    query: ListQuery,
    whose: RwSignal<String>,
    directory: Directory,
    /// The task that is being changed.
    editing: RwSignal<Option<pb::Task>>,
    problem: RwSignal<Option<ApiError>>,
    views: Views,
}

#[component]
pub fn TasksPage() -> impl IntoView {
    let page = use_page(t!("My work"));
    let directory = use_directory();
    let query = use_list_query(ask::ORDERS[0].0);
    let whose = query.switch("whose", "own");
    let which = query.switch("which", "open");
    keys::use_task_keys();
    let rows = use_tasks(query);
    let (editing, problem) = (RwSignal::new(None), RwSignal::new(None::<ApiError>));
    let built_in = vec![ViewTab::all(t!("My open tasks"))];
    let views = use_views(pb::ListKind::Task, ask::CHIPS, query, built_in, Some(ask::count()));
    views.follow_total(rows.total);
    let parts = Parts { rows, query, whose, directory, editing, problem, views };
    show_count(page, rows);
    let own = me().user.unwrap_or_default().id;
    let added = move |task: pb::Task| {
        if whose.get_untracked() == "everyone" || task.assignee_id == own {
            rows.reload();
        }
    };
    view! {
        <div class="tasks" on:keydown=|event| keys::open_on_enter(&event)>
            {may("task.write").then(|| view! { <AddTask directory added/> })}
            <ViewsBar views problem/>
            <div class="row row-wrap">
                <Segmented
                    label=t!("Whose")
                    value=whose
                    choices=vec![Choice::new("own", t!("Mine")), Choice::new("everyone", t!("Everyone’s"))]
                />
                <Segmented
                    label=t!("Which")
                    value=which
                    choices=vec![Choice::new("open", t!("Open")), Choice::new("all", t!("Open and done"))]
                />
            </div>
            <Bar parts/>
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
            <Sections parts/>
            <TaskDialog directory task=editing problem changed=move |()| rows.reload()/>
        </div>
    }
}

#[component]
fn Bar(parts: Parts) -> impl IntoView {
    let Parts { query, directory, problem, views, .. } = parts;
    let on_save_view = views.on_save();
    let search = t!("Task, or what it is about");
    let filters = ask::filters(directory);
    let orders = ask::ORDERS.map(|(order, name)| (order, t!(name))).to_vec();
    if may("record.export") {
        let on_csv = move |()| ask::export(query.get_untracked(), directory, problem);
        view! { <FilterBar query search filters orders on_csv on_save_view/> }.into_any()
    } else {
        view! { <FilterBar query search filters orders on_save_view/> }.into_any()
    }
}

fn use_tasks(query: ListQuery) -> Rows<pb::Task> {
    let rows =
        Rows::new(|task: &pb::Task| task.id.clone(), move |page_token| ask::list(ask::request(&query.asked(), PAGE, page_token)));
    use_live(move |heard| match heard {
        // An own change is on the page already.
        Heard::Change(change) if change.entity == "task" && change.actor_id != me().user.unwrap_or_default().id => {
            rows.reload();
        }
        Heard::Reset => rows.reload(),
        Heard::Change(_) => {}
    });
    rows
}

fn show_count(page: PageSlots, rows: Rows<pb::Task>) {
    Effect::new(move |_| {
        let text = match rows.total.get() {
            Some((total, capped)) => number::total(total, capped),
            None if rows.is_ready() && !rows.has_more() => number::count(rows.count() as i64),
            None => String::new(),
        };
        page.count.set(text);
    });
}

#[component]
fn Sections(parts: Parts) -> impl IntoView {
    let Parts { rows, query, whose, .. } = parts;
    let sections = Due::ALL.into_iter().map(|due| view! { <Section due parts/> }).collect_view();
    let state = move || match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what=t!("Your tasks") error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 => view! { <Nothing query whose/> }.into_any(),
        (true, None) => ().into_any(),
    };
    view! {
        {state}
        {sections}
        <Show when=move || rows.is_ready() && rows.has_more()>
            <div><Button busy=rows.loading on_click=move |_| rows.more()>{t!("Show more tasks")}</Button></div>
        </Show>
    }
}

#[component]
fn Section(due: Due, parts: Parts) -> impl IntoView {
    let Parts { rows, whose, directory, editing, problem, .. } = parts;
    let edit = move |task: pb::Task| editing.set(Some(task));
    let tasks = Memo::new(move |_| {
        let today = date::parse_iso(&format::today()).unwrap_or_default();
        rows.with(|all| all.iter().filter(|task| Due::of(task, today) == due).cloned().collect::<Vec<Arc<pb::Task>>>())
    });
    let people = move || (whose.get() == "everyone").then_some(directory);
    view! {
        <Show when=move || !tasks.with(Vec::is_empty)>
            <section class="task-group" aria-label=due.title()>
                <h2 class="section-label" class:down=due == Due::Late>
                    {due.title()}
                    " "
                    <span class="count">{move || tasks.with(Vec::len)}</span>
                </h2>
                <ul class="task-list">
                    <For each=move || tasks.get() key=|task| (task.id.clone(), task.version) let:task>
                        {move || {
                            let task = (*task).clone();
                            match people() {
                                Some(people) => view! { <TaskRow task people problem edit/> },
                                None => view! { <TaskRow task problem edit/> },
                            }
                        }}
                    </For>
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

/// The two switches alone leave nothing to clear.
fn is_narrowed(state: &ListState) -> bool {
    !state.text.is_empty() || state.filters.iter().any(|(field, _)| !matches!(&**field, "whose" | "which"))
}

#[component]
fn Nothing(query: ListQuery, whose: RwSignal<String>) -> impl IntoView {
    let clear = move |_| {
        query.update(|state| {
            state.text.clear();
            state.filters.retain(|(field, _)| matches!(&**field, "whose" | "which"));
        });
    };
    move || {
        if query.with(is_narrowed) {
            let actions = move || view! { <Button on_click=clear>{t!("Clear filters")}</Button> };
            view! { <EmptyState title=t!("No tasks match") text=t!("Take a word or a filter away, or clear them.") actions/> }
                .into_any()
        } else if whose.get() == "own" {
            view! {
                <EmptyState
                    title=t!("Nothing to do")
                    text=t!("Tasks you add or are handed stand here by the day they are due. Customers and leads have tasks of their own.")
                />
            }
            .into_any()
        } else {
            view! { <EmptyState title=t!("Nobody has anything to do") text=t!("Tasks of the people you work with stand here.")/> }
                .into_any()
        }
    }
}
