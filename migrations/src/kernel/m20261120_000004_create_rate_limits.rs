//! Counters that hold callers back: rate limits and sign-in lockouts.

use crate::ddl::Class::Internal;
use crate::ddl::Class::Personal;
use crate::ddl::{Column, Table, Target};

const RATE_LIMITS: Table = Table {
    name: "rate_limits",
    purpose: "Calls used in the current window, by limit and caller.",
    columns: &[
        Column::word("key", Personal, "Limit and caller: an address or an account."),
        Column::bigint("window_start", Internal, "Begin of the window, Unix milliseconds.").or("0"),
        Column::bigint("used", Internal, "Calls used in the window.").or("0"),
    ],
    primary_key: "key",
    indexes: &[("rate_limits_by_window", "window_start")],
    ..Table::EMPTY
};

const LOCKOUTS: Table = Table {
    name: "lockouts",
    purpose: "Failed sign-ins in a row, by account and by address.",
    columns: &[
        Column::word("key", Personal, "Account or address."),
        Column::int("failures", Internal, "Failures since the last success.").or("0"),
        Column::bigint("locked_until", Internal, "Refused until then, Unix milliseconds; 0 for not locked.").or("0"),
        Column::bigint("last_failure", Internal, "Unix milliseconds.").or("0"),
    ],
    primary_key: "key",
    indexes: &[("lockouts_by_last_failure", "last_failure")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[RATE_LIMITS, LOCKOUTS])
}
