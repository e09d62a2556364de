//! Decides, field by field, what becomes of an edit that began before somebody else's edit was saved.

/// One field with the value somebody wants it to have. Each noun has its own enum of these.
pub trait Change: Clone + PartialEq {
    /// Path of the field as update masks, the change feed and the timeline write it, e.g. "address.city".
    fn field(&self) -> &str;
    /// The value as the timeline shows it; ids in their wire form.
    fn text(&self) -> String;
}

/// Values of one record, from which the value of any writable field can be taken.
pub trait Fields {
    type Change: Change;
    /// The record's own value of the field that `change` is about.
    fn current(&self, change: &Self::Change) -> Self::Change;
}

/// A field somebody else changed since the version the caller edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TheirChange {
    pub field: String,
    /// Who changed it last, by name.
    pub by: String,
}

/// A field that both sides changed to different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub field: String,
    pub by: String,
}

/// What to do with an edit. With `conflicts` nothing is written: the caller chooses first.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge<C> {
    /// What differs from the current record and is free to be written.
    pub apply: Vec<C>,
    /// Fields others changed since, which the caller did not touch and which stay as they are.
    pub merged: Vec<String>,
    pub conflicts: Vec<Conflict>,
}

impl<C> Merge<C> {
    /// The people behind the conflicts, each once, for "Ana and Ben changed this record".
    pub fn changed_by(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for conflict in &self.conflicts {
            if !conflict.by.is_empty() && !names.contains(&conflict.by.as_str()) {
                names.push(&conflict.by);
            }
        }
        names.join(", ")
    }
}

/// Merges the caller's changes into the current record.
///
/// Equal values on both sides are agreement, not conflict. `theirs` may name a field several times; the last entry wins.
pub fn merge<F: Fields>(current: &F, mine: &[F::Change], theirs: &[TheirChange]) -> Merge<F::Change> {
    let mut result = Merge { apply: Vec::new(), merged: Vec::new(), conflicts: Vec::new() };
    for change in mine {
        if current.current(change) == *change {
            continue;
        }
        match theirs.iter().rfind(|their| their.field == change.field()) {
            Some(their) => result.conflicts.push(Conflict { field: change.field().to_owned(), by: their.by.clone() }),
            None => result.apply.push(change.clone()),
        }
    }
    for their in theirs {
        let touched = mine.iter().any(|change| change.field() == their.field);
        if !touched && !result.merged.contains(&their.field) {
            result.merged.push(their.field.clone());
        }
    }
    result
}

/// One line of the timeline: a field before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeAfter {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// What `changes` do to `current`, for the timeline and for undoing an import.
pub fn before_after<F: Fields>(current: &F, changes: &[F::Change]) -> Vec<BeforeAfter> {
    changes
        .iter()
        .map(|change| BeforeAfter {
            field: change.field().to_owned(),
            before: current.current(change).text(),
            after: change.text(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 5] = ["name", "email", "phone", "note", "address.city"];

    #[derive(Clone, Debug, PartialEq)]
    struct Set(&'static str, u8);

    impl Change for Set {
        fn field(&self) -> &str {
            self.0
        }
        fn text(&self) -> String {
            self.1.to_string()
        }
    }

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Record(BTreeMap<&'static str, u8>);

    impl Fields for Record {
        type Change = Set;
        fn current(&self, change: &Set) -> Set {
            Set(change.0, self.0.get(change.0).copied().unwrap_or_default())
        }
    }

    impl Record {
        fn with(&self, changes: &[Set]) -> Self {
            let mut next = self.clone();
            next.0.extend(changes.iter().map(|change| (change.0, change.1)));
            next
        }
    }

    /// Edits of a small record with few values, so that both agreement and conflict are common.
    fn edit() -> impl Strategy<Value = Vec<Set>> {
        proptest::collection::btree_map(0..NAMES.len(), 0u8..3, 0..NAMES.len())
            .prop_map(|edit| edit.into_iter().map(|(at, value)| Set(NAMES[at], value)).collect())
    }

    fn changed(base: &Record, changes: &[Set]) -> Vec<Set> {
        changes.iter().filter(|change| base.current(change) != **change).cloned().collect()
    }

    fn theirs(changes: &[Set]) -> Vec<TheirChange> {
        changes.iter().map(|c| TheirChange { field: c.0.to_owned(), by: "Ana".to_owned() }).collect()
    }

    proptest! {
        #[test]
        fn edits_of_different_fields_end_the_same_in_either_order(a in edit(), b in edit()) {
            let base = Record::default();
            let b: Vec<Set> = b.into_iter().filter(|change| a.iter().all(|other| other.0 != change.0)).collect();
            let ends = [(&a, &b), (&b, &a)].map(|(first, second)| {
                let current = base.with(first);
                let merge = merge(&current, second, &theirs(&changed(&base, first)));
                assert!(merge.conflicts.is_empty());
                current.with(&merge.apply).with(&[])
            });
            let whole = NAMES.map(|name| ends.clone().map(|end| end.0.get(name).copied().unwrap_or_default()));
            prop_assert!(whole.iter().all(|[left, right]| left == right));
        }

        #[test]
        fn a_conflict_is_exactly_an_overlap_with_a_different_value(first in edit(), mine in edit()) {
            let base = Record::default();
            let current = base.with(&first);
            let others = changed(&base, &first);
            let merge = merge(&current, &mine, &theirs(&others));
            for change in &mine {
                let overlap = others.iter().find(|other| other.0 == change.0);
                let expected = overlap.is_some_and(|other| other.1 != change.1);
                prop_assert_eq!(merge.conflicts.iter().any(|c| c.field == change.0), expected);
            }
        }

        #[test]
        fn no_change_is_lost_silently(first in edit(), mine in edit()) {
            let base = Record::default();
            let current = base.with(&first);
            let others = changed(&base, &first);
            let merge = merge(&current, &mine, &theirs(&others));
            let end = current.with(&merge.apply);
            for change in &mine {
                let reported = merge.conflicts.iter().any(|conflict| conflict.field == change.0);
                prop_assert!(reported || end.current(change) == *change);
            }
            for other in &others {
                prop_assert!(end.current(other) == *other, "{:?} was overwritten", other);
            }
        }
    }

    #[test]
    fn fields_kept_from_others_are_named_once() {
        let current = Record::default().with(&[Set("name", 1), Set("email", 2)]);
        let others = theirs(&[Set("name", 2), Set("name", 1), Set("email", 2)]);
        let merge = merge(&current, &[Set("email", 1), Set("phone", 7)], &others);
        assert_eq!(merge.merged, ["name"]);
        assert_eq!(merge.apply, [Set("phone", 7)]);
        assert_eq!(merge.conflicts, [Conflict { field: "email".to_owned(), by: "Ana".to_owned() }]);
        assert_eq!(merge.changed_by(), "Ana");
    }
}
