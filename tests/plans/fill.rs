//! Rows enough for PostgreSQL to choose by: copies of what the run has made, half of them of other companies. SQLite chooses without
//! looking at the rows, and the server never analyses them.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use streamflow_tests::{postgres, world::World};

const COPIES: u32 = 5_000;
/// Those that grow with a company's work.
pub const TABLES: [&str; 9] =
    ["audit", "changes", "contacts", "customers", "leads", "notifications", "search_entries", "tasks", "timeline"];

pub async fn fill(world: &World) {
    let Some(url) = &world.superuser_url else { return };
    let db = postgres::superuser(url).await;
    // Links are not looked at: the other companies are in these tables alone.
    db.execute_unprepared("SET search_path = client; SET session_replication_role = replica").await.expect("a superuser");
    for table in TABLES {
        let sql = "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns \
                   WHERE table_schema = 'client' AND table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER' \
                   AND column_name NOT IN ('seq', 'xid')";
        let columns = Statement::from_sql_and_values(DbBackend::Postgres, sql, [table.into()]);
        let columns = db.query_all_raw(columns).await.expect("columns");
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in columns {
            let name: String = column.try_get("", "name").expect("a name");
            let holds: String = column.try_get("", "type").expect("a type");
            values.push(value(&name, &holds));
            names.push(format!("\"{name}\""));
        }
        assert!(!names.is_empty(), "{table} has no columns");
        let copies = format!(
            "INSERT INTO {table} ({}) SELECT {} FROM (SELECT * FROM {table} LIMIT 1) AS t, generate_series(1, {COPIES}) AS n \
             ON CONFLICT DO NOTHING",
            names.join(", "),
            values.join(", ")
        );
        let made = db.execute_unprepared(&copies).await.unwrap_or_else(|error| panic!("{table}: {error}")).rows_affected();
        assert!(made > u64::from(COPIES) / 2, "{table}: {made}");
    }
    db.execute_unprepared("ANALYZE").await.expect("statistics");
}

/// What a copy has in a column.
fn value(name: &str, holds: &str) -> String {
    match (name, holds) {
        ("org_id", _) => "CASE n % 2 WHEN 0 THEN t.org_id ELSE md5('org ' || n % 20)::uuid END".to_owned(),
        ("id", "uuid") => "gen_random_uuid()".to_owned(),
        ("owner_id" | "assignee_id" | "team_id", _) => format!("CASE n % 3 WHEN 0 THEN md5('{name} ' || n % 30)::uuid END"),
        // Far above what the company's counter gives next.
        ("number", _) => "t.number + 1000000 + n".to_owned(),
        ("board_position" | "position", _) => format!("t.\"{name}\" + n"),
        ("external_id" | "archived_at", _) => "NULL".to_owned(),
        ("name" | "sort_name" | "city" | "title", _) => format!("t.\"{name}\" || md5(n::text)"),
        (_, "timestamp with time zone") => format!("t.\"{name}\" - n * interval '1 minute'"),
        _ => format!("t.\"{name}\""),
    }
}
