//! Ids of other companies: the same answer as for ids that nobody has, and a word in the audit of whoever asks.

use std::collections::HashMap;

use prost::Message as _;
use streamflow_kernel::{db::Backend, rate_limit};
use streamflow_proto::client::v1 as pb;
use streamflow_tests::{
    on_both,
    person::Person,
    raw,
    world::{Setup, World},
};
use tonic::Code;

use crate::client::customer;

const NOBODYS: &str = "cus_01990000000070008000000000000007";

async fn ask(world: &World, by: &Person, id: &str) -> (Code, Vec<u8>) {
    let message = pb::GetCustomerRequest { customer_id: id.into() }.encode_to_vec();
    raw::call(&world.channel, "client", Some(&by.token), "/streamflow.client.v1.CustomerService/GetCustomer", message).await
}

/// Records that say so: those of this person, and all.
async fn told(world: &World, by: &Person) -> (i64, i64) {
    let user = streamflow_kernel::ids::parse("usr_", &by.user_id).unwrap();
    let org = streamflow_kernel::ids::parse("org_", &by.org_id).unwrap();
    let count = "SELECT COUNT(*) AS n FROM audit WHERE category = 'cross_tenant'";
    let read = world.kernel.database.system_read().await.unwrap();
    let own: Vec<Count> =
        read.query(&format!("{count} AND actor_id = ? AND org_id = ?"), vec![user.into(), org.into()]).await.unwrap();
    let all: Vec<Count> = read.query(count, vec![]).await.unwrap();
    (own[0].n, all[0].n)
}

#[derive(sea_orm::FromQueryResult)]
struct Count {
    n: i64,
}

on_both! {
    async fn an_id_of_another_company_is_noted_and_answered_like_nobodys(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let theirs = customer::create(&owner, customer::named("Theirs")).await.unwrap();
        let nobodys = ask(&world, &stranger, NOBODYS).await;
        assert_eq!((nobodys.0, told(&world, &stranger).await), (Code::NotFound, (0, 0)));
        assert_eq!(ask(&world, &stranger, &theirs.id).await, nobodys);
        assert_eq!(told(&world, &stranger).await, (1, 1));
        // Texts that are no ids, and ids of the wrong noun that nobody has.
        for text in ["", "cus_7", &theirs.id.to_uppercase(), &theirs.id[4..]] {
            ask(&world, &stranger, text).await;
        }
        assert_eq!(told(&world, &stranger).await, (1, 1));
        // Also where the id stands in a field of something else.
        let hand_over = pb::Customer { assignee_id: owner.user_id.clone(), ..customer::named("Bait") };
        assert_eq!(customer::create(&stranger, hand_over).await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(told(&world, &stranger).await, (2, 2));
        // The other company has no record of it.
        assert_eq!(told(&world, &owner).await.0, 0);
    }

    async fn what_the_own_company_hides_is_no_trespass(world) {
        let owner = world.company("Harrow & Pike").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let hidden = customer::create(&owner, customer::named("Hidden")).await.unwrap();
        assert_eq!(ask(&world, &employee, &hidden.id).await.0, Code::NotFound);
        assert_eq!(told(&world, &employee).await, (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_causes_so_many_questions_a_minute() {
    let setup = Setup { limits: HashMap::from([(rate_limit::FOREIGN_IDS.to_owned(), 2)]), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let owner = world.company("Harrow & Pike").await;
    let stranger = world.company("Other Ltd").await;
    let theirs = customer::create(&owner, customer::named("Theirs")).await.unwrap();
    for _ in 0..5 {
        assert_eq!(ask(&world, &stranger, &theirs.id).await.0, Code::NotFound);
    }
    assert_eq!(told(&world, &stranger).await.0, 2);
    world.pass(chrono::TimeDelta::minutes(1));
    ask(&world, &stranger, &theirs.id).await;
    assert_eq!(told(&world, &stranger).await.0, 3);
}
