//! The schema of every system: one Migrator each, for SQLite files and PostgreSQL schemas alike.
//!
//! A migration is never edited after it has landed: it is expanded by a later one, the rows are moved, and the old
//! shape is contracted by a third. A migration that moves rows of a guarded table on PostgreSQL lifts
//! `FORCE ROW LEVEL SECURITY` inside its transaction and sets it again, because the owner has no policy of its own.
//!
//! | room | holds |
//! |---|---|
//! | `system` | which systems there are, and the names of their schemas and roles |
//! | `ddl` | tables as data, rendered for either database, with comments, policies and grants |
//! | `kernel` | migrations every system begins with |
//! | `client`, `provider` | migrations of one system only |
//! | `migrator` | running the pending ones |
//! | `prepare` | roles, schemas and grants of a PostgreSQL database |
//! | `self_check` | what the catalogue must say at boot |

mod client;
mod ddl;
mod kernel;
mod migrator;
mod prepare;
mod provider;
mod self_check;
mod system;

pub use client::{SYSTEM_REACHED_TABLES, TENANT_TABLES};
pub use ddl::Dialect;
pub use migrator::{known, migrate, pending, script};
pub use prepare::{RolePasswords, prepare_postgres, restore_database_rights};
pub use self_check::self_check;
pub use system::System;
