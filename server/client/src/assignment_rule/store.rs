//! Rows of rules and of their people. There are few in a company, so they are read all at once.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, FromQueryResult, IntoActiveModel as _, QueryOrder as _, Value, entity::prelude::*};
use streamflow_kernel::{
    db::{Scoped, TenantDb, TenantEntity},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
};
use streamflow_proto::{client::v1 as pb, common::v1::Money};

use super::domain::Rule;
use crate::{custom_field::value::Values, lead::domain::Worth, org, permission};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub name: String,
    pub enabled: bool,
    pub position: i32,
    /// JSON array of texts.
    pub sources: String,
    pub name_contains: String,
    pub company_contains: String,
    pub value_from_minor: Option<i64>,
    pub currency_code: String,
    /// JSON object of texts.
    pub custom: String,
    pub team_id: Option<Uuid>,
    /// Who got the last lead.
    pub last_user_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// A rule with its people.
#[derive(Clone, Debug)]
pub struct Stored {
    pub row: Model,
    pub user_ids: Vec<Uuid>,
}

/// All rules, in order.
pub async fn rules(tx: &TenantDb) -> Result<Vec<Stored>> {
    let rows = tx.all(in_order(tx)).await?;
    with_people(tx, rows).await
}

/// All rules, held until the transaction ends: nobody else changes them, and no lead is assigned by one of them.
pub async fn locked(tx: &TenantDb) -> Result<Vec<Stored>> {
    org::store::hold(tx).await?;
    let rows = tx.all(in_order(tx).map(sea_orm::QuerySelect::lock_exclusive)).await?;
    with_people(tx, rows).await
}

/// The rules that are asked, in order, without their people.
pub async fn enabled(tx: &TenantDb) -> Result<Vec<Model>> {
    tx.all(in_order(tx).filter(Column::Enabled.eq(true))).await
}

/// Holds the rules that are asked. Whoever inserts several leads in a transaction does so before the first: one lead's number would keep
/// others waiting who hold the rule that the next lead needs.
pub async fn hold_enabled(tx: &TenantDb) -> Result<()> {
    tx.all(in_order(tx).filter(Column::Enabled.eq(true)).map(sea_orm::QuerySelect::lock_exclusive)).await?;
    Ok(())
}

/// A rule as it is now, held until the transaction ends, so that turns are taken one after the other.
pub async fn held(tx: &TenantDb, id: Uuid) -> Result<Option<Model>> {
    tx.one(tx.find::<Entity>().filter(Column::Id.eq(id)).map(sea_orm::QuerySelect::lock_exclusive)).await
}

fn in_order(tx: &TenantDb) -> Scoped<Entity> {
    tx.find::<Entity>().map(|select| select.order_by_asc(Column::Position).order_by_asc(Column::Id))
}

async fn with_people(tx: &TenantDb, rows: Vec<Model>) -> Result<Vec<Stored>> {
    #[derive(FromQueryResult)]
    struct Row {
        rule_id: Uuid,
        user_id: Uuid,
    }
    let sql = "SELECT rule_id, user_id FROM assignment_rule_members WHERE org_id = {org} ORDER BY user_id";
    let people: Vec<Row> = tx.query(sql, Vec::new()).await?;
    let mut of_rule: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for person in people {
        of_rule.entry(person.rule_id).or_default().push(person.user_id);
    }
    Ok(rows.into_iter().map(|row| Stored { user_ids: of_rule.remove(&row.id).unwrap_or_default(), row }).collect())
}

#[derive(FromQueryResult)]
struct Member {
    user_id: Uuid,
    role: String,
}

/// Those of `members` whose role includes working on leads.
fn who_work(members: Vec<Member>) -> Vec<Uuid> {
    members.into_iter().filter(|member| permission::may(&member.role, "lead.write")).map(|member| member.user_id).collect()
}

const WORKERS: &str = "SELECT m.user_id, m.role FROM memberships m \
    WHERE m.org_id = {org} AND m.disabled_at IS NULL AND NOT m.read_only";

/// Everyone who can work on leads.
pub async fn workers(tx: &TenantDb) -> Result<Vec<Uuid>> {
    Ok(who_work(tx.query(WORKERS, Vec::new()).await?))
}

/// Those of a rule, and of its team, who can work on leads.
pub async fn workers_of(tx: &TenantDb, rule: &Model) -> Result<Vec<Uuid>> {
    let sql = format!(
        "{WORKERS} AND (EXISTS (SELECT 1 FROM assignment_rule_members r \
         WHERE r.org_id = m.org_id AND r.rule_id = ? AND r.user_id = m.user_id) \
         OR EXISTS (SELECT 1 FROM team_members t WHERE t.org_id = m.org_id AND t.team_id = ? AND t.user_id = m.user_id))"
    );
    Ok(who_work(tx.query(&sql, vec![rule.id.into(), rule.team_id.into()]).await?))
}

/// Whether somebody still can, and nobody takes that from them before the transaction ends.
pub async fn holds_worker(tx: &TenantDb, user_id: Uuid) -> Result<bool> {
    let lock = if tx.backend() == streamflow_kernel::db::Backend::Postgres { " FOR SHARE" } else { "" };
    let found = tx.query(&format!("{WORKERS} AND m.user_id = ?{lock}"), vec![user_id.into()]).await?;
    Ok(!who_work(found).is_empty())
}

/// Notes whose turn it was.
pub async fn set_last(tx: &TenantDb, id: Uuid, user_id: Uuid) -> Result<()> {
    let sql = "UPDATE assignment_rules SET last_user_id = ? WHERE org_id = {org} AND id = ?";
    tx.execute(sql, vec![user_id.into(), id.into()]).await?;
    Ok(())
}

