//! Own tasks, or those of everyone this person may see, by the day they are due.

mod about;
mod add;
mod due;
mod keys;
pub mod row;

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, task_service_client::TaskServiceClient};
use web_kit::{
    api::{error::ApiError, use_api},
    button::Button,
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    format::{self, date, number},
    layout::{PageSlots, use_page},
    list::{
        query::use_list_query,
        rows::{Page, Rows},
    },
    live::{Heard, use_live},
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
};

use self::{add::AddTask, due::Due, row::TaskRow};
use crate::{
    api::{may, me},
    parts::directory::{Directory, use_directory},
};

const PAGE: i32 = 100;

#[component]
pub fn TasksPage() -> impl IntoView {
    let page = use_page("My work");
    let directory = use_directory();
    let query = use_list_query("");
    let whose = query.switch("whose", "own");
    let which = query.switch("which", "open");
    keys::use_task_keys();
    let rows = use_tasks(whose, which);
    let problem = RwSignal::new(None::<ApiError>);
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
            <div class="row row-wrap">
                <Segmented
                    label="Whose"
                    value=whose
                    choices=vec![Choice::new("own", "Mine"), Choice::new("everyone", "Everyone’s")]
                />
                <Segmented
                    label="Which"
                    value=which
                    choices=vec![Choice::new("open", "Open"), Choice::new("all", "Open and done")]
                />
            </div>
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
            <Sections rows whose directory problem/>
        </div>
    }
}

fn use_tasks(whose: RwSignal<String>, which: RwSignal<String>) -> Rows<pb::Task> {
    let api = use_api();
    let rows = Rows::new(
        |task: &pb::Task| task.id.clone(),
        move |page_token| {
            let request = pb::ListTasksRequest {
                page_size: PAGE,
                page_token,
                include_done: which.get() == "all",
                everyone: whose.get() == "everyone",
            };
            async move {
                let call = async |transport, request| TaskServiceClient::new(transport).list_tasks(request).await;
                let reply = api.read(request, call).await?;
                let info = reply.page.unwrap_or_default();
                let total = Some((info.total_size.into(), info.total_is_capped)).filter(|(total, _)| *total > 0);
                Ok(Page { rows: reply.tasks, next_page_token: info.next_page_token, total })
            }
        },
    );
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
fn Sections(
    rows: Rows<pb::Task>,
    whose: RwSignal<String>,
    directory: Directory,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let sections = Due::ALL.into_iter().map(|due| view! { <Section due rows whose directory problem/> }).collect_view();
    let state = move || match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what="Your tasks" error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 => view! { <Nothing whose/> }.into_any(),
        (true, None) => ().into_any(),
    };
    view! {
        {state}
        {sections}
        <Show when=move || rows.is_ready() && rows.has_more()>
            <div><Button busy=rows.loading on_click=move |_| rows.more()>"Show more tasks"</Button></div>
        </Show>
    }
}

#[component]
fn Section(
    due: Due,
    rows: Rows<pb::Task>,
    whose: RwSignal<String>,
    directory: Directory,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
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
                                Some(people) => view! { <TaskRow task people problem/> },
                                None => view! { <TaskRow task problem/> },
                            }
                        }}
                    </For>
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

#[component]
fn Nothing(whose: RwSignal<String>) -> impl IntoView {
    move || {
        if whose.get() == "own" {
            view! {
                <EmptyState
                    title="Nothing to do"
                    text="Tasks you add or are handed stand here by the day they are due. Customers and leads have tasks of their own."
                />
            }
        } else {
            view! { <EmptyState title="Nobody has anything to do" text="Tasks of the people you work with stand here."/> }
        }
    }
}
