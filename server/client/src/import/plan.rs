//! What an import would do: reads the whole file, decides each row and writes nothing.

use std::collections::BTreeMap;

use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use streamflow_proto::client::v1 as pb;

use super::{
    checked::Checked,
    domain::{CellProblem, check::ImportedRow, mapping, read::Row, subject::Subject},
    file::{File, Item, Setup, Source, Walk},
    leads, lookup,
};

/// Rows looked up at once.
pub const BATCH: usize = 500;
/// Rows shown as examples.
const SAMPLE: usize = 20;
/// Rows with problems shown.
pub const PROBLEM_ROWS: usize = 200;

/// The file as it would be written.
#[derive(Clone, Default)]
pub struct Plan {
    pub columns: Vec<pb::ImportColumn>,
    pub will_create: i32,
    pub will_update: i32,
    pub unchanged: i32,
    /// Rows that can't be written as they are; dropped ones are not among them.
    pub problem_count: i32,
    /// The first rows.
    pub sample: Vec<pb::ImportRow>,
    /// The first rows with problems, by their numbers. A dropped one stays in sight, so that it can be taken back.
    pub troubled: BTreeMap<u32, pb::ImportRow>,
}

/// Records that the rows at hand may mean.
pub enum Known {
    Customers(lookup::Known),
    Leads(leads::Known),
}

impl Known {
    pub async fn look_up(tx: &TenantDb, scope: &Scope, setup: &Setup, items: &[Item]) -> Result<Self> {
        Ok(match setup.subject {
            Subject::Customers => Self::Customers(lookup::Known::look_up(tx, scope, setup, items, false).await?),
            Subject::Leads => Self::Leads(leads::Known::look_up(tx, scope, setup, items, false).await?),
        })
    }

    /// What would become of a row, and what is wrong with it.
    fn decide(&self, setup: &Setup, row: &ImportedRow) -> (pb::ImportRowFate, Vec<CellProblem>) {
        match self {
            Self::Customers(known) => {
                let decision = known.decide(setup, row);
                if decision.is_contact_only() { (pb::ImportRowFate::Update, Vec::new()) } else { decision.fate.told() }
            }
            Self::Leads(known) => known.decide(setup, row).0.told(),
        }
    }
}

/// Plans a whole import. `scope` is what the importing person sees.
pub async fn plan(source: Source, scope: &Scope, setup: &Setup) -> Result<Checked> {
    let mut checked = Checked::default();
    let mut walk = Walk::new(source.clone(), setup);
    loop {
        let items = walk.next(BATCH).await?;
        if items.is_empty() {
            break;
        }
        let db = source.org.read().await?;
        let known = Known::look_up(&db, scope, setup, &items).await?;
        drop(db);
        for item in items {
            checked.add(setup, &known, item);
        }
        tokio::task::yield_now().await;
    }
    Ok(checked.ended(walk.into_parts(), setup))
}

/// The columns and the first rows of a file that nobody has mapped yet.
pub async fn head(source: Source, format: super::domain::sniff::Format, fields: &[String]) -> Result<Plan> {
    let mut file = File::open(source, format);
    let rows = file.next(SAMPLE).await?;
    let undecided = |row| shown(row, pb::ImportRowFate::Unspecified, false);
    let mut plan = Plan { sample: rows.into_iter().map(undecided).collect(), ..Plan::default() };
    plan.name_columns(file.header(), fields);
    Ok(plan)
}

/// Rows and columns of a file, read to its end. Fails when it can't be imported at all.
pub async fn measure(source: Source, format: super::domain::sniff::Format) -> Result<(Vec<String>, i32)> {
    let mut file = File::open(source, format);
    let mut count = 0;
    loop {
        let rows = file.next(BATCH).await?;
        if rows.is_empty() {
            break;
        }
        count += rows.len();
    }
    Ok((file.header().to_vec(), i32::try_from(count).map_err(Error::internal)?))
}

impl Plan {
    /// The columns with values of the first rows, as these are corrected by now.
    pub fn name_columns(&mut self, header: &[String], fields: &[String]) {
        self.columns = mapping::columns(header, fields, &self.sample);
    }

    /// Counts a row that has found its fate, or lost it. What was dropped is not counted.
    pub fn count(&mut self, fate: pb::ImportRowFate, by: i32) {
        match fate {
            pb::ImportRowFate::Create => self.will_create += by,
            pb::ImportRowFate::Update => self.will_update += by,
            pb::ImportRowFate::Unchanged => self.unchanged += by,
            pb::ImportRowFate::Blocked => self.problem_count += by,
            pb::ImportRowFate::Unspecified => {}
        }
    }

    /// Shows a row as it is now, where it is one of those to show.
    pub fn show(&mut self, number: u32, row: pb::ImportRow) {
        let index = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        if index < self.sample.len() {
            self.sample[index] = row.clone();
        } else if index < SAMPLE {
            self.sample.push(row.clone());
        }
        if is_troubled(row.fate()) {
            self.troubled.insert(number, row);
            if self.troubled.len() > PROBLEM_ROWS {
                self.troubled.pop_last();
            }
        } else {
            self.troubled.remove(&number);
        }
    }

    /// Rows that are shown.
    pub fn shown(&self) -> impl Iterator<Item = u32> {
        let sample = (1..).take(self.sample.len());
        sample.chain(self.troubled.keys().copied())
    }

    pub fn problem_rows(&self) -> Vec<pb::ImportRow> {
        self.troubled.values().cloned().collect()
    }
}

/// A row that can't be written as it is, or was dropped.
pub const fn is_troubled(fate: pb::ImportRowFate) -> bool {
    matches!(fate, pb::ImportRowFate::Blocked | pb::ImportRowFate::Unspecified)
}

/// A decided row as pages show it. One that was dropped was not decided.
pub fn decided(setup: &Setup, known: &Known, item: Item) -> pb::ImportRow {
    let Some(meant) = &item.meant else {
        return shown(item.row, pb::ImportRowFate::Unspecified, true);
    };
    let (fate, problems) = known.decide(setup, meant);
    let problems = problems.into_iter().map(CellProblem::into_pb).collect();
    pb::ImportRow { problems, ..shown(item.row, fate, false) }
}

fn shown(row: Row, fate: pb::ImportRowFate, dropped: bool) -> pb::ImportRow {
    pb::ImportRow {
        row: i32::try_from(row.number).unwrap_or_default(),
        cells: row.cells,
        problems: Vec::new(),
        dropped,
        fate: fate.into(),
    }
}
