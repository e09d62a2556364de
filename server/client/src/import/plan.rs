//! What an import would do: reads the whole file, decides each row and writes nothing.

use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
};
use streamflow_proto::client::v1 as pb;

use super::{
    domain::{CellProblem, check::ImportedRow, mapping, read::Row, subject::Subject},
    file::{File, Item, Setup, Source, Walk},
    leads, lookup,
};

/// Rows looked up at once.
const BATCH: usize = 500;
/// Rows shown as examples.
const SAMPLE: usize = 20;
/// Rows with problems shown.
const PROBLEM_ROWS: usize = 200;

/// The file as it would be written.
#[derive(Default)]
pub struct Plan {
    pub columns: Vec<pb::ImportColumn>,
    pub total_rows: i32,
    pub will_create: i32,
    pub will_update: i32,
    pub unchanged: i32,
    /// Rows that can't be written as they are; dropped ones are not among them.
    pub problem_count: i32,
    pub sample: Vec<pb::ImportRow>,
    pub problem_rows: Vec<pb::ImportRow>,
}

/// Records that the rows at hand may mean.
enum Known {
    Customers(lookup::Known),
    Leads(leads::Known),
}

impl Known {
    async fn look_up(tx: &TenantDb, scope: &Scope, setup: &Setup, items: &[Item]) -> Result<Self> {
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
pub async fn plan(source: Source, scope: &Scope, setup: &Setup) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut head: Vec<Row> = Vec::new();
    let mut walk = Walk::new(source.clone(), setup);
    loop {
        let items = walk.next(BATCH).await?;
        if items.is_empty() {
            break;
        }
        let db = source.org.read().await?;
        let known = Known::look_up(&db, scope, setup, &items).await?;
        drop(db);
        let wanted = SAMPLE.saturating_sub(head.len());
        head.extend(items.iter().take(wanted).map(|item| item.row.clone()));
        for item in items {
            plan.add(setup, &known, item);
        }
        tokio::task::yield_now().await;
    }
    plan.columns = mapping::columns(walk.header(), setup.mapping.fields(), &head);
    Ok(plan)
}

/// The columns and the first rows of a file that nobody has mapped yet.
pub async fn head(source: Source, format: super::domain::sniff::Format, fields: &[String]) -> Result<Plan> {
    let mut file = File::open(source, format);
    let rows = file.next(SAMPLE).await?;
    let columns = mapping::columns(file.header(), fields, &rows);
    let sample = rows.into_iter().map(|row| shown(row, pb::ImportRowFate::Unspecified, false)).collect();
    Ok(Plan { columns, sample, ..Plan::default() })
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
    fn add(&mut self, setup: &Setup, known: &Known, item: Item) {
        self.total_rows += 1;
        let Some(meant) = &item.meant else {
            let row = shown(item.row, pb::ImportRowFate::Unspecified, true);
            self.show(&row, true);
            return;
        };
        let (fate, problems) = known.decide(setup, meant);
        let counter = match fate {
            pb::ImportRowFate::Create => &mut self.will_create,
            pb::ImportRowFate::Update => &mut self.will_update,
            pb::ImportRowFate::Unchanged => &mut self.unchanged,
            pb::ImportRowFate::Blocked | pb::ImportRowFate::Unspecified => &mut self.problem_count,
        };
        *counter += 1;
        let mut row = shown(item.row, fate, false);
        row.problems = problems.into_iter().map(CellProblem::into_pb).collect();
        self.show(&row, fate == pb::ImportRowFate::Blocked);
    }

    /// Keeps the row among those to show. A dropped one stays in sight, so that it can be taken back.
    fn show(&mut self, row: &pb::ImportRow, troubled: bool) {
        if self.sample.len() < SAMPLE {
            self.sample.push(row.clone());
        }
        if troubled && self.problem_rows.len() < PROBLEM_ROWS {
            self.problem_rows.push(row.clone());
        }
    }
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
