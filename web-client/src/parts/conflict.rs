//! Two people changed the same field: what each made of it, what merges by itself, and what the answer is.

pub mod dialog;

use std::collections::BTreeMap;

use super::field::FieldOf;

/// Whose value is to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Current,
    Yours,
}

/// The three states of a record, and the fields that ask for an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict<T> {
    /// As it was when the edit began.
    pub original: T,
    /// As this person wants it.
    pub yours: T,
    /// As it is now.
    pub current: T,
    /// Paths both changed.
    pub paths: Vec<String>,
    /// Who changed them, by name.
    pub by: String,
}

/// A field that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub path: &'static str,
    pub current: String,
    pub yours: String,
    pub original: String,
}

/// A field that only one of the two changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub path: &'static str,
    pub before: String,
    pub after: String,
    pub whose: Side,
}

/// Answers so far, by path.
pub type Answers = BTreeMap<&'static str, Side>;

impl<T: Clone + 'static> Conflict<T> {
    pub fn questions(&self, fields: &[FieldOf<T>]) -> Vec<Question> {
        fields
            .iter()
            .filter(|field| self.asks(field.path))
            .map(|field| Question {
                path: field.path,
                current: field.get(&self.current),
                yours: field.get(&self.yours),
                original: field.get(&self.original),
            })
            .collect()
    }

    pub fn merged(&self, fields: &[FieldOf<T>]) -> Vec<Merged> {
        let one = |field: &FieldOf<T>| {
            let before = field.get(&self.original);
            let (yours, current) = (field.get(&self.yours), field.get(&self.current));
            let (after, whose) = if yours == before { (current, Side::Current) } else { (yours, Side::Yours) };
            (after != before).then_some(Merged { path: field.path, before, after, whose })
        };
        fields.iter().filter(|field| !self.asks(field.path)).filter_map(one).collect()
    }

    /// The record to save and the paths to send; what nobody has to send is as it is now.
    pub fn resolve(&self, fields: &[FieldOf<T>], answers: &Answers) -> (T, Vec<&'static str>) {
        let mut record = self.current.clone();
        let mut mask = Vec::new();
        for field in fields {
            let mine = if self.asks(field.path) {
                answers.get(field.path) == Some(&Side::Yours)
            } else {
                field.differs(&self.yours, &self.original)
            };
            if mine && field.differs(&self.yours, &self.current) {
                field.copy(&mut record, &self.yours);
                mask.push(field.path);
            }
        }
        (record, mask)
    }

    fn asks(&self, path: &str) -> bool {
        self.paths.iter().any(|one| one == path)
    }
}

/// Paths that both sides changed to different values, for records whose server does not name them.
pub fn overlapping<T>(fields: &[FieldOf<T>], original: &T, yours: &T, current: &T) -> Vec<String> {
    fields
        .iter()
        .filter(|field| field.differs(yours, original) && field.differs(current, original) && field.differs(yours, current))
        .map(|field| field.path.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = [String; 4];

    const FIELDS: &[FieldOf<Row>] = &[
        FieldOf::new("code", |row| row[0].clone(), |row, text| text.clone_into(&mut row[0])),
        FieldOf::new("hours", |row| row[1].clone(), |row, text| text.clone_into(&mut row[1])),
        FieldOf::new("phone", |row| row[2].clone(), |row, text| text.clone_into(&mut row[2])),
        FieldOf::new("plan", |row| row[3].clone(), |row, text| text.clone_into(&mut row[3])),
    ];

    fn row(values: [&str; 4]) -> Row {
        values.map(str::to_owned)
    }

    fn conflict() -> Conflict<Row> {
        let original = row(["4471", "8 to 17", "0140", "February"]);
        let yours = row(["4471#", "24 h", "0142", "February"]);
        let current = row(["4926", "7 to 19", "0140", "March"]);
        let paths = overlapping(FIELDS, &original, &yours, &current);
        Conflict { original, yours, current, paths, by: "Tom Ashworth".to_owned() }
    }

    #[test]
    fn only_true_conflicts_ask() {
        let questions = conflict().questions(FIELDS);
        assert_eq!(questions.iter().map(|one| one.path).collect::<Vec<_>>(), ["code", "hours"]);
        assert_eq!((&*questions[0].current, &*questions[0].yours, &*questions[0].original), ("4926", "4471#", "4471"));
    }

    #[test]
    fn what_one_of_the_two_changed_merges_and_says_whose_it_was() {
        let merged = conflict().merged(FIELDS);
        let told: Vec<_> = merged.iter().map(|one| (one.path, &*one.after, one.whose)).collect();
        assert_eq!(told, [("phone", "0142", Side::Yours), ("plan", "March", Side::Current)]);
    }

    #[test]
    fn the_answer_sends_only_what_is_to_change() {
        let answers = Answers::from([("code", Side::Current), ("hours", Side::Yours)]);
        let (record, mask) = conflict().resolve(FIELDS, &answers);
        assert_eq!(record, row(["4926", "24 h", "0142", "March"]));
        assert_eq!(mask, ["hours", "phone"]);
    }

    #[test]
    fn taking_all_of_theirs_sends_only_what_they_did_not_touch() {
        let answers = Answers::from([("code", Side::Current), ("hours", Side::Current)]);
        let (record, mask) = conflict().resolve(FIELDS, &answers);
        assert_eq!(record, row(["4926", "7 to 19", "0142", "March"]));
        assert_eq!(mask, ["phone"]);
    }
}
