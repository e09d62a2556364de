//! What the tests stand on: databases of their own, a whole client system in this process, people who sign in.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

pub mod answer;
pub mod authenticator;
pub mod certificates;
pub mod drill;
pub mod federation;
pub mod fleet;
pub mod github;
pub mod operator;
pub mod person;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod signed;
pub mod smtp;
pub mod spy;
pub mod sql;
pub mod strangers;
pub mod world;

/// Runs one test body on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)+) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn body($world: $crate::world::World) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    body($crate::world::World::sqlite().await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_postgres() {
                    body($crate::world::World::postgres().await).await;
                }
            }
        )+
    };
}
