//! A company's key that is destroyed is soon gone from every process, whether or not anybody tells it.

use chrono::TimeDelta;
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::{NO_ORG, Scope},
    feed::Actor,
    ids::{self, prefix},
};
use streamflow_tests::on_both;
use uuid::Uuid;

on_both! {
    async fn another_process_forgets_a_destroyed_key(world) {
        let (owner, twin) = (world.company("Harrow & Pike").await, world.twin().await);
        let org = ids::parse(prefix::ORG, &owner.org_id).unwrap();
        let place = |org| FieldRef { org, table: "test", column: "test", row: Uuid::nil() };
        let sealed = crypto::encrypt(&world.kernel.keys.current(org).await.unwrap(), place(org), b"words");
        let key = twin.kernel.keys.of(org, &sealed).await.unwrap();
        assert_eq!(&**crypto::decrypt(&key, place(org), &sealed).unwrap(), b"words");

        let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.unwrap();
        tx.execute("DELETE FROM data_keys WHERE org_id = {org}", vec![]).await.unwrap();
        tx.commit_changes(&Actor { id: None, name: String::new(), at: world.now() }).await.unwrap();
        assert!(twin.kernel.keys.of(org, &sealed).await.is_ok(), "it was read a moment ago");
        world.pass(TimeDelta::seconds(59));
        assert!(twin.kernel.keys.of(org, &sealed).await.is_ok(), "using it does not make it stay");
        world.pass(TimeDelta::seconds(1));
        assert!(twin.kernel.keys.of(org, &sealed).await.is_err() && twin.kernel.keys.current(org).await.is_err());

        // The system's own is never destroyed, and stays.
        let own = crypto::encrypt(&world.kernel.keys.current(NO_ORG).await.unwrap(), place(NO_ORG), b"words");
        assert!(twin.kernel.keys.of(NO_ORG, &own).await.is_ok());
        world.pass(TimeDelta::days(1));
        assert!(twin.kernel.keys.of(NO_ORG, &own).await.is_ok());
    }
}
