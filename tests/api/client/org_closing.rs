//! `OrgClosingService` of the client portal, and what is left of a company afterwards.

mod promised;
mod races;

use std::{path::Path, time::Duration};

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, Statement};
use streamflow_client::org_closing::domain::{ERASED, GRACE, KEYS, SETTLE};
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::{Backend, Scope},
    ids::{self, prefix},
};
use streamflow_proto::client::v1::{
    self as pb, org_closing_service_client::OrgClosingServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, request},
    postgres, spy,
    world::World,
};
use tonic::{Code, Status};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{customer, ids::Company, lead, session::switch};

const CANARY: &str = "Zebrafink";

async fn close(world: &World, owner: &Person, name: &str) -> Result<pb::Closing, Status> {
    world.pass(TimeDelta::seconds(31));
    let ask = pb::CloseOrgRequest { name: name.into(), current_password: PASSWORD.into(), code: owner.code(world) };
    let mut service = OrgClosingServiceClient::new(world.channel.clone());
    Ok(service.close_org(owner.ask(ask)).await?.into_inner().closing.unwrap())
}

async fn closing(person: &Person) -> Option<pb::Closing> {
    let mut service = OrgClosingServiceClient::new(person.channel.clone());
    service.get_closing(person.ask(pb::GetClosingRequest {})).await.unwrap().into_inner().closing
}

async fn cancel(person: &Person) -> Result<(), Status> {
    let mut service = OrgClosingServiceClient::new(person.channel.clone());
    service.cancel_closing(person.ask(pb::CancelClosingRequest {})).await.map(drop)
}

async fn state(world: &World, org: Uuid) -> String {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        state: String,
    }
    let tx = world.kernel.database.tenant_read(Scope::whole(org)).await.unwrap();
    let rows: Vec<Row> = tx.query("SELECT state FROM org_closings WHERE org_id = {org}", vec![]).await.unwrap();
    rows.into_iter().next().map(|row| row.state).unwrap_or_default()
}

async fn rows(world: &World, org: Uuid, table: &str) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        rows: i64,
    }
    let tx = world.kernel.database.tenant_read(Scope::whole(org)).await.unwrap();
    let rows: Vec<Row> = tx.query(&format!("SELECT COUNT(*) AS rows FROM {table} WHERE org_id = {{org}}"), vec![]).await.unwrap();
    rows[0].rows
}

/// Statements past all rules: as PostgreSQL's superuser, or on SQLite's file.
async fn as_god(world: &World, statements: &[&str]) {
    let db = match &world.superuser_url {
        Some(url) => postgres::superuser(url).await,
        None => world.kernel.database.pool(),
    };
    for text in statements {
        db.execute_unprepared(text).instrument(spy::behind_the_walls()).await.unwrap();
    }
}

/// Places where a word is found in the raw database.
async fn found(world: &World, word: &str) -> Vec<String> {
    let Some(url) = &world.superuser_url else {
        let holds =
            |path: &Path| std::fs::read(path).is_ok_and(|bytes| bytes.windows(word.len()).any(|at| at == word.as_bytes()));
        let files = ["client.db", "client.db-wal"].map(|name| world.folder.path().join(name));
        return files.iter().filter(|path| holds(path)).map(|path| path.display().to_string()).collect();
    };
    let db = postgres::superuser(url).await;
    let ask = |text: String| Statement::from_string(sea_orm::DbBackend::Postgres, text);
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'client'::regnamespace AND relkind = 'r'";
    let tables = db.query_all_raw(ask(tables.to_owned())).instrument(spy::behind_the_walls()).await.unwrap();
    let mut places = Vec::new();
    for table in tables {
        let table: String = table.try_get_by_index(0).unwrap();
        let count = ask(format!("SELECT count(*) FROM client.{table} t WHERE t::text LIKE '%{word}%'"));
        let row = db.query_one_raw(count).instrument(spy::behind_the_walls()).await.unwrap().unwrap();
        if row.try_get_by_index::<i64>(0).unwrap() > 0 {
            places.push(table);
        }
    }
    places
}

