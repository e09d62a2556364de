//! What is typed into the form of a rule.

use leptos::prelude::*;
use streamflow_proto::{client::v1 as pb, common::v1::Money};
use web_kit::format::money;

use crate::{api::me, pages::lead::words::SOURCES};

#[derive(Clone, Copy)]
pub struct Draft {
    pub name: RwSignal<String>,
    pub sources: RwSignal<Vec<String>>,
    /// With commas between.
    pub other_sources: RwSignal<String>,
    pub name_contains: RwSignal<String>,
    pub company_contains: RwSignal<String>,
    /// An amount as people type it.
    pub value: RwSignal<String>,
    pub currency: RwSignal<String>,
    /// By key; one without a text asks for nothing.
    pub custom: RwSignal<Vec<(String, RwSignal<String>)>>,
    pub user_ids: RwSignal<Vec<String>>,
    pub team_id: RwSignal<String>,
}

impl Draft {
    pub fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            name: text(),
            sources: RwSignal::new(Vec::new()),
            other_sources: text(),
            name_contains: text(),
            company_contains: text(),
            value: text(),
            currency: text(),
            custom: RwSignal::new(Vec::new()),
            user_ids: RwSignal::new(Vec::new()),
            team_id: text(),
        }
    }

    pub fn fill(self, rule: &pb::AssignmentRule) {
        let (known, others) = parted(&rule.sources);
        self.name.set(rule.name.clone());
        self.sources.set(known);
        self.other_sources.set(others.join(", "));
        self.name_contains.set(rule.name_contains.clone());
        self.company_contains.set(rule.company_contains.clone());
        let worth = rule.value_from.clone();
        self.currency.set(worth.as_ref().map_or_else(|| me().currency_code, |worth| worth.currency_code.clone()));
        self.value.set(worth.map(|worth| money::plain(worth.minor_units, &worth.currency_code)).unwrap_or_default());
        let mut custom: Vec<_> = rule.custom.iter().collect();
        custom.sort();
        self.custom.set(custom.into_iter().map(|(key, value)| (key.clone(), RwSignal::new(value.clone()))).collect());
        self.user_ids.set(rule.user_ids.clone());
        self.team_id.set(rule.team_id.clone());
    }

    /// None where the amount is none.
    pub fn read(self, before: pb::AssignmentRule) -> Option<pb::AssignmentRule> {
        let value = self.value.get_untracked();
        let currency_code = self.currency.get_untracked();
        let value_from = match value.trim() {
            "" => None,
            text => Some(Money { minor_units: money::parse(text, &currency_code)?, currency_code }),
        };
        let others = self.other_sources.get_untracked();
        let others = others.split(',').map(str::trim).filter(|source| !source.is_empty()).map(str::to_owned);
        let custom = self.custom.get_untracked();
        let custom = custom.into_iter().map(|(key, value)| (key, value.get_untracked().trim().to_owned()));
        Some(pb::AssignmentRule {
            name: self.name.get_untracked(),
            sources: self.sources.get_untracked().into_iter().chain(others).collect(),
            name_contains: self.name_contains.get_untracked(),
            company_contains: self.company_contains.get_untracked(),
            value_from,
            custom: custom.filter(|(_, value)| !value.is_empty()).collect(),
            user_ids: self.user_ids.get_untracked(),
            team_id: self.team_id.get_untracked(),
            ..before
        })
    }
}

/// The sources that forms offer, as they offer them, and the others.
fn parted(sources: &[String]) -> (Vec<String>, Vec<String>) {
    let known = |source: &String| SOURCES.iter().find(|(value, _)| *value == source.to_lowercase()).map(|(value, _)| *value);
    let ours = sources.iter().filter_map(known).map(str::to_owned).collect();
    (ours, sources.iter().filter(|source| known(source).is_none()).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_boxes_or_words() {
        let sources = ["Web", "newspaper", "trade show"].map(str::to_owned);
        let (known, others) = parted(&sources);
        assert_eq!((known.join("|"), others.join("|")), ("web|trade show".into(), "newspaper".into()));
    }
}
