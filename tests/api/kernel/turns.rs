//! One company does not take the database from the others.

use std::time::Duration;

use streamflow_kernel::{db::Scope, ids};
use streamflow_tests::{on_both, person::Person};
use tokio::time::timeout;

fn whole(person: &Person) -> Scope {
    Scope::whole(ids::parse(ids::prefix::ORG, &person.org_id).unwrap())
}

on_both! {
    async fn a_company_leaves_connections_to_others(world) {
        let (greedy, other) = (world.company("Harrow & Pike").await, world.company("Northwind").await);
        let database = &world.kernel.database;
        let mut held = Vec::new();
        while let Ok(read) = timeout(Duration::from_secs(2), database.tenant_read(whole(&greedy))).await {
            held.push(read.unwrap());
        }
        assert!((2..4).contains(&held.len()), "{} transactions at once", held.len());
        timeout(Duration::from_secs(20), database.tenant_read(whole(&other))).await.expect("a connection is left").unwrap();
        drop(held);
        timeout(Duration::from_secs(20), database.tenant_read(whole(&greedy))).await.expect("its turn again").unwrap();
    }
}
