//! What the kernel has to know of the client portal.

use chrono::Duration;
use streamflow_kernel::{kernel::Portal, rate_limit::Pace, session::Lifetime};

use crate::noun::NOUNS;

/// Rules of the portal.
pub const PORTAL: Portal = Portal {
    space: "client",
    pages: "/tenant/*/client",
    first_parts: &[
        "anomalies",
        "audit",
        "contacts",
        "customers",
        "dashboard",
        "enrol",
        "imports",
        "inbox",
        "invitation",
        "leads",
        "profile",
        "reset",
        "second-factor",
        "settings",
        "setup",
        "sign-in",
        "sign-up",
        "support-session",
        "tasks",
        "team",
    ],
    lifetime: Lifetime { absolute: Duration::hours(8), idle: Duration::minutes(30) },
    pace: Pace::per_minute(600),
    nouns: NOUNS,
    rights_from: "an owner of your company",
    features: "publickey-credentials-create=(self), publickey-credentials-get=(self)",
};
