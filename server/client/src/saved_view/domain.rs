//! What a saved view may hold. Whether its filter and order can be read is the list's matter, which knows the fields of each kind.

use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::list::List;
use crate::record::fields::Form;
use crate::record::input::{self, Problem};

const NAME: usize = 60;
const FILTER: usize = 2_000;
const ORDER_BY: usize = 200;
const COLUMNS: usize = 40;
/// Columns a request names, which may name one twice.
const NAMED: usize = 100;
const COLUMN: usize = 60;

/// A list with its filter, order and columns, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSavedView {
    pub list: List,
    pub name: String,
    pub filter: String,
    pub order_by: String,
    pub columns: Vec<String>,
    pub switches: Vec<String>,
    /// Everyone in the company sees it.
    pub shared: bool,
}

/// A saved view as it is to be from now on; views are replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedViewEdit {
    pub id: Uuid,
    pub version: i64,
    pub view: NewSavedView,
}

impl NewSavedView {
    pub fn parse(view: Option<pb::SavedView>) -> Result<Self, Error> {
        let mut form = Form::new("view");
        let new = read(&view.unwrap_or_default(), &mut form);
        form.finish(new)
    }
}

impl SavedViewEdit {
    pub fn parse(view: Option<pb::SavedView>) -> Result<Self, Error> {
        let view = view.unwrap_or_default();
        let mut form = Form::new("view");
        let id = ids::parse(prefix::VIEW, &view.id);
        if id.is_none() {
            form.add("id", "Name the view to change.");
        }
        if view.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let new = read(&view, &mut form);
        form.finish(Self { id: id.unwrap_or_default(), version: view.version, view: new })
    }
}

fn read(view: &pb::SavedView, form: &mut Form) -> NewSavedView {
    let list = List::from_pb(view.kind);
    if list.is_none() {
        form.add("kind", "Say which list the view is of.");
    }
    // Nothing is kept when there is no list; the others' problems are told all the same.
    let known = list.map_or(&[][..], List::switches);
    NewSavedView {
        list: list.unwrap_or(List::Tasks),
        name: form.take("name", input::required("a name", &view.name, NAME)).unwrap_or_default(),
        filter: form.take("filter", input::line(&view.filter, FILTER)).unwrap_or_default(),
        order_by: form.take("order_by", input::line(&view.order_by, ORDER_BY)).unwrap_or_default(),
        columns: form.take("columns", columns(&view.columns)).unwrap_or_default(),
        switches: form.take("switches", switches(&view.switches, known)).unwrap_or_default(),
        shared: view.shared,
    }
}

/// Field names in order, each once.
fn columns(columns: &[String]) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::new();
    if columns.len() > NAMED {
        return Err(Problem::new("Name each column once."));
    }
    for column in columns {
        let plain = column.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.');
        if column.is_empty() || column.len() > COLUMN || !plain {
            return Err(Problem::new("Choose columns from the list."));
        }
        if !kept.contains(column) {
            kept.push(column.clone());
        }
    }
    if kept.len() > COLUMNS {
        return Err(Problem::new(format!("Show at most {COLUMNS} columns.")));
    }
    Ok(kept)
}

/// Those of the list, each once.
fn switches(named: &[String], known: &[&str]) -> Result<Vec<String>, Problem> {
    if named.iter().any(|switch| !known.contains(&switch.as_str())) {
        let message =
            if known.is_empty() { "This list has none.".to_owned() } else { format!("Choose from {}.", known.join(", ")) };
        return Err(Problem::new(message));
    }
    Ok(known.iter().filter(|switch| named.iter().any(|one| one == *switch)).map(|switch| (*switch).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_view_is_told_at_once() {
        let view = pb::SavedView { filter: "x".repeat(2_001), columns: vec!["Na me".to_owned()], ..Default::default() };
        let Err(Error::Invalid(violations)) = SavedViewEdit::parse(Some(view)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["view.id", "view.version", "view.kind", "view.name", "view.filter", "view.columns"]);
    }

    #[test]
    fn a_switch_is_one_of_the_lists_own() {
        let asked = |kind: pb::ListKind, switches: &[&str]| {
            let switches = switches.iter().map(|&switch| switch.to_owned()).collect();
            NewSavedView::parse(Some(pb::SavedView { kind: kind.into(), name: "X".to_owned(), switches, ..Default::default() }))
        };
        let kept = asked(pb::ListKind::Task, &["include_done", "everyone", "everyone"]).unwrap().switches;
        assert_eq!(kept, ["everyone", "include_done"]);
        for (kind, switch) in [(pb::ListKind::Task, "archived"), (pb::ListKind::Audit, "everyone")] {
            let Err(Error::Invalid(violations)) = asked(kind, &[switch]) else { panic!("accepted") };
            assert_eq!(violations.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["view.switches"]);
        }
    }

    #[test]
    fn a_column_is_shown_once() {
        let twice = ["name", "address.city", "name"].map(str::to_owned);
        assert_eq!(columns(&twice), Ok(vec!["name".to_owned(), "address.city".to_owned()]));
    }
}
