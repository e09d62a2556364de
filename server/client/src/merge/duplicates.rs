//! Which records may be one and the same: equal e-mail, equal phone digits, or a name that differs by a slip at most.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher as _},
};

use streamflow_proto::client::v1::DuplicateReason as Reason;
use uuid::Uuid;

use crate::search::domain::{normalise, phone};

/// Records of one group. What more than these share, such as a switchboard's number, says nothing.
pub const GROUP: usize = 10;
/// Letters of a name from which one slip may be in it: of shorter ones too little is left.
const LONG: usize = 6;
/// Letters of a name from which no slip is looked for: there are as many as letters.
const VERY_LONG: usize = 40;

/// Words that say how a company is owned, not which it is.
const LEGAL_FORMS: [&str; 26] = [
    "the",
    "ltd",
    "limited",
    "llc",
    "llp",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "ohg",
    "ug",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "oy",
];

/// What a record is compared by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    pub email: String,
    /// Digits without country code and trunk zero.
    pub phones: Vec<String>,
    /// Words of the name that tell it apart.
    pub name: String,
    /// People of one name at two customers are two.
    pub customer: Option<Uuid>,
}

impl Card {
    pub fn new(name: &str, email: &str, phones: &[&str], customer: Option<Uuid>) -> Self {
        let cores = phones.iter().filter_map(|number| phone::variants(number).pop());
        let phones = cores.filter(|digits| digits.len() >= LONG).collect();
        Self { email: email.to_lowercase(), phones, name: telling_words(name), customer }
    }

    /// Why this may be the same as the other, besides their names.
    pub fn shared(&self, other: &Self) -> BTreeSet<Reason> {
        let email = !self.email.is_empty() && self.email == other.email;
        let phone = self.phones.iter().any(|digits| other.phones.contains(digits));
        let name = !self.name.is_empty() && self.name == other.name;
        let reasons = [(email, Reason::Email), (phone, Reason::Phone), (name, Reason::Name)];
        reasons.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
    }

    /// Two records with a key in common may be the same. Hashes, as there are many of a long name.
    fn keys(&self) -> Vec<(Reason, u64)> {
        let mut keys: Vec<(Reason, u64)> = self.phones.iter().map(|digits| (Reason::Phone, hash(digits))).collect();
        if !self.email.is_empty() {
            keys.push((Reason::Email, hash(&self.email)));
        }
        keys.extend(slips(&self.name).into_iter().map(|name| (Reason::Name, hash(&(self.customer, name)))));
        keys
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The name without accents, case and legal forms; as it is when nothing else would be left.
fn telling_words(name: &str) -> String {
    let whole = normalise(name);
    let words: Vec<&str> = whole.split(' ').filter(|word| !LEGAL_FORMS.contains(word)).collect();
    if words.is_empty() { whole } else { words.join(" ") }
}

/// The name's letters, and what is left when any one is taken away: two names share one of these when a letter is wrong, missing or too many,
/// or two are swapped. Names with digits, such as branches, must be equal, and so must very long ones.
fn slips(name: &str) -> BTreeSet<String> {
    let letters: Vec<char> = name.chars().filter(|letter| *letter != ' ').collect();
    let mut all = BTreeSet::new();
    if letters.is_empty() {
        return all;
    }
    if (LONG..=VERY_LONG).contains(&letters.len()) && !letters.iter().any(char::is_ascii_digit) {
        all.extend((0..letters.len()).map(|at| letters[..at].iter().chain(&letters[at + 1..]).collect::<String>()));
    }
    all.insert(letters.into_iter().collect());
    all
}

/// Groups of two or more by their place in `cards`, those with most reasons first.
pub fn groups(cards: &[Card]) -> Vec<(Vec<usize>, BTreeSet<Reason>)> {
    let mut by_key: BTreeMap<(Reason, u64), Vec<usize>> = BTreeMap::new();
    for (at, card) in cards.iter().enumerate() {
        for key in card.keys() {
            let places = by_key.entry(key).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
        }
    }
    let mut parents: Vec<usize> = (0..cards.len()).collect();
    by_key.retain(|_, places| (2..=GROUP).contains(&places.len()));
    for places in by_key.values() {
        for pair in places.windows(2) {
            let (left, right) = (root(&parents, pair[0]), root(&parents, pair[1]));
            parents[left.max(right)] = left.min(right);
        }
    }
    let mut groups: BTreeMap<usize, (Vec<usize>, BTreeSet<Reason>)> = BTreeMap::new();
    for ((reason, _), places) in &by_key {
        groups.entry(root(&parents, places[0])).or_default().1.insert(*reason);
    }
    for at in 0..cards.len() {
        if let Some((members, _)) = groups.get_mut(&root(&parents, at)) {
            members.push(at);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|(_, reasons)| std::cmp::Reverse(reasons.len()));
    groups
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while parents[at] != at {
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, email: &str, phone: &str) -> Card {
        Card::new(name, email, &[phone], None)
    }

    #[test]
    fn records_meet_by_name_mail_and_number() {
        let cards = [
            card("Berglunds snabbköp AB", "", "0921-12 34 65"),
            card("Nobody else", "a@b.example", ""),
            card("Berglunds snabkop", "x@y.example", ""),
            card("Somebody", "X@Y.example", "+46 921 12 34 65"),
            card("Ana", "", ""),
            card("Branch 12", "", ""),
            card("Branch 13", "", ""),
        ];
        let groups = groups(&cards);
        assert_eq!(groups, [(vec![0, 2, 3], BTreeSet::from([Reason::Email, Reason::Phone, Reason::Name]))]);
        assert_eq!(cards[2].shared(&cards[3]), BTreeSet::from([Reason::Email]));
    }

    #[test]
    fn what_many_share_says_nothing() {
        let many: Vec<Card> = (0..=GROUP).map(|n| card(&format!("Firm {n}"), "info@mall.example", "")).collect();
        assert!(groups(&many).is_empty());
        assert_eq!(groups(&many[1..]).len(), 1);
    }

    #[test]
    fn people_of_one_name_at_two_customers_are_two() {
        let at = |customer: u128| Card::new("Ana Silva", "", &[], Some(Uuid::from_u128(customer)));
        assert!(groups(&[at(1), at(2)]).is_empty());
        assert_eq!(groups(&[at(1), at(2), at(1)]), [(vec![0, 2], BTreeSet::from([Reason::Name]))]);
    }

    #[test]
    fn a_company_called_by_its_legal_form_keeps_its_name() {
        assert_eq!(telling_words("The Company Ltd."), "the company ltd");
        assert_eq!(telling_words("The Harbour Company"), "harbour");
    }
}
