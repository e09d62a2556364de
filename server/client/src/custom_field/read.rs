//! What requests say of custom fields, read against the fields there are.

use std::collections::HashMap;

use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result, Violations},
};

use super::{
    store::{self, Model},
    value::{PREFIX, Set, Values, is_custom},
};
use crate::{record::kind::Kind, template::read::MOST_FIELDS};

/// Custom fields a request names, with their texts, before anybody looked at what they are.
#[derive(Clone, Debug)]
pub struct Asked {
    kind: Kind,
    /// A new record: fields it leaves out count too.
    new: bool,
    /// By key, in order.
    texts: Vec<(String, String)>,
}

impl Asked {
    /// Of a record to be made.
    pub fn of_new(kind: Kind, custom: &HashMap<String, String>) -> Self {
        let mut texts: Vec<_> = custom.iter().map(|(key, text)| (key.clone(), text.clone())).collect();
        texts.sort();
        Self { kind, new: true, texts }
    }

    /// Of an edit: what its mask names. "custom" alone means all that were sent.
    pub fn of_edit(kind: Kind, mask: &[String], custom: &HashMap<String, String>) -> Self {
        let mut texts = Vec::new();
        for path in mask.iter().filter(|path| is_custom(path)) {
            match path.strip_prefix(PREFIX) {
                Some(key) => texts.push((key.to_owned(), custom.get(key).cloned().unwrap_or_default())),
                None => texts.extend(custom.iter().map(|(key, text)| (key.clone(), text.clone()))),
            }
        }
        texts.sort();
        texts.dedup();
        Self { kind, new: false, texts }
    }

    /// The values of a new record. Fields that must have one do.
    pub async fn values(&self, tx: &TenantDb) -> Result<Values> {
        Ok(self.sets(tx).await?.into_iter().collect())
    }

    /// The changes of an edit. Without custom fields in it nothing is asked of the database.
    pub async fn sets(&self, tx: &TenantDb) -> Result<Vec<Set>> {
        if self.texts.is_empty() && !self.new {
            return Ok(Vec::new());
        }
        let fields = store::live(tx, self.kind).await?;
        let (sets, violations) = self.read(&fields);
        violations.into_result()?;
        Ok(sets)
    }

    /// What is wrong with the other fields of a request, together with what is wrong with these: a form shows all of it at once.
    pub async fn explain(&self, ctx: &Ctx, error: Error) -> Error {
        let Error::Invalid(mut violations) = error else { return error };
        if !self.texts.is_empty() || self.new {
            let read = async { store::live(&ctx.read().await?, self.kind).await };
            match read.await {
                Ok(fields) => violations.extend(self.read(&fields).1),
                Err(error) => return error,
            }
        }
        Error::Invalid(violations)
    }

    fn read(&self, fields: &[Model]) -> (Vec<Set>, Violations) {
        let mut violations = Violations::new();
        let mut sets = Vec::new();
        if self.texts.len() > MOST_FIELDS * 2 {
            violations.add(format!("{}.custom", self.kind.as_str()), "Name each field once.");
            return (sets, violations);
        }
        let at = |key: &str| format!("{}.{PREFIX}{key}", self.kind.as_str());
        for (key, text) in &self.texts {
            let Some(field) = fields.iter().find(|field| field.key == *key) else {
                violations.add(at(key), "There is no such field, or it was put away.");
                continue;
            };
            match field.read(text) {
                Ok(None) if field.required => violations.add(at(key), field.missing().sentence()),
                Ok(value) => sets.push(Set::new(key, value)),
                Err(problem) => violations.add(at(key), problem.sentence()),
            }
        }
        let left_out = |field: &&Model| self.new && field.required && !self.texts.iter().any(|(key, _)| *key == field.key);
        for field in fields.iter().filter(left_out) {
            violations.add(at(&field.key), field.missing().sentence());
        }
        (sets, violations)
    }
}

/// The values of one record that another kind of record can take over: where it has a field of the same key that takes the value.
/// What it must have besides is not asked: nobody sits at a form.
pub async fn carried_over(tx: &TenantDb, to: Kind, values: &Values) -> Result<Values> {
    let fields = store::live(tx, to).await?;
    let taken = |set: Set| {
        let field = fields.iter().find(|field| field.key == set.key())?;
        let value = field.read(&set.text()).ok()?;
        Some(Set::new(&field.key, value))
    };
    Ok(values.sets().filter_map(taken).collect())
}
