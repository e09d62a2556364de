//! What PostgreSQL says of a statement: the plan it makes without knowing the values, under the row policies of an owner.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait as _};
use serde_json::Value;
use streamflow_migrations::System;
use streamflow_tests::{
    spy::{self, Heard},
    world::World,
};

use crate::{Costs, fill, run::Facts};

pub async fn explain(world: &World, facts: &Facts, heard: &Heard) -> Result<(Costs, String), DbErr> {
    let tx = world.kernel.database.pool().begin().await?;
    enter(&tx, facts, heard.is_system).await?;
    let (sql, values) = prepared(&heard.sql);
    tx.execute_unprepared(&format!("PREPARE heard AS {sql}")).await?;
    let execute = if values == 0 { "heard".to_owned() } else { format!("heard({})", vec!["NULL"; values].join(", ")) };
    tx.execute_unprepared("SAVEPOINT prepared").await?;
    let explained = tx.query_one_raw(text(&format!("EXPLAIN (FORMAT JSON) EXECUTE {execute}"))).await;
    tx.execute_unprepared("ROLLBACK TO prepared; DEALLOCATE heard").await?;
    let plan: Value = explained?.ok_or_else(|| DbErr::Custom("no plan".to_owned()))?.try_get_by_index(0)?;
    let led = led_by_company(&tx).await?;
    tx.rollback().await?;
    let mut costs = Costs::default();
    let names = spy::tenant_names(&heard.sql);
    let tables: HashSet<&str> = names.iter().map(|(_, table)| *table).collect();
    walk(&plan[0]["Plan"], &tables, &led, &mut costs);
    Ok((costs, shown(&plan[0]["Plan"], 0)))
}

/// As a request of the company enters its transaction. With a few thousand rows PostgreSQL may well read a table as a whole, or sort,
/// whatever indexes it has. It is told to avoid that, since the question is whether it can.
async fn enter(tx: &DatabaseTransaction, facts: &Facts, is_system: bool) -> Result<(), DbErr> {
    let settings = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off; \
                    SET LOCAL plan_cache_mode = force_generic_plan";
    tx.execute_unprepared(settings).await?;
    if is_system {
        tx.execute_unprepared(&format!("SET LOCAL ROLE \"{}\"", System::Client.system_role())).await?;
    }
    let context = format!(
        "SELECT set_config('app.org_id', '{}', true), set_config('app.user_id', '{}', true), \
         set_config('app.visibility', 'org', true), set_config('app.team_ids', '', true)",
        facts.org, facts.user
    );
    tx.execute_unprepared(&context).await?;
    Ok(())
}

fn text(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, sql)
}

/// The statement with a page's size for its limit, which decides a plan, and how many values it still has.
fn prepared(sql: &str) -> (String, usize) {
    let numbers = sql.split('$').skip(1);
    let numbers = numbers.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    let most = numbers.max().unwrap_or(0);
    let limit = format!("LIMIT ${most}");
    if sql.contains(&limit) && sql.matches(&format!("${most}")).count() == 1 {
        return (sql.replace(&limit, "LIMIT 51"), most - 1);
    }
    (sql.to_owned(), most)
}

/// Indexes whose first column is the company.
async fn led_by_company(tx: &DatabaseTransaction) -> Result<HashSet<String>, DbErr> {
    let sql = "SELECT c.relname::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE a.attname = 'org_id'";
    let rows = tx.query_all_raw(text(sql)).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

fn walk(node: &Value, tables: &HashSet<&str>, led: &HashSet<String>, costs: &mut Costs) {
    // Told to avoid it, PostgreSQL goes past all indexes only where a table has none that serves, however few rows there are. Which index
    // it takes, and how, says something of tables that are large alone.
    let is_tenants = node["Relation Name"].as_str().is_some_and(|table| tables.contains(table));
    let is_large = node["Relation Name"].as_str().is_some_and(|table| fill::TABLES.contains(&table));
    let by_company = || {
        node["Index Name"].as_str().is_some_and(|index| led.contains(index))
            && node["Index Cond"].as_str().is_some_and(|condition| condition.contains("org_id"))
    };
    let name = || node["Relation Name"].as_str().or(node["Index Name"].as_str()).unwrap_or_default().to_owned();
    match node["Node Type"].as_str().unwrap_or_default() {
        "Seq Scan" if is_tenants => costs.whole.push(name()),
        "Index Scan" | "Index Only Scan" if is_large && node["Index Cond"].is_null() => costs.whole.push(name()),
        "Index Scan" | "Index Only Scan" if is_large && !by_company() => costs.astray.push(name()),
        "Bitmap Index Scan" if is_filled(&name()) && !by_company() => costs.astray.push(name()),
        "Sort" | "Incremental Sort" => costs.sorts = true,
        _ => {}
    }
    for inner in node["Plans"].as_array().into_iter().flatten() {
        walk(inner, tables, led, costs);
    }
}

/// Whether an index is of a table that was filled; indexes are named after their tables.
fn is_filled(index: &str) -> bool {
    fill::TABLES.iter().any(|table| index.strip_prefix(table).is_some_and(|rest| rest.starts_with('_')))
}

fn shown(node: &Value, depth: usize) -> String {
    let keys = ["Node Type", "Relation Name", "Index Name", "Index Cond", "Filter", "Sort Key", "Presorted Key"];
    let parts: Vec<String> = keys.iter().map(|key| &node[*key]).filter(|part| !part.is_null()).map(Value::to_string).collect();
    let mut lines = format!("{}{}", "  ".repeat(depth), parts.join(" "));
    for inner in node["Plans"].as_array().into_iter().flatten() {
        lines.push('\n');
        lines.push_str(&shown(inner, depth + 1));
    }
    lines
}
