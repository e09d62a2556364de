//! What a company calls its stages, people and teams, and which of them the cells of a row name.

use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::common::v1::Money;
use uuid::Uuid;

use super::{LeadRow, Named, What};
use crate::{
    currency,
    custom_field::domain::read,
    import::domain::CellProblem,
    lead::domain::{Change, Worth, worth},
    record::input::Problem,
    search::domain::normalise,
    template::read::Holds,
};

/// Stages told before "…": nobody reads a sentence of fifty names.
const TOLD: usize = 12;

/// What there is to name. Only this company's, and only what leads can have.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// In the pipeline's order.
    pub stages: Vec<(Uuid, String)>,
    pub people: Vec<Person>,
    pub teams: Vec<(Uuid, String)>,
    /// The company's own.
    pub currency_code: String,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
}

/// What the cells of a row name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    pub changes: Vec<Change>,
    pub problems: Vec<CellProblem>,
}

impl Names {
    /// Looks up what a row names, all problems at once.
    pub fn resolve(&self, row: &LeadRow) -> Resolved {
        let mut resolved = Resolved::default();
        let cell = |what: What| row.named.iter().find(|named| named.what == what);
        let currency = cell(What::Currency).and_then(|named| resolved.take(named.column, currency(&named.text)));
        for named in &row.named {
            let change = match named.what {
                What::Stage => self.stage(&named.text).map(|id| Change::Stage(Some(id))),
                What::Owner => self.person(&named.text).map(|id| Change::Owner(Some(id))),
                What::Assignee => self.person(&named.text).map(|id| Change::Assignee(Some(id))),
                What::Team => self.team(&named.text).map(|id| Change::Team(Some(id))),
                What::Value => self.worth(named, currency.as_deref()).map(Change::Value),
                What::Currency => continue,
            };
            if let Some(change) = resolved.take(named.column, change) {
                resolved.changes.push(change);
            }
        }
        resolved
    }

    fn stage(&self, text: &str) -> Result<Uuid, Problem> {
        one(&self.stages, text, prefix::STAGE).ok_or_else(|| {
            let mut names: Vec<&str> = self.stages.iter().take(TOLD).map(|(_, name)| name.as_str()).collect();
            if self.stages.len() > TOLD {
                names.push("…");
            }
            Problem::new(format!("There is no stage of this name. Choose one of these: {}.", names.join(", ")))
                .suggest(self.likely_stage(text))
        })
    }

    /// The only stage whose name begins like the text, or holds it.
    fn likely_stage(&self, text: &str) -> Option<String> {
        let wanted = normalise(text);
        let alike = |name: &str| {
            let name = normalise(name);
            name.contains(&wanted) || wanted.contains(&name)
        };
        let mut found = self.stages.iter().filter(|(_, name)| !wanted.is_empty() && alike(name));
        found.next().filter(|_| found.next().is_none()).map(|(_, name)| name.clone())
    }

    /// A colleague by e-mail address, or by a name that only one has.
    fn person(&self, text: &str) -> Result<Uuid, Problem> {
        let (address, name) = (text.trim().to_lowercase(), normalise(text));
        if let Some(person) = self.people.iter().find(|person| person.email.to_lowercase() == address) {
            return Ok(person.id);
        }
        let mut called = self.people.iter().filter(|person| !name.is_empty() && normalise(&person.display_name) == name);
        match (called.next(), called.next()) {
            (Some(person), None) => Ok(person.id),
            (Some(_), Some(_)) => Err(Problem::new("Several colleagues have this name. Write the e-mail address.")),
            (None, _) => {
                Err(Problem::new("None of your colleagues has this e-mail address. Empty the cell, or invite them first."))
            }
        }
    }

    fn team(&self, text: &str) -> Result<Uuid, Problem> {
        one(&self.teams, text, prefix::TEAM).ok_or_else(|| Problem::new("There is no team of this name."))
    }

