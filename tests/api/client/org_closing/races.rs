//! Whoever comes in at the moment in which a company is closed for good, and steps that are looked at before their time.

use streamflow_client::{
    invitation::store::{self as invitations, Invitation, Joined, Offer},
    org_closing::{erase, store as closings},
    support_session::{
        domain::{Ask, State},
        store as supports,
    },
};
use streamflow_kernel::{db::SystemDb, session::Token};
use streamflow_proto::federation::v1::RequestSupportRequest;

use super::*;

#[derive(sea_orm::FromQueryResult)]
struct Count {
    n: i64,
}

/// A company that is about to be closed, and a stranger who has a link to it.
struct Place {
    org: Uuid,
    tenant_id: String,
    stranger: Uuid,
    offer: Offer,
}

async fn place(world: &World) -> Place {
    let (owner, stranger) = (world.company("Harrow & Pike").await, world.company("Elsewhere").await);
    let (org, token) = (org_of(&owner), Token::new([7; 32]));
    let invitation = Invitation {
        id: Uuid::now_v7(),
        email: stranger.email.clone(),
        role: "STAFF".into(),
        team_id: None,
        inviter_name: String::new(),
        created_at: world.now(),
        expires_at: world.now() + TimeDelta::days(1),
    };
    let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.unwrap();
    let by = ids::parse(prefix::USER, &owner.user_id).unwrap();
    invitations::insert_invitation(&tx, &invitation, by, token.hash()).await.unwrap();
    tx.commit_changes(&streamflow_kernel::feed::Actor { id: None, name: String::new(), at: world.now() }).await.unwrap();
    let db = world.kernel.database.system().await.unwrap();
    assert!(closings::insert_closing(&db, org, by, world.now(), world.now()).await.unwrap());
    db.commit().await.unwrap();
    let db = world.kernel.database.system_read().await.unwrap();
    let offer = invitations::offer(&db, token.hash()).await.unwrap().unwrap();
    let tenant_id = streamflow_client::tenant::store::tenant_id(&db, org).await.unwrap().unwrap();
    Place { org, tenant_id, stranger: ids::parse(prefix::USER, &stranger.user_id).unwrap(), offer }
}

impl Place {
    async fn join(&self, db: &SystemDb, world: &World) -> Joined {
        invitations::join(db, &self.offer, self.stranger, world.now()).await.unwrap()
    }

    /// Somebody of the support asks, where nobody wants to be asked. False when there is no such company.
    async fn ask(&self, db: &SystemDb, world: &World) -> bool {
        let Some((org, _)) = supports::company(db, &self.tenant_id).await.unwrap() else { return false };
        let ask = Ask::parse(&RequestSupportRequest {
            tenant_id: self.tenant_id.clone(),
            person_id: ids::format(prefix::USER, Uuid::now_v7()),
            person_name: "Sam".into(),
            justification: "Ticket 4711: the import stops half way.".into(),
            minutes: 30,
        });
        let times = [world.now(), world.now() + TimeDelta::hours(1)];
        supports::insert(db, (org, Uuid::now_v7()), "provider", &ask.unwrap(), State::Accepted, times).await.unwrap();
        true
    }

    async fn close(&self, db: &SystemDb, world: &World) {
        assert!(erase::close(db, self.org, world.now()).await.unwrap());
    }

    async fn assert_nobody_is_in(&self, world: &World) {
        let sql = "SELECT COUNT(*) AS n FROM memberships WHERE org_id = ? AND disabled_at IS NULL";
        let db = world.kernel.database.system_read().await.unwrap();
        let members: Vec<Count> = db.query(sql, vec![self.org.into()]).await.unwrap();
        drop(db);
        let others = (rows(world, self.org, "support_sessions").await, rows(world, self.org, "invitations").await);
        assert_eq!((members[0].n, others), (0, (0, 0)));
    }
}

async fn begin(world: &World) -> SystemDb {
    world.kernel.database.system().await.unwrap()
}

on_both! {
    async fn who_comes_in_before_the_closing_is_thrown_out_with_the_others(world) {
        for is_member in [true, false] {
            let place = place(&world).await;
            let first = begin(&world).await;
            if is_member {
                assert_eq!(place.join(&first, &world).await, Joined::Yes);
            } else {
                assert!(place.ask(&first, &world).await);
            }
            let closing = async {
                let db = begin(&world).await;
                place.close(&db, &world).await;
                db.commit().await.unwrap();
            };
            let entering = async {
                world.somebody_waits().await;
                first.commit().await.unwrap();
            };
            tokio::join!(closing, entering);
            place.assert_nobody_is_in(&world).await;
        }
    }

    async fn who_comes_in_after_the_closing_finds_no_company(world) {
        for is_member in [true, false] {
            let place = place(&world).await;
            let first = begin(&world).await;
            place.close(&first, &world).await;
            let entering = async {
                let db = begin(&world).await;
                if is_member {
                    assert_eq!(place.join(&db, &world).await, Joined::Closed);
                } else {
                    assert!(!place.ask(&db, &world).await);
                }
                db.commit().await.unwrap();
            };
            let closing = async {
                world.somebody_waits().await;
                first.commit().await.unwrap();
            };
            tokio::join!(entering, closing);
            place.assert_nobody_is_in(&world).await;
        }
    }

    async fn a_step_that_is_looked_at_before_its_time_is_taken_in_its_time(world) {
        let owner = world.company("Harrow & Pike").await;
        let org = org_of(&owner);
        close(&world, &owner, "Harrow & Pike").await.unwrap();
        let day = TimeDelta::days(1);
        world.pass(GRACE - day);
        // As when the clock is set back after a process has taken the job.
        let early = async |kind: &str| {
            let sql = "UPDATE jobs SET run_at = ? WHERE kind = ? AND state = 'queued'";
            world.kernel.database.system_execute(sql, vec![world.now().into(), kind.into()]).await.unwrap();
            world.kernel.jobs.wake();
            for _ in 0..500 {
                let done = "SELECT COUNT(*) AS n FROM jobs WHERE kind = ? AND state = 'done' AND result LIKE '%once more%'";
                let db = world.kernel.database.system_read().await.unwrap();
                let rows: Vec<Count> = db.query(done, vec![kind.into()]).await.unwrap();
                if rows[0].n == 1 {
                    return;
                }
                drop(db);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("{kind} was not looked at");
        };
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        early("org_close").await;
        assert_eq!(state(&world, org).await, "closing");
        world.pass(day);
        world.kernel.jobs.wake();
        until(&world, org, "deleting").await;
        early("org_erase").await;
        assert_eq!(state(&world, org).await, "deleting");
        world.pass(SETTLE);
        world.kernel.jobs.wake();
        until(&world, org, "deleted").await;
    }
}
