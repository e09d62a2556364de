//! What a stage may be.

use streamflow_kernel::{
    error::Error,
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{
    record::{fields::Form, input},
    template::read::STAGE,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStage {
    pub name: String,
    /// open, won or lost.
    pub kind: &'static str,
}

/// A new name for a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageEdit {
    pub id: Uuid,
    pub version: i64,
    pub name: String,
}

impl NewStage {
    pub fn parse(stage: Option<pb::LeadStage>) -> Result<Self, Error> {
        let stage = stage.unwrap_or_default();
        let mut form = Form::new("stage");
        let name = form.take("name", input::required("a name", &stage.name, STAGE)).unwrap_or_default();
        let kind = match stage.kind() {
            pb::LeadStageKind::Open => "open",
            pb::LeadStageKind::Won => "won",
            pb::LeadStageKind::Lost => "lost",
            pb::LeadStageKind::Unspecified => {
                form.add("kind", "Choose open, won or lost.");
                ""
            }
        };
        form.finish(Self { name, kind })
    }
}

impl StageEdit {
    pub fn parse(stage: Option<pb::LeadStage>) -> Result<Self, Error> {
        let stage = stage.unwrap_or_default();
        let mut form = Form::new("stage");
        let id = ids::parse(prefix::STAGE, &stage.id);
        if id.is_none() {
            form.add("id", "Name the stage to change.");
        }
        if stage.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let name = form.take("name", input::required("a name", &stage.name, STAGE)).unwrap_or_default();
        form.finish(Self { id: id.unwrap_or_default(), version: stage.version, name })
    }
}
