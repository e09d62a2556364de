//! What an import would do: reads the whole file, decides each row and writes nothing.

use streamflow_kernel::{
    db::Scope,
    error::{Error, Result},
};
use streamflow_proto::client::v1 as pb;

use super::{
    domain::{decide::Fate, mapping, read::Row},
    file::{File, Item, Setup, Source, Walk},
    lookup::Known,
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
        let known = Known::look_up(&db, scope, setup, &items, false).await?;
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
        let decision = known.decide(setup, meant);
        let fate = if decision.is_contact_only() { pb::ImportRowFate::Update } else { decision.fate.into_pb() };
        let counter = match fate {
            pb::ImportRowFate::Create => &mut self.will_create,
            pb::ImportRowFate::Update => &mut self.will_update,
            pb::ImportRowFate::Unchanged => &mut self.unchanged,
            pb::ImportRowFate::Blocked | pb::ImportRowFate::Unspecified => &mut self.problem_count,
        };
        *counter += 1;
        let mut row = shown(item.row, fate, false);
        let blocked = if let Fate::Blocked(problems) = decision.fate {
            row.problems = problems.into_iter().map(super::domain::CellProblem::into_pb).collect();
            true
        } else {
            false
        };
        self.show(&row, blocked);
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
