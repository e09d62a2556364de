//! What a work-order type may be.

use serde::{Deserialize, Serialize};
use streamflow_kernel::error::Error;
use streamflow_proto::client::v1 as pb;

use crate::{
    record::{fields::Form, input},
    template::read::{HELP, LABEL, MOST_STEPS, Step, is_key},
};

/// A type as it is kept. What a template wrote has no version yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrderType {
    pub key: String,
    #[serde(default = "first")]
    pub version: i64,
    #[serde(flatten)]
    pub look: Look,
}

/// What people write of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    pub name: String,
    #[serde(default)]
    pub checklist: Vec<Step>,
}

/// A look in place of one that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeEdit {
    pub key: String,
    pub version: i64,
    pub look: Look,
}

fn first() -> i64 {
    1
}

impl Look {
    pub fn parse(asked: Option<pb::WorkOrderType>) -> Result<Self, Error> {
        let mut form = Form::new("work_order_type");
        let look = Self::read(asked.unwrap_or_default(), &mut form);
        form.finish(look)
    }

    fn read(asked: pb::WorkOrderType, form: &mut Form) -> Self {
        let name = form.take("name", input::required("a name", &asked.name, LABEL)).unwrap_or_default();
        if asked.checklist.len() > MOST_STEPS {
            form.add("checklist", format!("Give at most {MOST_STEPS} items."));
            return Self { name, ..Self::default() };
        }
        let step = |(at, item): (usize, pb::ChecklistItem)| {
            let text = form.take(&format!("checklist[{at}].text"), input::required("what is to be done", &item.text, HELP));
            text.map(|text| Step { text, required: item.required })
        };
        Self { name, checklist: asked.checklist.into_iter().enumerate().filter_map(step).collect() }
    }

    /// Names that differ in case only would be mistaken for each other.
    pub fn check_name<'a>(&self, mut others: impl Iterator<Item = &'a WorkOrderType>) -> Result<(), Error> {
        let wanted = self.name.to_lowercase();
        if others.any(|other| other.look.name.to_lowercase() == wanted) {
            return Err(Error::invalid("work_order_type.name", "There is a type of this name already."));
        }
        Ok(())
    }
}

impl TypeEdit {
    pub fn parse(asked: Option<pb::WorkOrderType>) -> Result<Self, Error> {
        let asked = asked.unwrap_or_default();
        let mut form = Form::new("work_order_type");
        let (key, version) = (asked.key.clone(), asked.version);
        if !is_key(&key) {
            form.add("key", "Name the type to change.");
        }
        if version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let look = Look::read(asked, &mut form);
        form.finish(Self { key, version, look })
    }
}

/// The types as named, then those not named.
pub fn in_order(keys: &[String], mut types: Vec<WorkOrderType>) -> Result<Vec<WorkOrderType>, Error> {
    let mut wanted = Vec::with_capacity(types.len());
    for key in keys {
        let found = types.iter().position(|one| one.key == *key);
        let at = found.ok_or_else(|| Error::invalid("keys", "Name each type once."))?;
        wanted.push(types.remove(at));
    }
    wanted.extend(types);
    Ok(wanted)
}

impl WorkOrderType {
    pub fn into_pb(self) -> pb::WorkOrderType {
        let item = |step: Step| pb::ChecklistItem { text: step.text, required: step.required };
        pb::WorkOrderType {
            key: self.key,
            version: self.version,
            name: self.look.name,
            checklist: self.look.checklist.into_iter().map(item).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    #[test]
    fn what_a_template_wrote_is_read_and_kept_as_it_is() {
        for (industry, template) in template::templates() {
            let written = serde_json::to_string(&template.work_orders).unwrap();
            let types: Vec<WorkOrderType> = serde_json::from_str(&written).unwrap();
            assert!(types.iter().all(|one| one.version == 1), "{industry}");
            let again: Vec<WorkOrderType> = serde_json::from_str(&serde_json::to_string(&types).unwrap()).unwrap();
            assert_eq!(again, types);
            for one in types {
                assert_eq!(Look::parse(Some(one.clone().into_pb())).ok(), Some(one.look), "{industry}");
            }
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let item = |text: &str| pb::ChecklistItem { text: text.into(), required: true };
        let wrong = pb::WorkOrderType {
            name: "n".repeat(LABEL + 1),
            checklist: vec![item(" "), item("Fits"), item("two\nlines"), item(&"t".repeat(HELP + 1))],
            ..Default::default()
        };
        let Err(Error::Invalid(violations)) = TypeEdit::parse(Some(wrong)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field.trim_start_matches("work_order_type.")).collect();
        assert_eq!(fields, ["key", "version", "name", "checklist[0].text", "checklist[2].text", "checklist[3].text"]);
        let long = pb::WorkOrderType { name: "Long".into(), checklist: vec![item("x"); MOST_STEPS + 1], ..Default::default() };
        assert!(Look::parse(Some(long.clone())).is_err());
        assert!(Look::parse(Some(pb::WorkOrderType { checklist: vec![item("x"); MOST_STEPS], ..long })).is_ok());
    }

    #[test]
    fn those_not_named_follow() {
        let types = || ["a", "b", "c"].map(|key| WorkOrderType { key: key.into(), version: 1, look: Look::default() }).to_vec();
        let order = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            in_order(&keys, types()).ok().map(|types| types.into_iter().map(|one| one.key).collect::<String>())
        };
        assert_eq!(order(&["c"]).as_deref(), Some("cab"));
        assert_eq!(order(&[]).as_deref(), Some("abc"));
        assert_eq!((order(&["a", "a"]), order(&["z"])), (None, None));
    }
}
