//! Values of a lead as people read them, and the stages behind them.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    badge::Tone,
    field::Choice,
    format::{self, date, money},
    load::Load,
};

use super::record;
use crate::parts::{conflict::dialog::Words, custom, directory::Directory};

/// The stages of the pipeline, with what lies in each.
#[derive(Clone, Copy)]
pub struct Stages(pub Load<Vec<pb::LeadStage>>);

pub fn use_stages() -> Stages {
    Stages(Load::new(record::stages))
}

impl Stages {
    /// Name of a stage, followed.
    pub fn name(self, id: &str) -> String {
        self.find(id).map(|stage| stage.name).unwrap_or_default()
    }

    pub fn find(self, id: &str) -> Option<pb::LeadStage> {
        self.0.with(|stages| stages.and_then(|all| all.iter().find(|stage| stage.id == id).cloned()))
    }

    pub fn choices(self) -> Vec<Choice> {
        let all = self.0.get().unwrap_or_default();
        all.into_iter().map(|stage| Choice::new(stage.id, stage.name)).collect()
    }
}

pub fn words(directory: Directory, stages: Stages) -> Words {
    Callback::new(move |(path, text): (String, String)| match &*path {
        "owner_id" | "assignee_id" => directory.person(&text),
        "team_id" => directory.team(&text),
        "stage_id" => stages.name(&text),
        "value" => value_words(&text),
        "follow_up_on" => date::parse_iso(&text).map_or(text, date::day),
        _ => custom::shown(&path, text),
    })
}

/// "£1,250.50" of "1250.50 GBP".
fn value_words(text: &str) -> String {
    let Some((amount, currency)) = text.rsplit_once(' ') else {
        return text.to_owned();
    };
    money::parse(amount, currency).map_or_else(|| text.to_owned(), |minor| money::full(minor, currency))
}

/// "£22,700"; empty for none.
pub fn worth(lead: &pb::Lead) -> String {
    let value = lead.value.clone().unwrap_or_default();
    if value.minor_units == 0 { String::new() } else { money::rounded(value.minor_units, &value.currency_code) }
}

/// Whether anything is still to be done about leads of a stage. One that is not known yet counts as open.
pub fn is_open(stage: Option<&pb::LeadStage>) -> bool {
    !matches!(stage.map(pb::LeadStage::kind), Some(pb::LeadStageKind::Won | pb::LeadStageKind::Lost))
}

/// When the next step is due, and whether that is late: "2 days late", "tomorrow". What is won, lost or converted has none.
pub fn follow_up(lead: &pb::Lead, open: bool) -> Option<(String, Tone)> {
    if !open || !lead.customer_id.is_empty() {
        return None;
    }
    let on = date::parse_iso(&lead.follow_up_on)?;
    let today = date::parse_iso(&format::today())?;
    let tone = if on < today { Tone::Danger } else { Tone::Neutral };
    Some((date::due(on, today), tone))
}

/// Where leads come from, as forms offer it; anything else is kept as it was written.
pub const SOURCES: [(&str, &str); 7] = [
    ("web", mark!("Website")),
    ("phone", mark!("Phone")),
    ("email", mark!("E-mail")),
    ("referral", mark!("Referral")),
    ("trade show", mark!("Trade show")),
    ("repeat", mark!("Known customer")),
    ("import", mark!("Import")),
];

pub fn source_name(source: &str) -> String {
    SOURCES.iter().find(|(value, _)| *value == source).map_or_else(|| source.to_owned(), |(_, name)| t!(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_their_symbol() {
        assert_eq!(value_words("1250.50 GBP"), "£1,250.50");
        assert_eq!(value_words("1250 JPY"), "¥1,250");
        assert_eq!(value_words(""), "");
        assert_eq!(value_words("a lot"), "a lot");
    }

    #[test]
    fn only_open_stages_wait_for_something() {
        let stage = |kind: pb::LeadStageKind| pb::LeadStage { kind: kind.into(), ..Default::default() };
        assert!(is_open(None) && is_open(Some(&stage(pb::LeadStageKind::Open))));
        assert!(!is_open(Some(&stage(pb::LeadStageKind::Won))) && !is_open(Some(&stage(pb::LeadStageKind::Lost))));
    }

    #[test]
    fn unknown_sources_keep_their_own_word() {
        assert_eq!(source_name("web"), "Website");
        assert_eq!(source_name("newspaper"), "newspaper");
    }
}