pub async fn insert_rule(tx: &TenantDb, id: Uuid, rule: Rule, position: i32, now: DateTimeUtc) -> Result<Stored> {
    let mut row = ActiveModel {
        id: Set(id),
        version: Set(1),
        position: Set(position),
        last_user_id: Set(None),
        created_at: Set(now),
        ..Default::default()
    };
    let user_ids = put(&mut row, rule)?;
    let row = tx.insert(row).await?;
    insert_people(tx, id, &user_ids).await?;
    row.announce(tx, Op::Created, "name");
    Ok(Stored { row, user_ids })
}

pub async fn update_rule(tx: &TenantDb, before: Stored, rule: Rule) -> Result<Stored> {
    let (id, version) = (before.row.id, before.row.version);
    let mut row = before.row.into_active_model();
    let user_ids = put(&mut row, rule)?;
    row.version = Set(version + 1);
    let row = tx.update(row).await?;
    tx.execute("DELETE FROM assignment_rule_members WHERE org_id = {org} AND rule_id = ?", vec![id.into()]).await?;
    insert_people(tx, id, &user_ids).await?;
    row.announce(tx, Op::Updated, "name");
    Ok(Stored { row, user_ids })
}

pub async fn place_rule(tx: &TenantDb, before: Model, position: i32) -> Result<()> {
    if before.position == position {
        return Ok(());
    }
    let version = before.version + 1;
    let mut row = before.into_active_model();
    row.position = Set(position);
    row.version = Set(version);
    tx.update(row).await?.announce(tx, Op::Updated, "position");
    Ok(())
}

pub async fn delete_rule(tx: &TenantDb, rule: &Model) -> Result<()> {
    tx.delete_many::<Entity>(|delete| delete.filter(Column::Id.eq(rule.id))).await?;
    rule.announce(tx, Op::Deleted, "name");
    Ok(())
}

/// Takes a team that is about to go out of all rules. Before the team itself: leads take the two in this order.
pub async fn release_team(tx: &TenantDb, team_id: Uuid) -> Result<()> {
    let rows = tx.all(in_order(tx).filter(Column::TeamId.eq(team_id)).map(sea_orm::QuerySelect::lock_exclusive)).await?;
    for before in rows {
        let version = before.version + 1;
        let mut row = before.into_active_model();
        row.team_id = Set(None);
        row.version = Set(version);
        tx.update(row).await?.announce(tx, Op::Updated, "team_id");
    }
    Ok(())
}

async fn insert_people(tx: &TenantDb, rule_id: Uuid, user_ids: &[Uuid]) -> Result<()> {
    if user_ids.is_empty() {
        return Ok(());
    }
    let rows = vec!["({org}, ?, ?)"; user_ids.len()].join(", ");
    let values: Vec<Value> = user_ids.iter().flat_map(|id| [rule_id.into(), (*id).into()]).collect();
    tx.execute(&format!("INSERT INTO assignment_rule_members (org_id, rule_id, user_id) VALUES {rows}"), values).await?;
    Ok(())
}

/// Puts what people wrote into its columns; the people themselves have rows of their own.
fn put(row: &mut ActiveModel, rule: Rule) -> Result<Vec<Uuid>> {
    row.name = Set(rule.name);
    row.enabled = Set(rule.enabled);
    row.sources = Set(serde_json::to_string(&rule.sources).map_err(Error::internal)?);
    row.name_contains = Set(rule.name_contains);
    row.company_contains = Set(rule.company_contains);
    row.value_from_minor = Set(rule.value_from.as_ref().map(|worth| worth.minor_units));
    row.currency_code = Set(rule.value_from.map(|worth| worth.currency_code).unwrap_or_default());
    row.custom = Set(rule.custom.into_json().to_string());
    row.team_id = Set(rule.team_id);
    Ok(rule.user_ids)
}

impl Model {
    fn announce(&self, tx: &TenantDb, op: Op, field: &str) {
        let (id, version, fields) = (self.id, self.version, vec![field.to_owned()]);
        tx.record(Change { entity: "assignment_rule", id, version, op, fields, audience: Audience::EVERYONE });
    }

    fn worth(&self) -> Option<Worth> {
        self.value_from_minor.map(|minor_units| Worth { minor_units, currency_code: self.currency_code.clone() })
    }

    fn custom(&self) -> Values {
        Values::from_json(&serde_json::from_str(&self.custom).unwrap_or_default())
    }

    /// What it asks for. Its people are not part of that.
    pub fn conditions(&self) -> Rule {
        Rule {
            name: self.name.clone(),
            enabled: self.enabled,
            sources: serde_json::from_str(&self.sources).unwrap_or_default(),
            name_contains: self.name_contains.clone(),
            company_contains: self.company_contains.clone(),
            value_from: self.worth(),
            custom: self.custom(),
            user_ids: Vec::new(),
            team_id: self.team_id,
        }
    }
}

impl Stored {
    pub fn into_pb(self) -> pb::AssignmentRule {
        let rule = self.row.conditions();
        let value_from =
            rule.value_from.map(|worth| Money { currency_code: worth.currency_code, minor_units: worth.minor_units });
        pb::AssignmentRule {
            id: ids::format(prefix::RULE, self.row.id),
            version: self.row.version,
            name: rule.name,
            enabled: rule.enabled,
            sources: rule.sources,
            name_contains: rule.name_contains,
            company_contains: rule.company_contains,
            value_from,
            custom: rule.custom.into_map(),
            user_ids: self.user_ids.into_iter().map(|id| ids::format(prefix::USER, id)).collect(),
            team_id: ids::format_option(prefix::TEAM, rule.team_id),
        }
    }
}
