//! Migrations of the provider system: what it knows of the companies, its people and settings.

mod m20261126_000201_create_tenants;
mod m20261126_000501_create_admins;
mod m20261126_000502_create_settings;
mod m20261126_001102_extend_tenants;
mod m20261127_001203_add_tenants_closing;

use crate::migrator::{Step, steps};

pub const STEPS: &[Step] = steps![
    m20261126_000201_create_tenants,
    m20261126_000501_create_admins,
    m20261126_000502_create_settings,
    m20261126_001102_extend_tenants,
    m20261127_001203_add_tenants_closing,
];
