//! What SQLite says of a statement. Values are not bound: its plans don't depend on them.

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};
use streamflow_tests::{
    spy::{self, Heard},
    world::World,
};

use crate::Costs;

pub async fn explain(world: &World, heard: &Heard) -> Result<(Costs, String), DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {}", heard.sql));
    let rows = world.kernel.database.pool().query_all_raw(statement).await?;
    let steps = rows.iter().map(|row| row.try_get::<String>("", "detail")).collect::<Result<Vec<_>, _>>()?;
    let names = spy::tenant_names(&heard.sql);
    let mut costs = Costs::default();
    for step in &steps {
        costs.sorts |= step.starts_with("USE TEMP B-TREE") && step.ends_with("ORDER BY");
        let mut words = step.split(' ');
        let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Some((_, table)) = names.iter().find(|(known, table)| known == name || *table == name) else { continue };
        match verb {
            "SCAN" => costs.whole.push((*table).to_owned()),
            "SEARCH" if step.contains("AUTOMATIC") || !step.contains("(org_id=?") => costs.astray.push((*table).to_owned()),
            _ => {}
        }
    }
    Ok((costs, steps.join("\n")))
}
