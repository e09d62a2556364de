//! Migrations every system begins with: sessions, audit, the change feed, limits, idempotency, keys, mail.
//!
//! They name no system: roles and schema come with the target.

mod m20261120_000001_create_sessions;
mod m20261120_000002_create_audit;
mod m20261120_000003_create_changes;
mod m20261120_000004_create_rate_limits;
mod m20261120_000005_create_idempotency;
mod m20261120_000006_create_totp_steps;
mod m20261120_000007_create_data_keys;
mod m20261120_000008_create_mail_outbox;
mod m20261120_000009_create_client_errors;
mod m20261120_000010_add_mail_due_at;
mod m20261120_000011_create_audit_chain;
mod m20261120_000012_index_changes_by_record;
mod m20261120_000013_forget_plain_replies;
mod m20261120_000014_forget_plain_mails;
mod m20261120_000015_create_operator_devices;
mod m20261120_000016_create_chores;
mod m20261126_000101_create_federation;
mod m20261126_000301_create_jobs;
mod m20261126_000302_create_schedules;
mod m20261126_000303_move_chores;
mod m20261126_000304_drop_chores;
mod m20261126_000801_create_anomalies;
mod m20261126_000901_add_jobs_again;
mod m20261127_000902_drop_idempotency_body_hash;
mod m20261127_001101_create_elevations;
mod m20261127_001300_add_peers_last_answer;
mod m20261127_001400_create_metric_samples;
mod m20261127_001401_create_federation_refusals;
mod m20261127_002201_add_idempotency_token;
mod m20261127_002401_use_nonces_once_a_caller;
mod m20261128_000400_guard_tables_of_the_system;
mod m20261128_000401_create_master_keys;
mod m20261128_000402_narrow_audit_indexes;

use crate::migrator::{Step, steps};

pub const STEPS: &[Step] = steps![
    m20261120_000001_create_sessions,
    m20261120_000002_create_audit,
    m20261120_000003_create_changes,
    m20261120_000004_create_rate_limits,
    m20261120_000005_create_idempotency,
    m20261120_000006_create_totp_steps,
    m20261120_000007_create_data_keys,
    m20261120_000008_create_mail_outbox,
    m20261120_000009_create_client_errors,
    m20261120_000010_add_mail_due_at,
    m20261120_000011_create_audit_chain,
    m20261120_000012_index_changes_by_record,
    m20261120_000013_forget_plain_replies,
    m20261120_000014_forget_plain_mails,
    m20261120_000015_create_operator_devices,
    m20261120_000016_create_chores,
    m20261126_000101_create_federation,
    m20261126_000301_create_jobs,
    m20261126_000302_create_schedules,
    m20261126_000303_move_chores,
    m20261126_000304_drop_chores,
    m20261126_000801_create_anomalies,
    m20261126_000901_add_jobs_again,
    m20261127_000902_drop_idempotency_body_hash,
    m20261127_001101_create_elevations,
    m20261127_001300_add_peers_last_answer,
    m20261127_001400_create_metric_samples,
    m20261127_001401_create_federation_refusals,
    m20261127_002201_add_idempotency_token,
    m20261127_002401_use_nonces_once_a_caller,
    m20261128_000400_guard_tables_of_the_system,
    m20261128_000401_create_master_keys,
    m20261128_000402_narrow_audit_indexes,
];
