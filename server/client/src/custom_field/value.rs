//! What a record holds in the fields of its company: texts, each in the one spelling its type has, by the field's key. Keys never
//! change and are never used twice, so reading a record needs no look at the fields.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ActiveValue, ActiveValue::Set as Put, JsonValue};

/// How masks, filters, the feed and the timeline name a custom field: this and its key.
pub const PREFIX: &str = "custom.";

/// True for a path of custom fields, or of all of them.
pub fn is_custom(path: &str) -> bool {
    path == "custom" || path.starts_with(PREFIX)
}

/// The fields that have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, String>);

/// One field and the value it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// With its prefix.
    path: String,
    value: Option<String>,
}

impl Set {
    /// `value` is as the field's type spells it.
    pub fn new(key: &str, value: Option<String>) -> Self {
        Self { path: format!("{PREFIX}{key}"), value }
    }

    /// The change behind a path and the text the timeline has of the value; none for a path of another kind.
    pub fn of(path: &str, text: &str) -> Option<Self> {
        let value = Some(text.to_owned()).filter(|text| !text.is_empty());
        path.starts_with(PREFIX).then(|| Self { path: path.to_owned(), value })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn key(&self) -> &str {
        self.path.strip_prefix(PREFIX).unwrap_or_default()
    }

    /// Empty for none.
    pub fn text(&self) -> String {
        self.value.clone().unwrap_or_default()
    }

    /// Puts the value among those of a row that is to be written.
    pub fn put(self, custom: &mut ActiveValue<JsonValue>) {
        let mut values = custom.try_as_ref().map(Values::from_json).unwrap_or_default();
        values.put(self);
        *custom = Put(values.into_json());
    }
}

impl Values {
    /// What is no text is none of ours and is left out.
    pub fn from_json(json: &JsonValue) -> Self {
        let pairs = json.as_object().into_iter().flatten();
        Self(pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect())
    }

    pub fn into_json(self) -> JsonValue {
        JsonValue::Object(self.0.into_iter().map(|(key, value)| (key, JsonValue::String(value))).collect())
    }

    /// As the wire has them.
    pub fn into_map(self) -> HashMap<String, String> {
        self.0.into_iter().collect()
    }

    /// The value that `set` is about, as it is here.
    pub fn current(&self, set: &Set) -> Set {
        Set { path: set.path.clone(), value: self.0.get(set.key()).cloned() }
    }

    pub fn put(&mut self, set: Set) {
        let key = set.key().to_owned();
        match set.value {
            Some(value) => self.0.insert(key, value),
            None => self.0.remove(&key),
        };
    }

    pub fn sets(&self) -> impl Iterator<Item = Set> + '_ {
        self.0.iter().map(|(key, value)| Set::new(key, Some(value.clone())))
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

impl FromIterator<Set> for Values {
    fn from_iter<I: IntoIterator<Item = Set>>(sets: I) -> Self {
        let mut values = Self::default();
        sets.into_iter().for_each(|set| values.put(set));
        values
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_survive_their_column() {
        let values: Values = [Set::new("roof", Some("Flat".to_owned())), Set::new("area", None)].into_iter().collect();
        assert_eq!(values.clone().into_json(), json!({ "roof": "Flat" }));
        assert_eq!(Values::from_json(&json!({ "roof": "Flat", "odd": 7 })), values);
        assert_eq!(Values::from_json(&json!(null)), Values::default());
    }

    #[test]
    fn a_change_takes_the_value_away_with_an_empty_text() {
        let mut values: Values = [Set::new("roof", Some("Flat".to_owned()))].into_iter().collect();
        let set = Set::of("custom.roof", "").unwrap();
        assert_eq!((values.current(&set).text().as_str(), set.path()), ("Flat", "custom.roof"));
        values.put(set);
        assert!(!values.has("roof") && Set::of("name", "x").is_none());
    }
}
