//! What a rule may say, which leads it matches, and whose turn it is.

use streamflow_kernel::{
    error::Error,
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{
    custom_field::{
        store::Model as Field,
        value::{PREFIX, Set, Values},
    },
    lead::domain::{NewLead, Worth, worth},
    record::{
        fields::Form,
        input::{self, Problem, limit},
    },
    search::domain::normalise,
};

const NAME: usize = 60;
const SOURCES: usize = 20;
const CUSTOM: usize = 10;
const PEOPLE: usize = 100;

/// What people write of a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    pub name: String,
    pub enabled: bool,
    /// Empty for any.
    pub sources: Vec<String>,
    pub name_contains: String,
    pub company_contains: String,
    pub value_from: Option<Worth>,
    pub custom: Values,
    /// In order, each once.
    pub user_ids: Vec<Uuid>,
    pub team_id: Option<Uuid>,
}

/// A rule in place of one that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleEdit {
    pub id: Uuid,
    pub version: i64,
    pub rule: Rule,
}

/// What there is for a rule to name.
#[derive(Clone, Debug)]
pub struct Known {
    /// Custom fields of leads.
    pub fields: Vec<Field>,
    /// Who can be given leads.
    pub people: Vec<Uuid>,
    pub teams: Vec<Uuid>,
    /// The company's own.
    pub currency_code: String,
}

impl Rule {
    pub fn parse(rule: pb::AssignmentRule, known: &Known) -> Result<Self, Error> {
        let mut form = Form::new("rule");
        let rule = Self::read(rule, known, &mut form);
        form.finish(rule)
    }

    fn read(rule: pb::AssignmentRule, known: &Known, form: &mut Form) -> Self {
        let value_from = rule.value_from.map(|money| {
            let in_own = |worth: Worth| Worth { currency_code: known.currency_code.clone(), ..worth };
            let read = worth(Some(&money)).map(|worth| if worth.currency_code.is_empty() { in_own(worth) } else { worth });
            form.take("value_from", read).unwrap_or_default()
        });
        let mut custom: Vec<_> = rule.custom.into_iter().collect();
        custom.sort();
        if custom.len() > CUSTOM {
            form.add("custom", format!("Name at most {CUSTOM} fields."));
            custom.clear();
        }
        let custom = custom
            .into_iter()
            .filter_map(|(key, text)| form.take(&format!("{PREFIX}{key}"), value(&known.fields, &key, &text)))
            .collect();
        let user_ids = form.take("user_ids", people(&rule.user_ids, &known.people)).unwrap_or_default();
        let team_id = form.take("team_id", team(&rule.team_id, &known.teams)).flatten();
        if rule.enabled && rule.user_ids.is_empty() && rule.team_id.is_empty() {
            form.add("user_ids", "Choose who gets the leads: people, a team, or both.");
        }
        Self {
            name: form.take("name", input::required("a name", &rule.name, NAME)).unwrap_or_default(),
            enabled: rule.enabled,
            sources: form.take("sources", sources(&rule.sources)).unwrap_or_default(),
            name_contains: form.take("name_contains", part(&rule.name_contains)).unwrap_or_default(),
            company_contains: form.take("company_contains", part(&rule.company_contains)).unwrap_or_default(),
            value_from,
            custom,
            user_ids,
            team_id,
        }
    }

    /// Names that differ in case only would be mistaken for each other.
    pub fn check_name<'a>(&self, mut others: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let wanted = self.name.to_lowercase();
        if others.any(|name| name.to_lowercase() == wanted) {
            return Err(Error::invalid("rule.name", "There is a rule of this name already."));
        }
        Ok(())
    }

    /// Whether everything the rule asks for holds of a lead.
    pub fn matches(&self, lead: &NewLead) -> bool {
        let source = lead.source.to_lowercase();
        let of_source = self.sources.is_empty() || self.sources.iter().any(|wanted| wanted.to_lowercase() == source);
        let worth_it = self
            .value_from
            .as_ref()
            .is_none_or(|from| from.currency_code == lead.value.currency_code && from.minor_units <= lead.value.minor_units);
        let as_asked = self.custom.sets().all(|set| lead.custom.current(&set) == set);
        of_source
            && worth_it
            && as_asked
            && contains(&lead.name, &self.name_contains)
            && contains(&lead.company, &self.company_contains)
    }
}

impl RuleEdit {
    pub fn parse(rule: pb::AssignmentRule, known: &Known) -> Result<Self, Error> {
        let mut form = Form::new("rule");
        let (id, version) = (ids::parse(prefix::RULE, &rule.id), rule.version);
        if id.is_none() {
            form.add("id", "Name the rule to change.");
        }
        if version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let rule = Rule::read(rule, known, &mut form);
        form.finish(Self { id: id.unwrap_or_default(), version, rule })
    }
}

