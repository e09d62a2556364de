//! What a task may hold, and how requests are read into it.

use chrono::NaiveDate;
use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::record::fields::{Edit, Form, Patch, fields, shown_day, shown_text, shown_user};
use crate::record::input::{self, Problem, limit};

/// The record a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    pub kind: pb::RecordKind,
    pub id: Uuid,
}

fields! {
    /// What people write on a task, besides what it is about.
    Values {
        title: String, Title, "title", shown_text;
        due_on: Option<NaiveDate>, DueOn, "due_on", shown_day;
        /// Of a new task, none stands for the person who makes it.
        assignee_id: Option<Uuid>, Assignee, "assignee_id", shown_user;
    }
}

/// A task to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    pub values: Values,
    pub about: Option<About>,
}

impl NewTask {
    pub fn parse(task: Option<pb::Task>) -> Result<Self, Error> {
        let task = task.unwrap_or_default();
        let mut form = Form::new("task");
        let mut values = Values::default();
        for path in PATHS {
            if let Some(change) = form.take(path, read(path, &task)) {
                values.set(change);
            }
        }
        let about = form.take("record_id", about(task.record_kind, &task.record_id));
        form.finish(Self { values, about: about.flatten() })
    }
}

/// An edit of a task, restricted to the fields its mask names.
pub struct TaskPatch;

impl TaskPatch {
    pub fn parse(task: Option<pb::Task>, mask: Option<prost_types::FieldMask>) -> Result<Patch<Change>, Error> {
        let task = task.unwrap_or_default();
        let edit = Edit {
            noun: "task",
            prefix: prefix::TASK,
            id: &task.id,
            version: task.version,
            mask: &mask.unwrap_or_default().paths,
            paths: PATHS,
            with_custom: false,
        };
        edit.parse(|path| read(path, &task))
    }
}

fn read(path: &str, task: &pb::Task) -> Result<Change, Problem> {
    match path {
        "title" => input::required("what is to be done", &task.title, limit::TITLE).map(Change::Title),
        "due_on" => input::day(&task.due_on).map(Change::DueOn),
        "assignee_id" => input::choice("a person", prefix::USER, &task.assignee_id).map(Change::Assignee),
        _ => Err(Problem::new("This field can't be changed.")),
    }
}

/// Kind and id come together or not at all.
fn about(kind: i32, id: &str) -> Result<Option<About>, Problem> {
    let prefix = match pb::RecordKind::try_from(kind) {
        Ok(pb::RecordKind::Unspecified) if id.is_empty() => return Ok(None),
        Ok(pb::RecordKind::Customer) => prefix::CUSTOMER,
        Ok(pb::RecordKind::Contact) => prefix::CONTACT,
        Ok(pb::RecordKind::Lead) => prefix::LEAD,
        _ => return Err(Problem::new("Say what kind of record the task is about.")),
    };
    let kind = pb::RecordKind::try_from(kind).unwrap_or_default();
    ids::parse(prefix, id).map(|id| Some(About { kind, id })).ok_or_else(|| Problem::new("Choose the record from the list."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_about_a_record_of_its_kind_or_nothing() {
        let lead = ids::format(prefix::LEAD, Uuid::from_u128(1));
        assert_eq!(about(0, ""), Ok(None));
        assert_eq!(about(3, &lead), Ok(Some(About { kind: pb::RecordKind::Lead, id: Uuid::from_u128(1) })));
        assert!(about(1, &lead).is_err() && about(0, &lead).is_err() && about(3, "").is_err() && about(9, &lead).is_err());
    }

    #[test]
    fn every_problem_of_a_task_is_told_at_once() {
        let task = pb::Task { due_on: "soon".to_owned(), assignee_id: "me".to_owned(), record_kind: 3, ..Default::default() };
        let Err(Error::Invalid(violations)) = NewTask::parse(Some(task.clone())) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["task.title", "task.due_on", "task.assignee_id", "task.record_id"]);

        let mask = prost_types::FieldMask { paths: vec!["due_on".to_owned(), "done_at".to_owned()] };
        let Err(Error::Invalid(violations)) = TaskPatch::parse(Some(task), Some(mask)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["task.id", "task.version", "update_mask", "task.due_on"]);
    }
}
