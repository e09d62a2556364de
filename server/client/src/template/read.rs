//! What a template file may hold, and how it is read. The build script reads the files with this too, so a template that can't be
//! used stops the build; it knows nothing of the crate around it.

use std::{collections::HashSet, fmt::Write as _};

use serde::{Deserialize, Serialize};

/// Features a company can switch on and off. Customers and contacts are always there.
pub const MODULES: [&str; 3] = ["leads", "imports", "tasks"];

/// Fields of one kind of record.
pub const MOST_FIELDS: usize = 40;
pub const MOST_CHOICES: usize = 50;
pub const MOST_STAGES: usize = 20;
pub const MOST_WORK_ORDERS: usize = 30;
/// Lines of one checklist.
pub const MOST_STEPS: usize = 40;
pub const KEY: usize = 40;
pub const LABEL: usize = 60;
pub const HELP: usize = 200;
pub const UNIT: usize = 12;
pub const CHOICE: usize = 60;
pub const STAGE: usize = 40;

/// What a company of an industry begins with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// As people choose it.
    pub name: String,
    pub description: String,
    /// Those of [`MODULES`] that are on.
    pub modules: Vec<String>,
    pub stages: Vec<Stage>,
    #[serde(default)]
    pub fields: Fields,
    /// Kinds of work, with their checklists.
    #[serde(default)]
    pub work_orders: Vec<WorkOrder>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub name: String,
    pub kind: StageKind,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum StageKind {
    Open,
    Won,
    Lost,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    #[serde(default)]
    pub customer: Vec<Field>,
    #[serde(default)]
    pub lead: Vec<Field>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub key: String,
    pub label: String,
    #[serde(rename = "type")]
    pub holds: Holds,
    #[serde(default)]
    pub choices: Vec<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub help: String,
    #[serde(default)]
    pub unit: String,
}

/// What a custom field holds.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    Text,
    Lines,
    Number,
    Date,
    Choice,
    Checkbox,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkOrder {
    pub key: String,
    pub name: String,
    #[serde(default)]
    pub checklist: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub text: String,
    #[serde(default)]
    pub required: bool,
}

/// A template, or everything that is wrong with its file, a line each with file and field.
pub fn read(file: &str, text: &str) -> Result<Template, String> {
    let template: Template = toml::from_str(text).map_err(|error| unreadable(file, text, &error))?;
    let mut problems = Problems { file, lines: String::new() };
    problems.of(&template);
    if problems.lines.is_empty() { Ok(template) } else { Err(problems.lines.trim_end().to_owned()) }
}

/// True for a name that addresses, filters and update masks can carry: a-z, 0-9 and underscores, a letter first.
pub fn is_key(key: &str) -> bool {
    let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (1..=KEY).contains(&key.len()) && plain && key.starts_with(|c: char| c.is_ascii_lowercase())
}

fn unreadable(file: &str, text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    format!("{file}: line {line}: {}", error.message())
}

struct Problems<'a> {
    file: &'a str,
    lines: String,
}

