//! Whoever leaves a company leaves no session in it, whatever is made of it meanwhile.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, FromQueryResult, Statement};
use streamflow_kernel::{db::SystemDb, ids, session::Token};
use streamflow_proto::client::v1 as pb;
use streamflow_tests::{postgres::superuser, sql, world::World};
use uuid::Uuid;

use super::teams;

/// Somebody's sessions in one company, as other transactions begin and replace them.
struct Sessions<'a> {
    world: &'a World,
    user_id: Uuid,
    org_id: Uuid,
}

impl Sessions<'_> {
    async fn begin(&self, db: &SystemDb) -> Uuid {
        let insert = "INSERT INTO sessions (id, token_hash, user_id, org_id, level, created_at, last_seen_at, expires_at, ip, user_agent) \
                      VALUES (?, ?, ?, ?, 'full', ?, ?, ?, '127.0.0.1', 'test')";
        let (id, now) = (self.world.kernel.ids.uuid(), self.world.now());
        let (hash, ends) = (Token::new(self.world.kernel.ids.token()).hash(), now + TimeDelta::hours(8));
        let values = vec![id.into(), hash.into(), self.user_id.into(), self.org_id.into(), now.into(), now.into(), ends.into()];
        db.execute(insert, values).await.unwrap();
        id
    }

    async fn replace(&self, db: &SystemDb, id: Uuid) -> Uuid {
        let end = "UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
        assert_eq!(db.execute(end, vec![self.world.now().into(), id.into()]).await.unwrap(), 1);
        self.begin(db).await
    }

    async fn live(&self) -> i64 {
        let count = "SELECT COUNT(*) AS live FROM sessions WHERE user_id = ? AND org_id = ? AND revoked_at IS NULL";
        let row = sql::row(&self.world.kernel.database, count, vec![self.user_id.into(), self.org_id.into()]).await;
        row.try_get("", "live").unwrap()
    }
}

/// Waits until somebody waits for what a transaction holds.
async fn is_waited_for(admin: &DatabaseConnection, holder: &SystemDb) {
    #[derive(FromQueryResult)]
    struct Backend {
        pid: i32,
    }
    let found: Vec<Backend> = holder.query("SELECT pg_backend_pid() AS pid", vec![]).await.unwrap();
    let waiting = format!("SELECT pid FROM pg_stat_activity WHERE {} = ANY(pg_blocking_pids(pid))", found[0].pid);
    let waiting = Statement::from_string(admin.get_database_backend(), waiting);
    for _ in 0..2_000 {
        if admin.query_one_raw(waiting.clone()).await.unwrap().is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// On PostgreSQL alone: SQLite has one writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_replaced_again_and_again_ends_with_the_others() {
    let world = World::postgres().await;
    let owner = world.company("Harrow & Pike").await;
    let staff = owner.hire(&world, pb::Role::Staff, "").await;
    let admin = superuser(world.superuser_url.as_ref().unwrap()).await;
    let user_id = ids::parse("usr_", &staff.user_id).unwrap();
    let org_id = ids::parse("org_", &owner.org_id).unwrap();
    let sessions = Sessions { world: &world, user_id, org_id };
    let database = &world.kernel.database;
    let system = async || database.system().await.unwrap();
    let db = system().await;
    let (first, other) = (sessions.begin(&db).await, sessions.begin(&db).await);
    db.commit().await.unwrap();

    let (replacing, holding) = (system().await, system().await);
    let second = sessions.replace(&replacing, first).await;
    holding.execute("UPDATE sessions SET ip = ip WHERE id = ?", vec![other.into()]).await.unwrap();
    let removed = {
        let (mut service, ask) = (teams(&world), owner.ask(pb::RemoveMemberRequest { user_id: staff.user_id.clone() }));
        tokio::spawn(async move { service.remove_member(ask).await })
    };
    tokio::select! {
        () = is_waited_for(&admin, &replacing) => {}
        () = is_waited_for(&admin, &holding) => {}
    }
    replacing.commit().await.unwrap();
    let again = system().await;
    sessions.replace(&again, second).await;
    holding.commit().await.unwrap();
    is_waited_for(&admin, &again).await;
    again.commit().await.unwrap();
    removed.await.unwrap().unwrap();
    assert_eq!(sessions.live().await, 0);
}
