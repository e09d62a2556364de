//! The table and the file of one run.

use std::{
    path::{Path, PathBuf},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use serde::Serialize;

use crate::{figures, options::Options};

/// Which way is better, with what must be reached and what is aimed at.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast {
        floor: f64,
        goal: f64,
    },
    AtMost {
        floor: f64,
        goal: f64,
    },
    /// Told for understanding.
    None,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    id: &'static str,
    on: &'static str,
    what: String,
    median: f64,
    low: f64,
    high: f64,
    unit: &'static str,
    goal: Goal,
    verdict: &'static str,
}

/// One measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    pub id: &'static str,
    pub on: &'static str,
    pub what: String,
    /// One per repeat.
    pub samples: Vec<f64>,
    pub unit: &'static str,
    pub goal: Goal,
}

#[derive(Debug, Serialize)]
pub struct Report {
    quick: bool,
    customers: u32,
    orgs: u32,
    cores: usize,
    at: u64,
    #[serde(skip)]
    started: Instant,
    lines: Vec<Line>,
    notes: Vec<String>,
}

impl Report {
    pub fn new(options: &Options) -> Self {
        let size = options.size();
        Self {
            quick: options.quick,
            customers: size.customers,
            orgs: size.orgs,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            started: Instant::now(),
            lines: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn add(&mut self, figure: Figure) {
        let median = figures::median(&figure.samples);
        let (low, high) = figures::range(&figure.samples);
        let verdict = figure.goal.verdict(median);
        let Figure { id, on, what, unit, goal, .. } = figure;
        let line = Line { id, on, what, median, low, high, unit, goal, verdict };
        self.say(&format!("{id} {on}: {} {} {unit}", line.what, short(median)));
        self.lines.push(line);
    }

    /// A figure without a goal.
    pub fn tell(&mut self, id: &'static str, on: &'static str, what: impl Into<String>, samples: Vec<f64>, unit: &'static str) {
        self.add(Figure { id, on, what: what.into(), samples, unit, goal: Goal::None });
    }

    /// What the figures alone don't say.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Progress, so that nobody wonders what a quiet benchmark does.
    pub fn say(&self, text: &str) {
        eprintln!("{:>5.0} s  {text}", self.started.elapsed().as_secs_f64());
    }

    pub fn print(&self) {
        let header = ["", "on", "what", "median", "range", "floor", "goal", "verdict"].map(str::to_owned);
        let rows: Vec<[String; 8]> = std::iter::once(header).chain(self.lines.iter().map(Line::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..8).map(width).collect();
        println!();
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
        println!();
        for note in &self.notes {
            println!("{note}");
        }
        if self.quick {
            println!("quick: {} customers and short arms; not to be compared with a full run", self.customers);
        }
    }

    /// Writes the figures and returns where.
    pub fn write(&self) -> Result<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/results");
        std::fs::create_dir_all(&folder)?;
        let path = folder.canonicalize()?.join(format!("{}.json", self.at));
        std::fs::write(&path, serde_json::to_string_pretty(self)?)?;
        Ok(path)
    }
}

impl Goal {
    fn verdict(self, value: f64) -> &'static str {
        let (floor, goal) = match self {
            Self::AtLeast { floor, goal } => (value >= floor, value >= goal),
            Self::AtMost { floor, goal } => (value <= floor, value <= goal),
            Self::None => return "",
        };
        match (floor, goal) {
            (_, true) => "goal",
            (true, false) => "pass",
            (false, false) => "SHORT",
        }
    }
}

impl Line {
    fn cells(&self) -> [String; 8] {
        let (floor, goal) = match self.goal {
            Goal::AtLeast { floor, goal } => (format!("≥ {floor}"), format!("≥ {goal}")),
            Goal::AtMost { floor, goal } => (format!("≤ {floor}"), format!("≤ {goal}")),
            Goal::None => (String::new(), String::new()),
        };
        let range = if self.low < self.high { format!("{} – {}", short(self.low), short(self.high)) } else { String::new() };
        let value = format!("{} {}", short(self.median), self.unit);
        [self.id.into(), self.on.into(), self.what.clone(), value, range, floor, goal, self.verdict.into()]
    }
}

/// Three significant digits, more for large numbers.
fn short(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
