//! What the list of tasks is asked: its filters, its orders, and all of it as a file.

use std::rc::Rc;

use futures::FutureExt as _;
use leptos::prelude::*;
use prost_types::Timestamp;
use streamflow_proto::client::v1::{self as pb, task_service_client::TaskServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    field::Choice,
    format::{date, zone},
    list::{
        chips::{ChipOf, Compare, to_filter, to_switches},
        file,
        filter_bar::{FilterDef, FilterKind},
        rows::Page,
        state::ListState,
    },
    toast::use_toasts,
};

use crate::parts::{directory::Directory, views::Count};

const EVERYONE: &str = "everyone";
const INCLUDE_DONE: &str = "include_done";
pub const CHIPS: &[ChipOf] = &[
    ChipOf::new("assignee_id", Compare::Equal),
    ChipOf::named("due_since", "due_on", Compare::From),
    ChipOf::named("due_until", "due_on", Compare::Until),
    ChipOf::new("created_at", Compare::FromMoment),
    ChipOf::new("archived", Compare::Equal),
    ChipOf::switch("whose", "everyone", EVERYONE),
    ChipOf::switch("which", "all", INCLUDE_DONE),
];
/// Order and its name; the first is the usual one.
pub const ORDERS: [(&str, &str); 3] =
    [("due_on", mark!("Due day")), ("created_at desc", mark!("Newest")), ("created_at", mark!("Oldest"))];

pub fn filters(directory: Directory) -> Vec<FilterDef> {
    let archived = Signal::stored(vec![Choice::new("true", t!("Only archived"))]);
    let def = |field, label, kind| FilterDef { field, label, kind };
    vec![
        def("assignee_id", t!("Whose"), FilterKind::Choice(directory.people_to_filter())),
        def("due_since", t!("Due"), FilterKind::Since),
        def("due_until", t!("Due"), FilterKind::Until),
        def("created_at", t!("Added"), FilterKind::Since),
        def("archived", t!("Archived"), FilterKind::Choice(archived)),
    ]
}

/// The request for a page of the list as it is looked at.
pub fn request(state: &ListState, page_size: i32, page_token: String) -> pb::ListTasksRequest {
    let switches = to_switches(state, CHIPS);
    let on = |switch: &str| switches.iter().any(|known| known == switch);
    pb::ListTasksRequest {
        page_size,
        page_token,
        include_done: on(INCLUDE_DONE),
        everyone: on(EVERYONE),
        order_by: state.order_by.clone(),
        filter: to_filter(state, CHIPS),
    }
}

pub async fn list(request: pb::ListTasksRequest) -> Result<Page<pb::Task>, ApiError> {
    let call = async |transport, request| TaskServiceClient::new(transport).list_tasks(request).await;
    let reply = use_api().read(request, call).await?;
    let info = reply.page.unwrap_or_default();
    let total = Some((info.total_size.into(), info.total_is_capped)).filter(|(total, _)| *total > 0);
    Ok(Page { rows: reply.tasks, next_page_token: info.next_page_token, total })
}

/// How many tasks a state of the list has.
pub fn count() -> Count {
    Rc::new(|state: &ListState| {
        let request = request(state, 1, String::new());
        async move { Ok(list(request).await?.total.unwrap_or_default()) }.boxed_local()
    })
}

/// The whole list as a file, as it is filtered and ordered.
pub fn export(state: ListState, directory: Directory, problem: RwSignal<Option<ApiError>>) {
    use_toasts().say(t!("Preparing tasks.csv"));
    spawn_local(async move {
        let fetch = |token| list(request(&state, file::PAGE, token));
        let heads = [t!("Task"), t!("Due"), t!("Whose"), t!("About"), t!("Added"), t!("Done")];
        let cells = |task: &pb::Task| cells(task, untrack(|| directory.person(&task.assignee_id)));
        let told = |count| n!(count, "{count} task saved as tasks.csv", "{count} tasks saved as tasks.csv");
        let saved = file::save(fetch, heads, cells, "tasks.csv", told).await;
        problem.try_set(saved.err());
    });
}

/// Days as programs read them, all in one form.
fn cells(task: &pb::Task, person: String) -> [String; 6] {
    let day = |at: Option<&Timestamp>| at.map(|at| date::iso(zone::local(at.seconds))).unwrap_or_default();
    [
        task.title.clone(),
        task.due_on.clone(),
        person,
        task.record_name.clone(),
        day(task.created_at.as_ref()),
        day(task.done_at.as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_shows_is_what_is_asked() {
        let mut state = ListState { text: "call".into(), order_by: "created_at desc".into(), ..ListState::default() };
        for (field, value) in [("whose", "everyone"), ("due_until", "2026-12-01"), ("archived", "true")] {
            state.set_filter(field, value);
        }
        let asked = request(&state, 100, String::new());
        assert_eq!(asked.filter, r#"search : "call" AND due_on <= "2026-12-01" AND archived = "true""#);
        assert!(asked.everyone && !asked.include_done);
        assert_eq!(asked.order_by, "created_at desc");
    }
}
