//! List requests on SQLite: each page, each condition.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, QueryTrait as _, Schema, Set};

use super::super::filter::{FieldSpec, Kind};
use super::super::order::OrderField;
use super::super::{ListRequest, ListSpec};
use super::*;
use crate::ids;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub number: i64,
        pub owner_id: Option<Uuid>,
        pub due_on: Option<Date>,
        pub updated_at: DateTimeUtc,
        pub archived: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const SPEC: ListSpec = ListSpec {
    name: "rows",
    filters: &[
        FieldSpec::new("name", Kind::Text),
        FieldSpec::new("number", Kind::Number),
        FieldSpec::new("owner_id", Kind::Uuid(ids::prefix::USER)),
        FieldSpec::new("due_on", Kind::Date),
        FieldSpec::new("updated_at", Kind::Timestamp),
        FieldSpec::new("archived", Kind::Bool),
    ],
    orders: &[
        OrderField::new("name", KeyKind::Text),
        OrderField::new("number", KeyKind::Number),
        OrderField::new("due_on", KeyKind::DateOrNone),
        OrderField::new("updated_at", KeyKind::Time),
    ],
    default_order: OrderField::new("name", KeyKind::Text).ascending(),
};

fn column(field: &str) -> row::Column {
    match field {
        "name" => row::Column::Name,
        "number" => row::Column::Number,
        "owner_id" => row::Column::OwnerId,
        "due_on" => row::Column::DueOn,
        "updated_at" => row::Column::UpdatedAt,
        "archived" => row::Column::Archived,
        other => panic!("{other}"),
    }
}

fn select(list: &List) -> Select<row::Entity> {
    let conditions = list.conditions.iter().map(|condition| condition.on(column(&condition.field)));
    let rows = conditions.fold(row::Entity::find(), sea_orm::QueryFilter::filter);
    list.select(rows, column(list.order.field), row::Column::Id)
}

fn key_and_id(list: &List, row: &row::Model) -> (Key, Uuid) {
    let key = match list.order.field {
        "name" => Key::Text(row.name.clone()),
        "number" => Key::Number(row.number),
        "due_on" => row.due_on.map_or(Key::None, Key::Date),
        _ => Key::Time(row.updated_at),
    };
    (key, row.id)
}

async fn database(rows: &[row::Model]) -> DatabaseConnection {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(row::Entity)).await.unwrap();
    let rows = rows.iter().cloned().map(|row| row::ActiveModel {
        id: Set(row.id),
        name: Set(row.name),
        number: Set(row.number),
        owner_id: Set(row.owner_id),
        due_on: Set(row.due_on),
        updated_at: Set(row.updated_at),
        archived: Set(row.archived),
    });
    row::Entity::insert_many(rows).exec(&db).await.unwrap();
    db
}

fn row(id: u128, name: &str) -> row::Model {
    row::Model {
        id: Uuid::from_u128(id),
        name: name.into(),
        number: id as i64,
        owner_id: None,
        due_on: None,
        updated_at: DateTime::UNIX_EPOCH,
        archived: false,
    }
}

async fn found(db: &DatabaseConnection, filter: &str) -> Vec<i64> {
    let list = SPEC.read(ListRequest { filter, order_by: "number", ..ListRequest::default() }).unwrap();
    select(&list).all(db).await.unwrap().into_iter().map(|row| row.number).collect()
}

