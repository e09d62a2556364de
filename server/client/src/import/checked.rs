//! A file that was checked as a whole. Correcting a row looks at that row alone, at those that had or have its keys, and at those that
//! come into sight for it; everything else is as it was.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use streamflow_kernel::{
    db::Scope,
    error::{Error, Result},
};
use streamflow_proto::client::v1::ImportRowFate;

use super::{
    domain::{
        check::Checker,
        keys::{Hash, Hasher, Keys},
    },
    file::{Item, Layout, Setup, Source, items},
    plan::{BATCH, Known, PROBLEM_ROWS, Plan, decided, is_troubled},
};

#[derive(Default)]
pub struct Checked {
    pub plan: Plan,
    layout: Layout,
    hasher: Hasher,
    /// By row, from the first.
    rows: Vec<Outcome>,
}

/// What is kept of a row.
#[derive(Clone, Copy, Default)]
struct Outcome {
    /// Unspecified for a dropped one.
    fate: ImportRowFate,
    keys: Keys,
}

impl Checked {
    /// Takes the next row.
    pub fn add(&mut self, setup: &Setup, known: &Known, item: Item) {
        self.rows.push(Outcome { keys: item.keys(), ..Outcome::default() });
        self.settle(setup, known, item);
    }

    /// Once all rows were added.
    pub fn ended(mut self, (layout, hasher): (Layout, Hasher), setup: &Setup) -> Self {
        self.plan.name_columns(&layout.header, setup.mapping.fields());
        Self { layout, hasher, ..self }
    }

    /// Checks the file anew after corrections of the `touched` rows, which `setup` has already.
    pub async fn correct(&mut self, source: &Source, scope: &Scope, setup: &Setup, touched: &BTreeSet<u32>) -> Result<()> {
        let look = Look { source, scope, setup, checker: setup.checker().hashing_with(self.hasher.clone()) };
        let mut changed = look.at(&self.layout, touched).await?;
        let others: BTreeSet<u32> = self.take_keys(&changed)?.difference(touched).copied().collect();
        changed.extend(look.at(&self.layout, &others).await?);
        self.decide(&look, changed).await?;
        loop {
            let unseen = self.unseen();
            if unseen.is_empty() {
                break;
            }
            let items = look.at(&self.layout, &unseen).await?;
            self.decide(&look, items).await?;
        }
        self.plan.name_columns(&self.layout.header, setup.mapping.fields());
        Ok(())
    }

    /// Bytes of the rows that are shown, which are kept as they are.
    pub fn shown_bytes(&self) -> usize {
        let shown = self.plan.sample.iter().chain(self.plan.troubled.values());
        shown.flat_map(|row| &row.cells).map(String::len).sum()
    }

    /// Takes over the keys of changed rows. Gives the rows for which another one is now the first with a key: the two first ones, and
    /// of the rest, which stay twice, those whose words are shown.
    fn take_keys(&mut self, changed: &BTreeMap<u32, Item>) -> Result<BTreeSet<u32>> {
        let mut hashes = HashSet::new();
        for (number, item) in changed {
            hashes.extend(self.outcome(*number)?.keys.hashes().chain(item.keys().hashes()));
        }
        let before = self.firsts(&hashes);
        for (number, item) in changed {
            self.outcome(*number)?.keys = item.keys();
        }
        let after = self.firsts(&hashes);
        hashes.retain(|hash| before.get(hash) != after.get(hash));
        let firsts = hashes.iter().flat_map(|hash| [before.get(hash), after.get(hash)]).flatten().copied();
        let mut again: BTreeSet<u32> = firsts.collect();
        let shown: Vec<u32> = self.plan.shown().collect();
        for number in shown {
            if self.outcome(number)?.keys.hashes().any(|hash| hashes.contains(&hash)) {
                again.insert(number);
            }
        }
        Ok(again)
    }

    /// Looks up what rows mean and settles what becomes of them.
    async fn decide(&mut self, look: &Look<'_>, items: BTreeMap<u32, Item>) -> Result<()> {
        let hashes = items.values().flat_map(|item| item.keys().hashes()).collect();
        let firsts = self.firsts(&hashes);
        let mut rest: Vec<Item> = items.into_values().collect();
        for meant in rest.iter_mut().filter_map(|item| item.meant.as_mut()) {
            look.checker.note_twice(meant, |hash| firsts.get(&hash).copied());
        }
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(BATCH));
            let db = look.source.org.read().await?;
            let known = Known::look_up(&db, look.scope, look.setup, &rest).await?;
            drop(db);
            for item in std::mem::replace(&mut rest, later) {
                self.settle(look.setup, &known, item);
            }
        }
        Ok(())
    }

    fn settle(&mut self, setup: &Setup, known: &Known, item: Item) {
        let number = item.row.number;
        let row = decided(setup, known, item);
        if let Ok(outcome) = self.outcome(number) {
            let before = std::mem::replace(&mut outcome.fate, row.fate());
            self.plan.count(before, -1);
            self.plan.count(row.fate(), 1);
        }
        self.plan.show(number, row);
    }

    /// The rows that are to be shown with their problems and are not yet.
    fn unseen(&mut self) -> BTreeSet<u32> {
        let troubled = (1..).zip(&self.rows).filter(|(_, outcome)| is_troubled(outcome.fate)).map(|(number, _)| number);
        let wanted: BTreeSet<u32> = troubled.take(PROBLEM_ROWS).collect();
        self.plan.troubled.retain(|number, _| wanted.contains(number));
        wanted.into_iter().filter(|number| !self.plan.troubled.contains_key(number)).collect()
    }

    /// The first row with each key, among those that have one.
    fn firsts(&self, hashes: &HashSet<Hash>) -> HashMap<Hash, u32> {
        let mut firsts = HashMap::new();
        for (number, outcome) in (1..).zip(&self.rows) {
            if firsts.len() == hashes.len() {
                break;
            }
            for hash in outcome.keys.hashes().filter(|hash| hashes.contains(hash)) {
                firsts.entry(hash).or_insert(number);
            }
        }
        firsts
    }

    fn outcome(&mut self, number: u32) -> Result<&mut Outcome> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let outcome = index.and_then(|index| self.rows.get_mut(index));
        outcome.ok_or_else(|| Error::internal("a row that the file does not have"))
    }
}

/// How rows are looked at again.
struct Look<'a> {
    source: &'a Source,
    scope: &'a Scope,
    setup: &'a Setup,
    checker: Checker<'a>,
}

impl Look<'_> {
    async fn at(&self, layout: &Layout, wanted: &BTreeSet<u32>) -> Result<BTreeMap<u32, Item>> {
        items(self.source, self.setup, &self.checker, layout, wanted).await
    }
}