    /// "1250", "1250.50" or "1250.50 GBP".
    fn worth(&self, named: &Named, currency_column: Option<&str>) -> Result<Worth, Problem> {
        let (amount, own) = split(&named.text);
        let code = own.as_deref().or(currency_column).unwrap_or(&self.currency_code);
        let problem = match minor_units(&amount, code) {
            Ok(minor_units) => return worth(Some(&Money { minor_units, currency_code: code.to_owned() })),
            Err(problem) => problem,
        };
        let likely = likely_amounts(&amount, problem.suggestion.clone()).into_iter().find(|text| minor_units(text, code).is_ok());
        let with_code = |text: String| own.as_ref().map_or_else(|| text.clone(), |code| format!("{text} {code}"));
        Err(Problem { suggestion: likely.map(with_code), ..problem })
    }
}

impl Resolved {
    fn take<T>(&mut self, column: usize, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.problems.push(CellProblem::at(Some(column), problem))).ok()
    }
}

/// The one of this name, or of this id as the portal writes it. Two of one name are told apart by their case.
fn one(known: &[(Uuid, String)], text: &str, prefix: &'static str) -> Option<Uuid> {
    let (text, wanted) = (text.trim(), normalise(text));
    let exact = known.iter().find(|(id, name)| name == text || ids::format(prefix, *id) == text);
    exact.or_else(|| known.iter().find(|(_, name)| normalise(name) == wanted)).map(|(id, _)| *id)
}

fn currency(text: &str) -> Result<String, Problem> {
    let code = sign(text).map_or_else(|| text.trim().to_uppercase(), str::to_owned);
    worth(Some(&Money { minor_units: 0, currency_code: code.clone() })).map(|_| code)
}

/// Signs that stand for one currency everywhere.
fn sign(text: &str) -> Option<&'static str> {
    match text.trim() {
        "€" => Some("EUR"),
        "£" => Some("GBP"),
        _ => None,
    }
}

/// The amount of a cell, and the currency it names before or behind.
fn split(text: &str) -> (String, Option<String>) {
    let is_word = |c: char| c.is_alphabetic() || matches!(c, '€' | '£');
    let word: String = text.chars().filter(|c| is_word(*c)).collect();
    let amount = text.trim().trim_matches(is_word).trim();
    let shaped = word.len() == 3 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let code = sign(&word).map(str::to_owned).or_else(|| shaped.then(|| word.to_uppercase()));
    match code {
        Some(code) if !amount.contains(is_word) => (amount.to_owned(), Some(code)),
        _ => (text.trim().to_owned(), None),
    }
}

/// What an amount that can't be read may mean. "1,250" and "1.250" are more often a thousand with its mark than a fraction of a penny.
fn likely_amounts(amount: &str, suggestion: Option<String>) -> Vec<String> {
    let three = |(_, rest): (&str, &str)| rest.len() == 3 && rest.bytes().all(|b| b.is_ascii_digit());
    let one_kind = !(amount.contains(',') && amount.contains('.'));
    let thousand = one_kind && amount.rsplit_once([',', '.']).is_some_and(three);
    let bare = thousand.then(|| amount.replace([',', '.', ' ', '\u{a0}', '\''], ""));
    bare.into_iter().chain(suggestion).collect()
}

/// An amount in the smallest unit of its currency.
fn minor_units(amount: &str, code: &str) -> Result<i64, Problem> {
    let plain = read(Holds::Number, &[], amount)?.unwrap_or_default();
    let digits = currency::digits(code) as usize;
    // As it is written: "1.250" has three, even if the last is nothing.
    if amount.split_once('.').is_some_and(|(_, decimals)| decimals.len() > digits) {
        return Err(Problem::new(format!("An amount in {code} has at most {digits} decimal places.")));
    }
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    format!("{whole}{decimals:0<digits$}").parse().map_err(|_| Problem::new("This value is too large."))
}