#[tokio::test]
async fn conditions_find_their_rows() {
    let owner = Uuid::from_u128(77);
    let due = NaiveDate::from_ymd_opt(2026, 12, 24);
    let evening: DateTime<Utc> = "2026-11-30T21:30:00.5Z".parse().unwrap();
    let db = database(&[
        row(1, "Weber 100%_Dach!"),
        row::Model { owner_id: Some(owner), archived: true, ..row(2, "weber & Söhne") },
        row::Model { due_on: due, updated_at: evening, owner_id: Some(Uuid::nil()), ..row(3, "O'Neill \\ \"x\"") },
    ])
    .await;
    let owned = format!("owner_id = {}", ids::format(ids::prefix::USER, owner));
    let not_owned = owned.replace('=', "!=");
    let cases: [(&str, &[i64]); 22] = [
        ("", &[1, 2, 3]),
        ("name : WEBER", &[1, 2]),
        ("name : \"Söhne\"", &[2]),
        ("name : \"%\"", &[1]),
        ("name : \"0%_d\"", &[1]),
        ("name : \"!\"", &[1]),
        ("name : \"_\"", &[1]),
        ("name : \"O'N\"", &[3]),
        ("name : \"\\\\ \\\"\"", &[3]),
        ("name : \"\"", &[1, 2, 3]),
        ("name = \"weber & Söhne\"", &[2]),
        ("name != \"weber & Söhne\" AND number < 3", &[1]),
        (&owned, &[2]),
        (&not_owned, &[1, 3]),
        ("owner_id = none", &[1]),
        ("owner_id != none", &[2, 3]),
        ("due_on = 2026-12-24", &[3]),
        ("due_on != 2026-12-24", &[1, 2]),
        ("due_on = none", &[1, 2]),
        ("updated_at <= 2026-11-30 AND updated_at > 2026-11-29", &[3]),
        ("updated_at > 2026-11-30", &[]),
        ("archived = true AND number >= 2 AND number <= 2", &[2]),
    ];
    for (filter, numbers) in cases {
        assert_eq!(found(&db, filter).await, numbers, "{filter}");
    }
}

#[test]
fn the_page_after_a_row_is_a_comparison_of_pairs() {
    let list = SPEC.read(ListRequest { page_size: 2, order_by: "name desc", ..ListRequest::default() }).unwrap();
    let token = list.token_after(Key::Text("weber".into()), Uuid::nil());
    let request = ListRequest { page_size: 2, page_token: &token, order_by: "name desc", filter: "", count_total: false };
    let sql = select(&SPEC.read(request).unwrap()).build(DbBackend::Postgres).sql;
    let (_, tail) = sql.split_once(" WHERE ").unwrap();
    let expected = r#"("rows"."name", "rows"."id") < ($1, $2) ORDER BY "rows"."name" DESC, "rows"."id" DESC LIMIT $3"#;
    assert_eq!(tail, expected);
}

#[test]
fn contains_reads_the_same_on_postgresql() {
    let list = SPEC.read(ListRequest { filter: "name : \"50%\"", ..ListRequest::default() }).unwrap();
    let sql = select(&list).build(DbBackend::Postgres).to_string();
    assert!(sql.contains(r#"WHERE LOWER("rows"."name") LIKE LOWER('%50!%%') ESCAPE '!'"#), "{sql}");
}

fn rows() -> impl Strategy<Value = Vec<row::Model>> {
    let one = ("[a-c]{0,2}", -3_i64..3, prop::option::of(0..3_i32), 0_i64..3);
    prop::collection::vec(one, 1..12).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(index, (name, number, due, micros))| row::Model {
            number,
            due_on: due.and_then(|day| NaiveDate::from_num_days_from_ce_opt(739_000 + day)),
            updated_at: DateTime::from_timestamp_micros(micros * 500_000).unwrap(),
            ..row(u128::MAX / 13 * index as u128 / 2, &name)
        })
        .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pages_show_each_row_once_and_in_order(rows in rows(), page_size in 1..4_i32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = database(&rows).await;
            for order_by in SPEC.orders.iter().flat_map(|o| [format!("{} asc", o.name), format!("{} desc", o.name)]) {
                let whole = ListRequest { page_size: 200, order_by: &order_by, ..ListRequest::default() };
                let whole = select(&SPEC.read(whole).unwrap()).all(&db).await.unwrap();
                let (mut seen, mut token) = (Vec::new(), String::new());
                loop {
                    let request = ListRequest { page_size, page_token: &token, order_by: &order_by, filter: "", count_total: false };
                    let list = SPEC.read(request).unwrap();
                    let mut page = select(&list).all(&db).await.unwrap();
                    let next = list.next_page_token(&mut page, |row| key_and_id(&list, row));
                    assert!(page.len() as i32 <= page_size);
                    seen.extend(page);
                    if next.is_empty() {
                        break;
                    }
                    token = next;
                }
                assert_eq!(seen.len(), rows.len());
                assert_eq!(&seen, &whole, "{order_by}");
            }
        });
    }
}
