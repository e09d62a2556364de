//! Migrations of the client system: orgs, their people, and what they keep.

mod m20261120_000101_create_orgs;
mod m20261120_000102_create_users;
mod m20261120_000103_create_memberships;
mod m20261120_000104_create_teams;
mod m20261120_000105_create_invitations;
mod m20261120_000106_create_counters;
mod m20261120_000107_create_customers;
mod m20261120_000108_create_contacts;
mod m20261120_000109_create_leads;
mod m20261120_000110_create_timeline;
mod m20261120_000111_create_saved_views;
mod m20261120_000112_create_tasks;
mod m20261120_000113_create_imports;
mod m20261120_000114_create_search;
mod m20261120_000115_create_session_principal;
mod m20261120_000116_add_users_totp_pending;
mod m20261120_000117_index_customer_emails;
mod m20261120_000118_search_by_words;
mod m20261120_000119_add_imports_run_by;
mod m20261126_000311_create_notifications;
mod m20261126_000401_add_orgs_industry;
mod m20261126_000402_create_org_modules;
mod m20261126_000403_create_custom_fields;
mod m20261126_000404_add_records_custom;
mod m20261126_000405_session_principal_modules;
mod m20261126_000406_add_lead_stages_version;
mod m20261126_000701_add_merged_into;
mod m20261126_000702_create_merges;
mod m20261126_000703_create_assignment_rules;
mod m20261126_000902_create_registrations;
mod m20261127_000910_add_imports_subject;
mod m20261127_000920_create_sign_ups;
mod m20261127_000921_add_orgs_trial;
mod m20261127_000940_add_tasks_archived;
mod m20261127_000950_add_orgs_suspension;
mod m20261127_000951_index_orders_of_lists;
mod m20261127_001110_create_support_sessions;
mod m20261127_001150_create_attachments;
mod m20261127_001151_merge_attachments;
mod m20261127_001200_create_org_exports;
mod m20261127_001201_create_org_closings;
mod m20261127_001202_bind_support_sessions;
mod m20261127_001301_index_registrations;
mod m20261127_001302_index_open_registrations;
mod m20261127_001310_create_session_principals;
mod m20261127_001350_create_registration_keys;
mod m20261127_001402_create_notification_preferences;
mod m20261127_002202_add_org_exports_storage;
mod m20261127_002300_add_saved_views_switches;
mod m20261128_000100_add_orgs_second_factor;
mod m20261128_000101_create_email_codes;
mod m20261128_000200_create_passkeys;
mod m20261128_000300_create_github_accounts;
mod m20261128_000510_create_mail_budgets;
mod m20261128_000511_index_tasks_by_last_day;

use crate::migrator::{Step, steps};

pub const STEPS: &[Step] = steps![
    m20261120_000101_create_orgs,
    m20261120_000102_create_users,
    m20261120_000103_create_memberships,
    m20261120_000104_create_teams,
    m20261120_000105_create_invitations,
    m20261120_000106_create_counters,
    m20261120_000107_create_customers,
    m20261120_000108_create_contacts,
    m20261120_000109_create_leads,
    m20261120_000110_create_timeline,
    m20261120_000111_create_saved_views,
    m20261120_000112_create_tasks,
    m20261120_000113_create_imports,
    m20261120_000114_create_search,
    m20261120_000115_create_session_principal,
    m20261120_000116_add_users_totp_pending,
    m20261120_000117_index_customer_emails,
    m20261120_000118_search_by_words,
    m20261120_000119_add_imports_run_by,
    m20261126_000401_add_orgs_industry,
    m20261126_000402_create_org_modules,
    m20261126_000403_create_custom_fields,
    m20261126_000404_add_records_custom,
    m20261126_000405_session_principal_modules,
    m20261126_000406_add_lead_stages_version,
    m20261126_000311_create_notifications,
    m20261126_000701_add_merged_into,
    m20261126_000702_create_merges,
    m20261126_000703_create_assignment_rules,
    m20261126_000902_create_registrations,
    m20261127_000910_add_imports_subject,
    m20261127_000920_create_sign_ups,
    m20261127_000921_add_orgs_trial,
    m20261127_000940_add_tasks_archived,
    m20261127_000950_add_orgs_suspension,
    m20261127_000951_index_orders_of_lists,
    m20261127_001110_create_support_sessions,
    m20261127_001200_create_org_exports,
    m20261127_001150_create_attachments,
    m20261127_001151_merge_attachments,
    m20261127_001201_create_org_closings,
    m20261127_001202_bind_support_sessions,
    m20261127_001301_index_registrations,
    m20261127_001302_index_open_registrations,
    m20261127_001310_create_session_principals,
    m20261127_001350_create_registration_keys,
    m20261127_001402_create_notification_preferences,
    m20261127_002202_add_org_exports_storage,
    m20261127_002300_add_saved_views_switches,
    m20261128_000100_add_orgs_second_factor,
    m20261128_000101_create_email_codes,
    m20261128_000300_create_github_accounts,
    m20261128_000200_create_passkeys,
    m20261128_000510_create_mail_budgets,
    m20261128_000511_index_tasks_by_last_day,
];

/// Tables of which every row belongs to one org: each statement on one must say which.
pub const TENANT_TABLES: &[&str] = &[
    "anomalies",
    "assignment_rule_members",
    "assignment_rules",
    "attachments",
    "audit",
    "audit_chain",
    "changes",
    "contacts",
    "counters",
    "custom_fields",
    "customer_privates",
    "customers",
    "data_keys",
    "idempotency",
    "import_chunks",
    "import_effects",
    "imports",
    "invitations",
    "jobs",
    "lead_stages",
    "leads",
    "memberships",
    "merge_effects",
    "merges",
    "notification_preferences",
    "notifications",
    "org_closings",
    "org_exports",
    "org_modules",
    "saved_views",
    "search_entries",
    "support_sessions",
    "tasks",
    "team_members",
    "teams",
    "timeline",
];

/// Tenant tables the system role reaches across orgs: sign-in, org creation, invitations, the feed's tail, background work.
pub const SYSTEM_REACHED_TABLES: &[&str] = &[
    "anomalies",
    "attachments",
    "audit",
    "audit_chain",
    "changes",
    "custom_fields",
    "data_keys",
    "idempotency",
    "imports",
    "invitations",
    "jobs",
    "lead_stages",
    "memberships",
    "notification_preferences",
    "notifications",
    "org_closings",
    "org_exports",
    "org_modules",
    "support_sessions",
    "team_members",
    "teams",
];
