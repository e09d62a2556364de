//! Ids of other companies. Whoever names one is told what is told of an id that nobody has; their company's audit tells the two apart.
//!
//! It is asked after the answer is decided and changes nothing of it. The question costs the same whether the id exists or not, so
//! that time tells nothing either. The change feed knows all records by their ids, whatever their noun, so no rows of another
//! company are read, and the kernel needs to know none of their tables.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::collections::HashSet;

use prost_reflect::{DynamicMessage, MapKey, Value};
use sea_orm::FromQueryResult;
use tonic::Code;
use uuid::Uuid;

use super::{Gate, payload};
use crate::{
    audit::trail::orgs_of,
    ctx::Ctx,
    db::{Database, NO_ORG},
    error::Result,
    ids,
    rate_limit::FOREIGN_IDS,
};

/// Category of the record of such a request.
pub const CATEGORY: &str = "cross_tenant";
/// Ids of one message that are looked at.
const MOST: usize = 20;
/// Messages within messages; ours are four deep.
const DEPTH: usize = 8;

/// Whether a request that was refused names a record of another company.
pub(super) async fn is_one(gate: &Gate, ctx: &Ctx, outcome: Code) -> bool {
    if !matches!(outcome, Code::NotFound | Code::InvalidArgument) {
        return false;
    }
    let Ok(principal) = ctx.principal() else { return false };
    let (who, org) = (principal.user_id.to_string(), principal.org_id);
    let named = if org == NO_ORG { Vec::new() } else { named(gate, ctx) };
    if named.is_empty() {
        return false;
    }
    let found = async {
        let may_ask = gate.kernel.limiter.take(FOREIGN_IDS, &who, ctx.now()).await?.granted;
        if may_ask { belong_elsewhere(&gate.kernel.database, org, named).await } else { Ok(false) }
    };
    found.await.unwrap_or_else(|error| {
        tracing::warn!(?error, "whose ids a request named could not be asked");
        false
    })
}

/// Ids of the request's message, of any noun.
fn named(gate: &Gate, ctx: &Ctx) -> Vec<Uuid> {
    let request = ctx.request();
    let Ok(message) = payload::message(&request.message.0) else { return Vec::new() };
    let descriptor = gate.messages.get_message_by_name(request.access.input);
    let decoded = descriptor.and_then(|descriptor| DynamicMessage::decode(descriptor, message).ok());
    let mut found = HashSet::new();
    if let Some(decoded) = decoded {
        collect(&Value::Message(decoded), DEPTH, &mut found);
    }
    found.into_iter().collect()
}

fn collect(value: &Value, depth: usize, found: &mut HashSet<Uuid>) {
    if depth == 0 || found.len() >= MOST {
        return;
    }
    match value {
        Value::String(text) => found.extend(id(text)),
        Value::List(items) => items.iter().for_each(|item| collect(item, depth, found)),
        Value::Map(entries) => entries.iter().for_each(|(key, item)| {
            if let MapKey::String(text) = key {
                found.extend(id(text));
            }
            collect(item, depth, found);
        }),
        Value::Message(message) => message.fields().for_each(|(_, item)| collect(item, depth - 1, found)),
        _ => {}
    }
}

fn id(text: &str) -> Option<Uuid> {
    let (prefix, _) = text.split_at_checked(4)?;
    ids::parse(prefix, text).filter(|id| prefix.ends_with('_') && !id.is_nil())
}

#[derive(FromQueryResult)]
struct Place {
    org_id: Uuid,
    id: Uuid,
}

/// Whether another company has a record of one of these ids, and `org` has none: people may belong to both. Every company is asked,
/// wherever the id is found, and each by the index that it leads: joined, the databases may read the whole table instead.
async fn belong_elsewhere(database: &Database, org: Uuid, named: Vec<Uuid>) -> Result<bool> {
    let one = "SELECT org_id, (SELECT c.id FROM changes c WHERE c.org_id = orgs.org_id AND c.id = ? LIMIT 1) AS id FROM orgs \
               WHERE org_id IS NOT NULL";
    let each = vec![one; named.len()].join(" UNION ALL ");
    let sql = format!("{} SELECT org_id, id FROM ({each}) AS found WHERE id IS NOT NULL", orgs_of("changes"));
    let values = named.into_iter().map(Into::into).collect();
    let found: Vec<Place> = database.system_read().await?.query(&sql, values).await?;
    Ok(found.iter().any(|place| place.org_id != org && !found.iter().any(|own| own.org_id == org && own.id == place.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_known_by_their_look() {
        let one = Uuid::from_u128(7);
        assert_eq!(id(&ids::format(ids::prefix::CUSTOMER, one)), Some(one));
        for text in ["", "cus", "cus_", "cus_7", "ü", &format!("cust{}", one.simple()), &ids::format("cus_", Uuid::nil())] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn a_message_is_looked_through_and_no_further_than_needed() {
        let text = |n: u128| Value::String(ids::format(ids::prefix::LEAD, Uuid::from_u128(n)));
        let mut found = HashSet::new();
        collect(&Value::List(vec![text(1), Value::String("plain".into()), text(2)]), 1, &mut found);
        assert_eq!(found, HashSet::from([1, 2].map(Uuid::from_u128)));
        collect(&Value::List((1..1_000).map(text).collect()), 1, &mut found);
        assert_eq!(found.len(), MOST);
    }
}
