//! What the rows of a file find among the leads there are, and what they name of the company, for many rows at once.

use std::collections::HashMap;

use sea_orm::{ColumnTrait as _, FromQueryResult};
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::Result,
};
use uuid::Uuid;

use crate::{
    import::{
        domain::{
            Key,
            check::ImportedRow,
            decide::{Fate, Found},
            lead::names::{Names, Person},
        },
        file::{Item, Setup},
        lookup::held,
    },
    lead::{
        domain::NewLead,
        stage,
        store::{Column, Entity, Model},
    },
    org,
    record::row::finder,
};

/// Leads that the rows at hand may mean, and what there is to name.
pub struct Known {
    /// By key, as rows write it.
    leads: HashMap<String, Vec<Lead>>,
    names: Names,
}

struct Lead {
    row: Model,
    values: NewLead,
}

impl Known {
    /// Looks up what `items` may mean. `tx` has the whole company in view; `scope` is what the importing person sees. With `hold`
    /// nobody else writes what was found, or puts a stage away, until the transaction ends.
    pub async fn look_up(tx: &TenantDb, scope: &Scope, setup: &Setup, items: &[Item], hold: bool) -> Result<Self> {
        // Stages first, as whoever makes a single lead takes them.
        let names = names(tx, hold).await?;
        let keys = items.iter().filter_map(|item| item.meant.as_ref()?.key.as_deref()).collect();
        let leads = leads(tx, scope, setup.key, keys, hold).await?;
        Ok(Self { leads, names })
    }

    /// Decides one row, with the lead it finds; preview and run both ask here.
    pub fn decide(&self, setup: &Setup, row: &ImportedRow) -> (Fate<NewLead>, Option<&Model>) {
        let matches = row.key.as_ref().and_then(|key| self.leads.get(key)).map_or(&[][..], Vec::as_slice);
        let (found, lead) = match matches {
            [] => (Found::Nothing, None),
            [one] => (Found::One(&one.values), Some(&one.row)),
            _ => (Found::Several, None),
        };
        let settled = lead.is_some_and(|lead| lead.customer_id.is_some());
        (setup.rules().decide_lead(row, self.names.resolve(&row.lead), found, settled), lead)
    }

    /// Where a new lead begins.
    pub fn first_stage(&self) -> Option<Uuid> {
        self.names.stages.first().map(|(id, _)| *id)
    }

    pub fn currency_code(&self) -> &str {
        &self.names.currency_code
    }
}

#[derive(FromQueryResult)]
struct Colleague {
    id: Uuid,
    email: String,
    display_name: String,
}

#[derive(FromQueryResult)]
struct Team {
    id: Uuid,
    name: String,
}

async fn names(tx: &TenantDb, hold: bool) -> Result<Names> {
    let stages = if hold { stage::held(tx).await? } else { stage::stages(tx).await? };
    let sql = "SELECT u.id, u.email, u.display_name FROM memberships m JOIN users u ON u.id = m.user_id \
               WHERE m.org_id = {org} AND m.disabled_at IS NULL";
    let people: Vec<Colleague> = tx.query(sql, Vec::new()).await?;
    let teams: Vec<Team> = tx.query("SELECT id, name FROM teams WHERE org_id = {org}", Vec::new()).await?;
    let person = |Colleague { id, email, display_name }| Person { id, email, display_name };
    Ok(Names {
        stages: stages.into_iter().map(|stage| (stage.id, stage.name)).collect(),
        people: people.into_iter().map(person).collect(),
        teams: teams.into_iter().map(|team| (team.id, team.name)).collect(),
        currency_code: org::store::org(tx).await?.currency_code,
    })
}

async fn leads(
    tx: &TenantDb,
    scope: &Scope,
    key: Option<Key>,
    keys: Vec<&str>,
    hold: bool,
) -> Result<HashMap<String, Vec<Lead>>> {
    let Some(key) = key.filter(|_| !keys.is_empty()) else {
        return Ok(HashMap::new());
    };
    let finder = finder::<Entity>(tx, scope);
    let finder = if key == Key::Number {
        let numbers: Vec<i64> = keys.into_iter().filter_map(|key| key.parse().ok()).collect();
        finder.filter(Column::Number.is_in(numbers))
    } else {
        // Only the number is one lead's: of several with an address, one put away or already a customer is not meant.
        finder.filter(Column::Email.is_in(keys)).filter(Column::ArchivedAt.is_null()).filter(Column::CustomerId.is_null())
    };
    let mut found: HashMap<String, Vec<Lead>> = HashMap::new();
    for row in tx.all(held(finder, hold)).await? {
        let own = if key == Key::Number { row.number.to_string() } else { row.email.clone() };
        found.entry(own).or_default().push(Lead { values: row.values(), row });
    }
    Ok(found)
}