async fn fill(owner: &Person, word: &str) -> String {
    let mut last = String::new();
    for n in 0..3 {
        let made = customer::create(owner, customer::named(&format!("{word} {n}"))).await.unwrap();
        last.clone_from(&made.id);
        let private = pb::CustomerPrivate { customer_id: made.id, tax_id: format!("{word} tax"), ..Default::default() };
        customer::write_private(owner, private).await.unwrap();
        lead::create(owner, pb::Lead { name: format!("{word} lead {n}"), ..Default::default() }).await.unwrap();
    }
    last
}

async fn until(world: &World, org: Uuid, wanted: &str) {
    for _ in 0..3000 {
        if state(world, org).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the company is not {wanted}, but {}", state(world, org).await);
}

/// Rows of what people have made; background work changes other tables as time goes by.
async fn work_of(world: &World, org: Uuid) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["customers", "customer_privates", "contacts", "leads", "tasks", "timeline", "teams", "memberships", "saved_views", KEYS]
    {
        counts.push(rows(world, org, table).await);
    }
    counts
}

/// A step that fails.
async fn stop_at_leads(world: &World) {
    let stop: &[&str] = match world.backend {
        Backend::Postgres => &[
            "CREATE FUNCTION client.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stop'; END $$",
            "CREATE TRIGGER stop BEFORE DELETE ON client.leads FOR EACH ROW EXECUTE FUNCTION client.stop()",
        ],
        Backend::Sqlite => &["CREATE TRIGGER stop BEFORE DELETE ON leads BEGIN SELECT RAISE(ABORT, 'stop'); END"],
    };
    as_god(world, stop).await;
}

async fn go_on(world: &World) {
    let go: &[&str] = match world.backend {
        Backend::Postgres => &["DROP FUNCTION client.stop() CASCADE"],
        Backend::Sqlite => &["DROP TRIGGER stop"],
    };
    as_god(world, go).await;
}

fn put_file(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, CANARY).unwrap();
}

fn org_of(person: &Person) -> Uuid {
    ids::parse(prefix::ORG, &person.org_id).unwrap()
}

