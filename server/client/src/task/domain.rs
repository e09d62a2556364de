//! What a task may hold, and how requests are read into it.

use chrono::NaiveDate;
use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::record::fields::Form;
use crate::record::input::{self, Problem, limit};

/// The record a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    pub kind: pb::RecordKind,
    pub id: Uuid,
}

/// A task to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    pub title: String,
    pub due_on: Option<NaiveDate>,
    /// None stands for the person who makes it.
    pub assignee_id: Option<Uuid>,
    pub about: Option<About>,
}

impl NewTask {
    pub fn parse(task: Option<pb::Task>) -> Result<Self, Error> {
        let task = task.unwrap_or_default();
        let mut form = Form::new("task");
        let title = form.take("title", input::required("what is to be done", &task.title, limit::TITLE));
        let due_on = form.take("due_on", input::day(&task.due_on));
        let assignee_id = form.take("assignee_id", input::choice("a person", prefix::USER, &task.assignee_id));
        let about = form.take("record_id", about(task.record_kind, &task.record_id));
        form.finish(Self {
            title: title.unwrap_or_default(),
            due_on: due_on.flatten(),
            assignee_id: assignee_id.flatten(),
            about: about.flatten(),
        })
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
        let Err(Error::Invalid(violations)) = NewTask::parse(Some(task)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["task.title", "task.due_on", "task.assignee_id", "task.record_id"]);
    }
}
