//! How the databases find what the server asks for: every statement of a run through the API is explained, on SQLite and on
//! PostgreSQL. A person's statement reaches companies' tables through indexes led by the company and nothing else, and nothing is
//! sorted but what [`allowed`] lists with its reason.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

mod allowed;
mod fill;
mod lists;
mod postgres;
mod run;
mod sqlite;

use std::collections::HashSet;

use streamflow_kernel::db::Backend;
use streamflow_tests::{
    spy::{self, Heard},
    world::World,
};
use tracing::Instrument as _;

use allowed::Exception;

/// What a plan does that costs.
#[derive(Debug, Default)]
struct Costs {
    /// Tables that are read past every index that the company leads.
    astray: Vec<String>,
    /// Tables that are read as a whole.
    whole: Vec<String>,
    sorts: bool,
}

/// Statements that can be explained: those of this database on companies' tables. A plain INSERT reads nothing.
fn explainable(backend: Backend) -> Vec<Heard> {
    let is_ours = |heard: &Heard| match backend {
        Backend::Postgres => heard.sql.contains("$1"),
        Backend::Sqlite => heard.sql.contains('?'),
    };
    let reads = |heard: &Heard| !heard.sql.starts_with("INSERT") || heard.sql.contains("SELECT");
    let heard = spy::remembered().into_iter().filter(|heard| is_ours(heard) && reads(heard));
    heard.filter(|heard| !spy::tenant_names(&heard.sql).is_empty()).collect()
}

/// What is wrong with the plans, and exceptions that nothing needs.
fn verdict(backend: Backend, plans: Vec<(Heard, Costs, String)>) -> Vec<String> {
    let mut used = HashSet::new();
    let mut wrong = Vec::new();
    let mut judge = |heard: &Heard, what: &str, list: &'static [Exception], plan: &str| {
        let listed = list.iter().position(|exception| exception.is_of(backend, &heard.sql));
        match listed {
            Some(place) => _ = used.insert((what.to_owned(), place)),
            None => wrong.push(format!("{what}: {}\n{plan}", heard.sql)),
        }
    };
    for (heard, costs, plan) in &plans {
        if !heard.is_system && !costs.astray.is_empty() {
            judge(heard, "past the company", allowed::ASTRAY, plan);
        }
        if !costs.whole.is_empty() {
            judge(heard, "a whole table", allowed::WHOLE, plan);
        }
        if !heard.is_system && costs.sorts {
            judge(heard, "sorted", allowed::SORTED, plan);
        }
    }
    for (what, list) in [("past the company", allowed::ASTRAY), ("a whole table", allowed::WHOLE), ("sorted", allowed::SORTED)] {
        for (place, exception) in list.iter().enumerate().filter(|(_, exception)| exception.on.contains(&backend)) {
            if !used.contains(&(what.to_owned(), place)) {
                wrong.push(format!("listed as {what}, and nothing is: {exception:?}"));
            }
        }
    }
    wrong
}

async fn judged(world: World) {
    spy::remember();
    let facts = run::prepare(&world).await;
    fill::fill(&world).instrument(spy::behind_the_walls()).await;
    run::everything(&world, &facts).await;
    let heard = explainable(world.backend);
    assert!(heard.len() > 100, "only {} statements", heard.len());
    let (mut plans, mut wrong) = (Vec::new(), Vec::new());
    for heard in heard {
        let explained = match world.backend {
            Backend::Postgres => postgres::explain(&world, &facts, &heard).instrument(spy::behind_the_walls()).await,
            Backend::Sqlite => sqlite::explain(&world, &heard).instrument(spy::behind_the_walls()).await,
        };
        match explained {
            Ok((costs, plan)) => plans.push((heard, costs, plan)),
            Err(error) => wrong.push(format!("not explained: {}\n{error}", heard.sql)),
        }
    }
    println!("{} statements explained on {:?}", plans.len(), world.backend);
    wrong.extend(verdict(world.backend, plans));
    assert!(wrong.is_empty(), "{} findings:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_goes_by_the_company_on_sqlite() {
    judged(World::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_goes_by_the_company_on_postgres() {
    judged(World::postgres().await).await;
}