impl Problems<'_> {
    fn add(&mut self, field: &str, message: &str) {
        let _ = writeln!(self.lines, "{}: {field}: {message}", self.file);
    }

    fn of(&mut self, template: &Template) {
        self.text("name", &template.name, LABEL);
        self.text("description", &template.description, HELP);
        for (at, module) in template.modules.iter().enumerate() {
            if !MODULES.contains(&module.as_str()) {
                self.add(&format!("modules[{at}]"), &format!("choose from {}", MODULES.join(", ")));
            }
        }
        self.once("modules", template.modules.iter());
        self.stages(&template.stages);
        self.fields("fields.customer", &template.fields.customer);
        self.fields("fields.lead", &template.fields.lead);
        self.work_orders(&template.work_orders);
    }

    fn stages(&mut self, stages: &[Stage]) {
        if !stages.iter().any(|stage| stage.kind == StageKind::Open) {
            self.add("stages", "give at least one open stage");
        }
        if stages.len() > MOST_STAGES {
            self.add("stages", &format!("give at most {MOST_STAGES} stages"));
        }
        for (at, stage) in stages.iter().enumerate() {
            self.text(&format!("stages[{at}].name"), &stage.name, STAGE);
        }
        self.once("stages", stages.iter().map(|stage| &stage.name));
    }

    fn fields(&mut self, path: &str, fields: &[Field]) {
        if fields.len() > MOST_FIELDS {
            self.add(path, &format!("give at most {MOST_FIELDS} fields"));
        }
        for (at, field) in fields.iter().enumerate() {
            self.field(&format!("{path}[{at}]"), field);
        }
        self.once(path, fields.iter().map(|field| &field.key));
        self.once(path, fields.iter().map(|field| &field.label));
    }

    fn field(&mut self, path: &str, field: &Field) {
        self.key(&format!("{path}.key"), &field.key);
        self.text(&format!("{path}.label"), &field.label, LABEL);
        self.at_most(&format!("{path}.help"), &field.help, HELP);
        self.at_most(&format!("{path}.unit"), &field.unit, UNIT);
        if !field.unit.is_empty() && field.holds != Holds::Number {
            self.add(&format!("{path}.unit"), "only numbers have a unit");
        }
        if field.required && field.holds == Holds::Checkbox {
            self.add(&format!("{path}.required"), "a checkbox that must be ticked says nothing");
        }
        let choices = format!("{path}.choices");
        match (field.holds, field.choices.len()) {
            (Holds::Choice, 0 | 1) => self.add(&choices, "give at least two choices"),
            (Holds::Choice, count) if count > MOST_CHOICES => self.add(&choices, &format!("give at most {MOST_CHOICES} choices")),
            (Holds::Choice, _) | (_, 0) => {}
            _ => self.add(&choices, "only a field of type choice has choices"),
        }
        for (at, choice) in field.choices.iter().enumerate() {
            self.text(&format!("{choices}[{at}]"), choice, CHOICE);
        }
        self.once(&choices, field.choices.iter());
    }

    fn work_orders(&mut self, orders: &[WorkOrder]) {
        if orders.len() > MOST_WORK_ORDERS {
            self.add("work_orders", &format!("give at most {MOST_WORK_ORDERS} work orders"));
        }
        for (at, order) in orders.iter().enumerate() {
            let path = format!("work_orders[{at}]");
            self.key(&format!("{path}.key"), &order.key);
            self.text(&format!("{path}.name"), &order.name, LABEL);
            if order.checklist.len() > MOST_STEPS {
                self.add(&format!("{path}.checklist"), &format!("give at most {MOST_STEPS} lines"));
            }
            for (step, line) in order.checklist.iter().enumerate() {
                self.text(&format!("{path}.checklist[{step}].text"), &line.text, HELP);
            }
        }
        self.once("work_orders", orders.iter().map(|order| &order.key));
        self.once("work_orders", orders.iter().map(|order| &order.name));
    }

    fn key(&mut self, path: &str, key: &str) {
        if !is_key(key) {
            self.add(path, &format!("use 1 to {KEY} of a-z, 0-9 and underscores, a letter first"));
        }
    }

    fn text(&mut self, path: &str, text: &str, most: usize) {
        if text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control) {
            self.add(path, "give a text of one line, without spaces around it");
        }
        self.at_most(path, text, most);
    }

    fn at_most(&mut self, path: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.add(path, &format!("use at most {most} characters"));
        }
    }

    /// Names that differ in case only would be taken for each other.
    fn once<'t>(&mut self, path: &str, names: impl Iterator<Item = &'t String>) {
        let mut seen = HashSet::new();
        for (at, name) in names.enumerate() {
            if !seen.insert(name.to_lowercase()) {
                self.add(&format!("{path}[{at}]"), &format!("\"{name}\" is there twice"));
            }
        }
    }
}
