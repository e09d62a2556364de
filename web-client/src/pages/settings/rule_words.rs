//! A rule as a sentence.

use streamflow_proto::client::v1 as pb;
use web_kit::format::money;

use crate::{
    pages::lead::words::source_name,
    parts::{custom, directory::Directory},
};

/// "If the source is Website or Referral, and it is worth at least £500.00: Ana, Ben, the team North, by turns".
pub fn about(rule: &pb::AssignmentRule, directory: Directory) -> String {
    let mut people: Vec<String> = rule.user_ids.iter().map(|id| directory.person(id)).collect();
    people.sort();
    if !rule.team_id.is_empty() {
        people.push(t!("the team {team}", team = directory.team(&rule.team_id)));
    }
    sentence(&conditions(rule), &people, rule.user_ids.len() > 1 || !rule.team_id.is_empty())
}

fn sentence(conditions: &[String], people: &[String], turns: bool) -> String {
    let when = if conditions.is_empty() {
        t!("Every lead").to_owned()
    } else {
        t!("If {conditions}", conditions = conditions.join(t!(", and ")))
    };
    match people {
        [] => t!("{when}: nobody is left, so the next rule is asked", when),
        _ => format!("{when}: {}{}", people.join(", "), if turns { t!(", by turns") } else { "" }),
    }
}

fn conditions(rule: &pb::AssignmentRule) -> Vec<String> {
    let mut all = Vec::new();
    if !rule.sources.is_empty() {
        let names: Vec<String> = rule.sources.iter().map(|source| source_name(source)).collect();
        all.push(t!("the source is {names}", names = names.join(t!(" or "))));
    }
    for (what, part) in [(t!("what it is about"), &rule.name_contains), (t!("the company"), &rule.company_contains)] {
        if !part.is_empty() {
            all.push(t!("{what} contains “{part}”", what, part));
        }
    }
    if let Some(worth) = &rule.value_from {
        all.push(t!("it is worth at least {amount}", amount = money::full(worth.minor_units, &worth.currency_code)));
    }
    let mut fields: Vec<_> = rule.custom.iter().collect();
    fields.sort();
    for (key, value) in fields {
        let path = format!("{}{key}", custom::PREFIX);
        let label = custom::label(&path).unwrap_or_else(|| key.clone());
        all.push(t!("{label} is {value}", label, value = custom::shown(&path, value.clone())));
    }
    all
}

#[cfg(test)]
mod tests {
    use streamflow_proto::common::v1::Money;

    use super::*;

    #[test]
    fn a_rule_is_told_in_a_sentence() {
        let rule = pb::AssignmentRule {
            sources: vec!["web".into(), "fair".into()],
            company_contains: "Ltd".into(),
            value_from: Some(Money { currency_code: "GBP".into(), minor_units: 50_000 }),
            ..Default::default()
        };
        let told = conditions(&rule);
        let expected = ["the source is Website or fair", "the company contains “Ltd”", "it is worth at least £500.00"];
        assert_eq!(told, expected);
        assert_eq!(
            sentence(&told[1..2], &["Ana".into(), "Ben".into()], true),
            "If the company contains “Ltd”: Ana, Ben, by turns"
        );
        assert_eq!(sentence(&[], &["Ana".into()], false), "Every lead: Ana");
        assert_eq!(sentence(&[], &[], false), "Every lead: nobody is left, so the next rule is asked");
    }
}
