//! The statements of every migration, kept as snapshots: the schema in one readable piece, and a failing test when a change to
//! shared code would alter a migration that has landed. New migrations are accepted with INSTA_UPDATE=always.

use streamflow_migrations::{Dialect, System, script};

#[test]
fn landed_migrations_stay_as_they_are() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("client_postgres", script(Dialect::Postgres, System::Client));
        insta::assert_snapshot!("client_sqlite", script(Dialect::Sqlite, System::Client));
        insta::assert_snapshot!("provider_postgres", script(Dialect::Postgres, System::Provider));
        insta::assert_snapshot!("dev_postgres", script(Dialect::Postgres, System::Dev));
    });
}

#[test]
fn no_system_names_a_role_of_another() {
    for system in System::ALL {
        let text = script(Dialect::Postgres, system);
        for other in System::ALL.into_iter().filter(|other| *other != system) {
            assert!(!text.contains(&other.login_role()), "{system:?} names {other:?}");
        }
    }
}