/// Those whose turn it is, the next one first: after whoever was last in the order of ids, and round again. Who has left in between
/// does not matter, for their id keeps its place in the order.
pub fn turns(mut people: Vec<Uuid>, last: Option<Uuid>) -> Vec<Uuid> {
    people.sort_unstable();
    people.dedup();
    let done = last.map_or(0, |last| people.partition_point(|id| *id <= last));
    people.rotate_left(done);
    people
}

fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || normalise(text).contains(&normalise(part))
}

fn sources(texts: &[String]) -> Result<Vec<String>, Problem> {
    if texts.len() > SOURCES {
        return Err(Problem::new(format!("Name at most {SOURCES} sources.")));
    }
    texts.iter().map(|text| input::required("a source", text, limit::SOURCE)).collect()
}

/// A part of a name. Of one without letters and digits nothing would be left to compare.
fn part(text: &str) -> Result<String, Problem> {
    let text = input::line(text, limit::NAME)?;
    if !text.is_empty() && normalise(&text).is_empty() {
        return Err(Problem::new("Use a letter or a digit."));
    }
    Ok(text)
}

fn value(fields: &[Field], key: &str, text: &str) -> Result<Set, Problem> {
    let field = fields.iter().find(|field| field.key == key);
    let field = field.ok_or_else(|| Problem::new("There is no such field, or it was archived."))?;
    let value = field.read(text)?.ok_or_else(|| field.missing())?;
    Ok(Set::new(key, Some(value)))
}

fn people(texts: &[String], known: &[Uuid]) -> Result<Vec<Uuid>, Problem> {
    if texts.len() > PEOPLE {
        return Err(Problem::new(format!("Choose at most {PEOPLE} people.")));
    }
    let read = |text: &String| ids::parse(prefix::USER, text).filter(|id| known.contains(id));
    let found: Option<Vec<Uuid>> = texts.iter().map(read).collect();
    let mut found = found.ok_or_else(|| Problem::new("Choose people from the list, who can work on leads."))?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn team(text: &str, known: &[Uuid]) -> Result<Option<Uuid>, Problem> {
    match input::choice("a team", prefix::TEAM, text)? {
        Some(id) if !known.contains(&id) => Err(Problem::new("Choose a team from the list.")),
        choice => Ok(choice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead() -> NewLead {
        NewLead {
            name: "Roof of the Café".to_owned(),
            company: "Harrow & Pike".to_owned(),
            source: "web".to_owned(),
            value: Worth { minor_units: 5_000, currency_code: "GBP".to_owned() },
            custom: std::iter::once(Set::new("roof", Some("Flat".to_owned()))).collect(),
            ..NewLead::default()
        }
    }

    fn from(minor_units: i64, code: &str) -> Rule {
        Rule { value_from: Some(Worth { minor_units, currency_code: code.to_owned() }), ..Rule::default() }
    }

    fn roof(value: &str) -> Rule {
        Rule { custom: std::iter::once(Set::new("roof", Some(value.to_owned()))).collect(), ..Rule::default() }
    }

    #[test]
    fn every_condition_that_is_set_must_hold() {
        let sources = |all: &[&str]| Rule { sources: all.iter().map(|one| (*one).to_owned()).collect(), ..Rule::default() };
        let about = |part: &str| Rule { name_contains: part.to_owned(), ..Rule::default() };
        let of = |part: &str| Rule { company_contains: part.to_owned(), ..Rule::default() };
        let holds =
            [Rule::default(), sources(&["phone", "Web"]), about("CAFE"), of("harrow pike"), from(5_000, "GBP"), roof("Flat")];
        assert!(holds.iter().all(|rule| rule.matches(&lead())), "{holds:?}");
        let fails =
            [sources(&["phone"]), about("cellar"), of("Pike & Harrow"), from(5_001, "GBP"), from(1, "EUR"), roof("Gable")];
        assert!(fails.iter().all(|rule| !rule.matches(&lead())), "{fails:?}");
        assert!(!Rule { name_contains: "cellar".to_owned(), ..sources(&["web"]) }.matches(&lead()));
    }

    #[test]
    fn turns_go_round_whoever_comes_and_goes() {
        let id = Uuid::from_u128;
        assert_eq!(turns(vec![id(3), id(1), id(2)], None), [id(1), id(2), id(3)]);
        assert_eq!(turns(vec![id(3), id(1), id(2)], Some(id(1))), [id(2), id(3), id(1)]);
        assert_eq!(turns(vec![id(1), id(3)], Some(id(2))), [id(3), id(1)], "the last one has left");
        assert_eq!(turns(vec![id(1), id(3)], Some(id(3))), [id(1), id(3)]);
        assert!(turns(Vec::new(), Some(id(3))).is_empty());
    }
}