on_both! {
    async fn an_owner_asks_confirms_and_takes_back(world) {
        let (owner, neighbour) = (world.company("Harrow & Pike").await, world.company("Neighbour").await);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        assert!(closing(&staff).await.is_none());
        let ask = pb::CloseOrgRequest { name: "harrow".into(), current_password: "wrong".into(), code: owner.code(&world) };
        let mut service = OrgClosingServiceClient::new(world.channel.clone());
        assert_eq!(fields(&service.close_org(owner.ask(ask)).await.unwrap_err()), ["name", "current_password"]);
        world.pass(TimeDelta::seconds(31));
        let ask = pb::CloseOrgRequest { name: "Harrow & Pike".into(), current_password: PASSWORD.into(), code: "000000".into() };
        assert_eq!(fields(&service.close_org(owner.ask(ask.clone())).await.unwrap_err()), ["code"]);
        assert_eq!(service.close_org(staff.ask(ask)).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(reason(&cancel(&owner).await.unwrap_err()), "NOT_CLOSING");
        let begun = close(&world, &owner, "Harrow & Pike").await.unwrap();
        assert_eq!(begun.due_at.unwrap().seconds - begun.asked_at.unwrap().seconds, TimeDelta::days(30).num_seconds());
        assert_eq!(closing(&staff).await, Some(begun));
        assert!(closing(&neighbour).await.is_none());
        assert_eq!(reason(&cancel(&neighbour).await.unwrap_err()), "NOT_CLOSING");
        assert_eq!(cancel(&staff).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(reason(&close(&world, &owner, "Harrow & Pike").await.unwrap_err()), "CLOSING");
        cancel(&owner).await.unwrap();
        assert!(closing(&staff).await.is_none());
        // Asked for again, it has its whole time again, and the first asking does nothing.
        world.pass(TimeDelta::minutes(10));
        close(&world, &owner, "Harrow & Pike").await.unwrap();
        world.pass(GRACE - TimeDelta::minutes(5));
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(state(&world, org_of(&owner)).await, "closing");
        let is_told = |mail: &String| mail.contains("Harrow & Pike will be deleted") && mail.contains(&owner.email);
        for _ in 0..2_000 {
            if world.mails().iter().any(is_told) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody is told: {:?}", world.mails());
    }

    async fn companies_of_one_hour_leave_a_file_together(world) {
        let (first, second) = (world.company("First").await, world.company("Second").await);
        let third = world.company("Third").await;
        close(&world, &first, "First").await.unwrap();
        world.pass(TimeDelta::minutes(10));
        close(&world, &second, "Second").await.unwrap();
        close(&world, &third, "Third").await.unwrap();
        fill(&second, CANARY).await;
        world.pass(GRACE - TimeDelta::minutes(10));
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        until(&world, org_of(&first), "deleting").await;
        world.pass(SETTLE);
        until(&world, org_of(&first), "deleted").await;
        let others = [org_of(&second), org_of(&third)];
        world.pass(TimeDelta::minutes(9));
        for org in others {
            until(&world, org, "deleting").await;
        }
        world.pass(SETTLE);
        if world.backend == Backend::Sqlite {
            // Nobody reads them any more, and the file is not written anew for them yet.
            for org in others {
                while rows(&world, org, KEYS).await + rows(&world, org, "customers").await > 0 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            for org in others {
                assert_eq!(state(&world, org).await, "deleting");
            }
            world.pass(TimeDelta::minutes(50));
            world.kernel.jobs.wake();
        }
        for org in others {
            until(&world, org, "deleted").await;
        }
        assert_eq!(found(&world, CANARY).await, Vec::<String>::new());
    }

    async fn somebody_who_may_only_read_ends_nothing(world) {
        let owner = world.company("Harrow & Pike").await;
        let sql = "UPDATE memberships SET read_only = true WHERE user_id = ?";
        let user = ids::parse(prefix::USER, &owner.user_id).unwrap();
        world.kernel.database.system_execute(sql, vec![user.into()]).await.unwrap();
        assert_eq!(reason(&close(&world, &owner, "Harrow & Pike").await.unwrap_err()), "READ_ONLY");
        assert_eq!(reason(&cancel(&owner).await.unwrap_err()), "READ_ONLY");
    }

    async fn a_deleted_company_is_gone_and_its_neighbour_untouched(world) {
        let (owner, other) = (Company::found(&world, CANARY).await.owner, Company::found(&world, "Rotkehl").await.owner);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        switch::join(&world, &other, &staff.email, pb::Role::Employee).await;
        let customer = ids::parse(prefix::CUSTOMER, &fill(&owner, CANARY).await).unwrap();
        let theirs = ids::parse(prefix::CUSTOMER, &fill(&other, "Rotkehl").await).unwrap();
        let (org, other_org) = (org_of(&owner), org_of(&other));
        let sealed = (sql_sealed(&world, org, customer, CANARY).await, sql_sealed(&world, other_org, theirs, "Rotkehl").await);
        let before = work_of(&world, other_org).await;
        let file = |org: Uuid| world.folder.path().join(format!("files/organizations/{}/customers/a", org.simple()));
        let export = |org: Uuid| world.folder.path().join(format!("exports/{}/a.sealed", org.simple()));
        for org in [org, other_org] {
            put_file(&file(org));
            put_file(&export(org));
        }
        assert!(!found(&world, CANARY).await.is_empty() && !found(&world, &owner.email).await.is_empty());
        // Closed to its people by the operator, it still can be deleted.
        let suspend = "UPDATE orgs SET suspended_at = ?, suspend_reason = 'Unpaid', suspend_contact = 'Dana' WHERE id = ?";
        world.kernel.database.system_execute(suspend, vec![world.now().into(), org.into()]).await.unwrap();
        close(&world, &owner, CANARY).await.unwrap();

        world.pass(GRACE);
        let _runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        until(&world, org, "deleting").await;
        let sign_in = |email: &str| pb::SignInRequest { email: email.into(), password: PASSWORD.into(), return_token: true };
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        assert_eq!(sessions.sign_in(request(sign_in(&owner.email), None)).await.unwrap_err().code(), Code::Unauthenticated);
        assert!(rows(&world, org, "customers").await > 0, "what was let in before ends first");
        // A step that fails: the key is gone by then, and what is left goes later.
        stop_at_leads(&world).await;
        world.pass(SETTLE);
        world.kernel.jobs.wake();
        for _ in 0..2_000 {
            if rows(&world, org, "customer_privates").await == 0 && rows(&world, org, "tasks").await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(rows(&world, org, KEYS).await, 0);
        assert!(rows(&world, org, "leads").await > 0);
        assert!(world.kernel.keys.of(org, &sealed.0).await.is_err(), "a copy made before can't be read any more");
        go_on(&world).await;
        world.pass(TimeDelta::minutes(1));
        world.kernel.jobs.wake();
        until(&world, org, "deleted").await;

        for table in ERASED.iter().chain([&KEYS]) {
            assert_eq!(rows(&world, org, table).await, 0, "{table}");
        }
        for word in [CANARY, &CANARY.to_lowercase(), &owner.email] {
            assert_eq!(found(&world, word).await, Vec::<String>::new(), "{word}");
        }
        assert!(world.kernel.keys.of(org, &sealed.0).await.is_err());
        assert_eq!((sql_count(&world, &owner.email).await, sql_count(&world, &staff.email).await), (0, 1));
        assert!(!file(org).exists() && !export(org).exists() && file(other_org).exists());
        assert_eq!(work_of(&world, other_org).await, before);
        let key = world.kernel.keys.of(other_org, &sealed.1).await.unwrap();
        let place = FieldRef { org: other_org, table: "customer_privates", column: "tax_id", row: theirs };
        assert_eq!(crypto::decrypt(&key, place, &sealed.1).unwrap().as_slice(), b"Rotkehl tax");
        let again = sessions.sign_in(request(sign_in(&owner.email), None)).await.unwrap_err();
        assert_eq!(again.code(), Code::Unauthenticated);
        assert_eq!(Person::sign_in(&world, &staff.email, PASSWORD).await.org_id, other.org_id);
    }
}

async fn sql_count(world: &World, email: &str) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        count: i64,
    }
    let sql = "SELECT count(*) AS count FROM users WHERE email = ?";
    let rows: Vec<Row> = world.kernel.database.system_read().await.unwrap().query(sql, vec![email.into()]).await.unwrap();
    rows[0].count
}

/// A ciphertext as a copy of the database made before would have it.
async fn sql_sealed(world: &World, org: Uuid, customer: Uuid, word: &str) -> Vec<u8> {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        tax_id: Vec<u8>,
    }
    let tx = world.kernel.database.tenant_read(Scope::whole(org)).await.unwrap();
    let sql = "SELECT tax_id FROM customer_privates WHERE org_id = {org} AND customer_id = ?";
    let rows: Vec<Row> = tx.query(sql, vec![customer.into()]).await.unwrap();
    drop(tx);
    let sealed = rows.into_iter().next().unwrap().tax_id;
    let key = world.kernel.keys.of(org, &sealed).await.unwrap();
    let place = FieldRef { org, table: "customer_privates", column: "tax_id", row: customer };
    assert_eq!(crypto::decrypt(&key, place, &sealed).unwrap().as_slice(), format!("{word} tax").as_bytes());
    sealed
}
