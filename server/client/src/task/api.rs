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
use uuid::Uuid;

use super::{
    about,
    domain::{self, About, NewTask, TaskPatch},
    store::{
        self, Model,
        find::{self, Choice},
    },
};
use crate::{
    record::{
        edit,
        kind::Kind,
        merge::{self, Change as _, Merge},
        writer::Writer,
    },
    team,
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TaskService for Api {
    async fn list_tasks(&self, request: Request<pb::ListTasksRequest>) -> Result<Response<pb::ListTasksResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let choice = Choice { include_done: req.include_done, everyone: req.everyone };
        let asked = ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: true,
        };
        let list = choice.spec().read_with(asked, &find::record).map_err(Error::from)?;
        let tx = ctx.read().await?;
        let (mut tasks, page) = find::tasks(&tx, &list, choice).await?;
        about::hide_unseen(&tx, &mut tasks).await?;
        Ok(Response::new(pb::ListTasksResponse { tasks: tasks.into_iter().map(into_pb).collect(), page: Some(page) }))
    }

    async fn create_task(&self, request: Request<pb::CreateTaskRequest>) -> Result<Response<pb::CreateTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut new = NewTask::parse(req.task)?;
        let principal = ctx.principal()?;
        let tx = ctx.write().await?;
        let record_name = check(&tx, principal, new.values.assignee_id, new.about).await?;
        new.values.assignee_id = new.values.assignee_id.or(Some(principal.user_id));
        let task = store::insert_task(&tx, &Writer::of(&ctx), new, record_name).await?;
        tx.record(change(&task, Op::Created, &[]));
        Ok(tx.commit(pb::CreateTaskResponse { task: Some(into_pb(task)) }).await?)
    }

    async fn update_task(&self, request: Request<pb::UpdateTaskRequest>) -> Result<Response<pb::UpdateTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = TaskPatch::parse(req.task, req.update_mask)?;
        let tx = ctx.write().await?;
        let before = store::locked(&tx, patch.id).await?;
        let theirs = edit::changes_since(&tx, "task", patch.id, patch.version, before.version).await?;
        let merge = merge::merge(&before.values(), &patch.changes, &theirs);
        if !merge.conflicts.is_empty() {
            return Err(conflict(&tx, before, &merge).await?.into());
        }
        let assignee = merge.apply.iter().find_map(|change| match change {
            domain::Change::Assignee(id) => *id,
            _ => None,
        });
        check(&tx, ctx.principal()?, assignee, None).await?;
        let fields: Vec<&str> = merge.apply.iter().map(domain::Change::field).collect();
        let after = store::update_task(&tx, before.clone(), &merge.apply).await?;
        announce(&tx, &before, &after, &fields);
        let task = shown(&tx, after).await?;
        Ok(tx.commit(pb::UpdateTaskResponse { task: Some(task), merged_fields: merge.merged }).await?)
    }

    async fn complete_task(
        &self,
        request: Request<pb::CompleteTaskRequest>,
    ) -> Result<Response<pb::CompleteTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::TASK, &req.task_id).ok_or(Error::not_found("task"))?;
        let tx = ctx.write().await?;
        let mut task = store::locked(&tx, id).await?;
        if task.done_at.is_some() != req.done {
            task = store::set_done(&tx, task, req.done.then(|| ctx.now())).await?;
            tx.record(change(&task, Op::Updated, &["done_at"]));
        }
        let task = shown(&tx, task).await?;
        Ok(tx.commit(pb::CompleteTaskResponse { task: Some(task) }).await?)
    }

    async fn archive_task(&self, request: Request<pb::ArchiveTaskRequest>) -> Result<Response<pb::ArchiveTaskResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::TASK, &req.task_id).ok_or(Error::not_found("task"))?;
        let tx = ctx.write().await?;
        let mut task = store::locked(&tx, id).await?;
        if task.archived_at.is_some() != req.archived {
            task = store::set_archived(&tx, task, req.archived.then(|| ctx.now())).await?;
            tx.record(change(&task, Op::Updated, &["archived_at"]));
        }
        let task = shown(&tx, task).await?;
        Ok(tx.commit(pb::ArchiveTaskResponse { task: Some(task) }).await?)
    }
}

/// What the rows say against a person and a record of a task, all at once. Gives back the name of the record.
async fn check(tx: &TenantDb, principal: &Principal, assignee: Option<Uuid>, about: Option<About>) -> Result<String> {
    let mut problems = Violations::new();
    if let Some(assignee) = assignee
        && !team::store::is_active_member(tx, assignee).await?
    {
        problems.add("task.assignee_id", "Choose a person from the list.");
    }
    let mut name = String::new();
    if let Some(about) = about {
        match about::name_of(tx, principal, about).await {
            Ok(found) => name = found,
            Err(Error::NotFound { .. }) => problems.add("task.record_id", "Choose the record from the list."),
            Err(error) => return Err(error),
        }
    }
    problems.into_result()?;
    Ok(name)
}

async fn conflict(tx: &TenantDb, task: Model, merge: &Merge<domain::Change>) -> Result<Error> {
    let fields = merge.conflicts.iter().map(|conflict| conflict.field.clone()).collect();
    let current = Some(shown(tx, task).await?);
    Ok(Error::conflict(&pb::TaskConflict { current, fields, changed_by: merge.changed_by() }))
}

pub fn change(task: &Model, op: Op, fields: &[&str]) -> Change {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    let audience = Audience::people(None, task.assignee_id, None);
    Change { entity: "task", id: task.id, version: task.version, op, fields, audience }
}

/// Whoever had the task before is told that it is gone; those who see both hear the present state last.
fn announce(tx: &TenantDb, before: &Model, after: &Model, fields: &[&str]) {
    if fields.is_empty() {
        return;
    }
    if before.assignee_id != after.assignee_id {
        let left = Model { version: after.version, ..before.clone() };
        tx.record(change(&left, Op::Deleted, fields));
    }
    tx.record(change(after, Op::Updated, fields));
}

/// A task as this person sees it.
async fn shown(tx: &TenantDb, mut task: Model) -> Result<pb::Task> {
    about::hide_unseen(tx, std::slice::from_mut(&mut task)).await?;
    Ok(into_pb(task))
}

fn into_pb(task: Model) -> pb::Task {
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
        archived_at: task.archived_at.and_then(timestamp),
    }
}
