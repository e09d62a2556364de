//! Migrations of the provider system: what it knows of the companies.

mod m20261126_000201_create_tenants;

use crate::migrator::{Step, steps};

pub const STEPS: &[Step] = steps![m20261126_000201_create_tenants];
