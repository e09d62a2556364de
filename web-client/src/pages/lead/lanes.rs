//! The board's cards by stage, as plain data: what is shown, and what a move does to it before the server has answered.

use std::collections::BTreeMap;

use streamflow_proto::client::v1 as pb;
use web_kit::format::{money, number};

/// One stage and its cards, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    pub stage: pb::LeadStage,
    pub leads: Vec<pb::Lead>,
    /// All that match, which may be more than the cards; and whether there are even more.
    pub total: (i64, bool),
}

impl Lane {
    /// "14", "10,000+".
    pub fn count(&self) -> String {
        number::total(self.total.0, self.total.1)
    }

    fn is_whole(&self) -> bool {
        !self.total.1 && self.total.0 == self.leads.len() as i64
    }

    /// Worth of all cards: "£128,400", several currencies side by side. Empty when cards are missing from the lane.
    pub fn sum(&self) -> String {
        if !self.is_whole() {
            return String::new();
        }
        let mut sums = BTreeMap::<&str, i64>::new();
        for value in self.leads.iter().filter_map(|lead| lead.value.as_ref()) {
            *sums.entry(&value.currency_code).or_default() += value.minor_units;
        }
        sums.retain(|_, sum| *sum != 0);
        sums.iter().map(|(currency, sum)| money::rounded(*sum, currency)).collect::<Vec<_>>().join(", ")
    }
}

/// Takes a card out of its lane and puts it before another one, or at the end. Gives where it was, for the way back.
pub fn shift(lanes: &mut [Lane], id: &str, to: &str, before: Option<&str>) -> Option<(String, Option<String>)> {
    let from = lanes.iter().position(|lane| lane.leads.iter().any(|lead| lead.id == id))?;
    let into = lanes.iter().position(|lane| lane.stage.id == to)?;
    let at = lanes[from].leads.iter().position(|lead| lead.id == id)?;
    let mut lead = lanes[from].leads.remove(at);
    lanes[from].total.0 -= 1;
    let was = (lead.stage_id.clone(), lanes[from].leads.get(at).map(|next| next.id.clone()));
    to.clone_into(&mut lead.stage_id);
    let place = before.and_then(|before| lanes[into].leads.iter().position(|one| one.id == before));
    let end = lanes[into].leads.len();
    lanes[into].leads.insert(place.unwrap_or(end), lead);
    lanes[into].total.0 += 1;
    Some(was)
}

/// Puts a newer state of a lead in its place.
pub fn refresh(lanes: &mut [Lane], lead: &pb::Lead) {
    for known in lanes.iter_mut().flat_map(|lane| lane.leads.iter_mut()) {
        if known.id == lead.id {
            known.clone_from(lead);
        }
    }
}

#[cfg(test)]
mod tests {
    use streamflow_proto::common::v1::Money;

    use super::*;

    fn lane(stage: &str, leads: &[&str]) -> Lane {
        let lead = |id: &&str| pb::Lead {
            id: (*id).to_owned(),
            stage_id: stage.to_owned(),
            value: Some(Money { currency_code: "GBP".into(), minor_units: 100_000 }),
            ..Default::default()
        };
        Lane {
            stage: pb::LeadStage { id: stage.to_owned(), ..Default::default() },
            leads: leads.iter().map(lead).collect(),
            total: (leads.len() as i64, false),
        }
    }

    fn ids(lane: &Lane) -> Vec<&str> {
        lane.leads.iter().map(|lead| &*lead.id).collect()
    }

    #[test]
    fn a_card_goes_there_and_back() {
        let begun = [lane("new", &["a", "b", "c"]), lane("quoted", &["d"])];
        let mut lanes = begun.clone();
        let was = shift(&mut lanes, "b", "quoted", Some("d")).unwrap();
        assert_eq!((ids(&lanes[0]), ids(&lanes[1])), (vec!["a", "c"], vec!["b", "d"]));
        assert_eq!((lanes[0].count(), lanes[1].count()), ("2".into(), "2".into()));
        assert_eq!(lanes[1].leads[0].stage_id, "quoted");
        shift(&mut lanes, "b", &was.0, was.1.as_deref());
        assert_eq!(lanes, begun);
    }

    #[test]
    fn a_card_moves_within_its_lane_and_to_its_end() {
        let mut lanes = [lane("new", &["a", "b", "c"])];
        shift(&mut lanes, "a", "new", Some("c"));
        assert_eq!(ids(&lanes[0]), ["b", "a", "c"]);
        shift(&mut lanes, "b", "new", None);
        assert_eq!(ids(&lanes[0]), ["a", "c", "b"]);
        assert_eq!(shift(&mut lanes, "x", "new", None), None);
        assert_eq!(shift(&mut lanes, "a", "gone", None), None);
    }

    #[test]
    fn a_sum_is_of_the_whole_lane_or_not_shown() {
        let mut one = lane("new", &["a", "b"]);
        assert_eq!(one.sum(), "£2,000");
        one.leads[1].value = Some(Money { currency_code: "EUR".into(), minor_units: 50_000 });
        assert_eq!(one.sum(), "€500, £1,000");
        one.total = (300, false);
        assert_eq!((one.sum(), one.count()), (String::new(), "300".into()));
    }
}
