//! `streamflow.client.v1.TaskService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Principal},
    db::TenantDb,
    error::{Error, Result, Violations},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::client::v1::{self as pb, task_service_server::TaskService};
use tonic::{Request, Response, Status};

use super::{
    about,
    domain::NewTask,
    store::{self, Choice, Task},
};
use crate::{record::kind::Kind, team};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TaskService for Api {
    async fn list_tasks(&self, request: Request<pb::ListTasksRequest>) -> Result<Response<pb::ListTasksResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let choice = Choice { include_done: req.include_done, everyone: req.everyone };
        let asked =
            ListRequest { page_size: req.page_size, page_token: &req.page_token, count_total: true, ..ListRequest::default() };
        let list = choice.spec().read(asked).map_err(Error::from)?;
        let tx = ctx.read().await?;
        let (mut tasks, page) = store::tasks(&tx, &list, choice).await?;
        about::hide_unseen(&tx, &mut tasks).await?;
        Ok(Response::new(pb::ListTasksResponse { tasks: tasks.into_iter().map(into_pb).collect(), page: Some(page) }))
    }

    async fn create_task(&self, request: Request<pb::CreateTaskRequest>) -> Result<Response<pb::CreateTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewTask::parse(req.task)?;
        let principal = ctx.principal()?;
        let tx = ctx.write().await?;
        let record_name = check(&tx, principal, &new).await?;
        let task = Task {
            id: ctx.new_id(),
            version: 1,
            title: new.title,
            due_on: new.due_on,
            assignee_id: new.assignee_id.or(Some(principal.user_id)),
            record_kind: new.about.and_then(|about| Kind::from_pb(about.kind.into())).map(|kind| kind.as_str().to_owned()),
            record_id: new.about.map(|about| about.id),
            record_name,
            done_at: None,
            created_at: ctx.now(),
        };
        store::insert_task(&tx, &task).await?;
        tx.record(change(&task, Op::Created, &[]));
        Ok(tx.commit(pb::CreateTaskResponse { task: Some(into_pb(task)) }).await?)
    }

    async fn complete_task(
        &self,
        request: Request<pb::CompleteTaskRequest>,
    ) -> Result<Response<pb::CompleteTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::TASK, &req.task_id).ok_or(Error::not_found("task"))?;
        let tx = ctx.write().await?;
        let mut task = store::task(&tx, id).await?.ok_or(Error::not_found("task"))?;
        if task.done_at.is_some() != req.done {
            let done_at = req.done.then(|| ctx.now());
            if store::set_done(&tx, &task, done_at).await? {
                (task.done_at, task.version) = (done_at, task.version + 1);
                tx.record(change(&task, Op::Updated, &["done_at"]));
            } else {
                // Somebody was quicker, with this or the opposite: show what holds now.
                task = store::task(&tx, id).await?.ok_or(Error::not_found("task"))?;
            }
        }
        about::hide_unseen(&tx, std::slice::from_mut(&mut task)).await?;
        Ok(tx.commit(pb::CompleteTaskResponse { task: Some(into_pb(task)) }).await?)
    }
}

/// What the rows say against a new task, all at once. Gives back the name of its record.
async fn check(tx: &TenantDb, principal: &Principal, new: &NewTask) -> Result<String> {
    let mut problems = Violations::new();
    if let Some(assignee) = new.assignee_id
        && !team::store::is_active_member(tx, assignee).await?
    {
        problems.add("task.assignee_id", "Choose a person from the list.");
    }
    let mut name = String::new();
    if let Some(about) = new.about {
        match about::name_of(tx, principal, about).await {
            Ok(found) => name = found,
            Err(Error::NotFound { .. }) => problems.add("task.record_id", "Choose the record from the list."),
            Err(error) => return Err(error),
        }
    }
    problems.into_result()?;
    Ok(name)
}

pub fn change(task: &Task, op: Op, fields: &[&str]) -> Change {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    let audience = Audience::people(None, task.assignee_id, None);
    Change { entity: "task", id: task.id, version: task.version, op, fields, audience }
}

fn into_pb(task: Task) -> pb::Task {
    let kind = task.record_kind.as_deref().and_then(Kind::from_stored);
    let record_id = kind.zip(task.record_id).map(|(kind, id)| kind.format(id));
    pb::Task {
        id: ids::format(prefix::TASK, task.id),
        version: task.version,
        title: task.title,
        due_on: task.due_on.map(|day| day.to_string()).unwrap_or_default(),
        assignee_id: ids::format_option(prefix::USER, task.assignee_id),
        record_kind: kind.map(Kind::into_pb).unwrap_or_default().into(),
        record_id: record_id.unwrap_or_default(),
        record_name: task.record_name,
        done_at: task.done_at.and_then(timestamp),
        created_at: timestamp(task.created_at),
    }
}
