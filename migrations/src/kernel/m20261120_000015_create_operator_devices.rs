//! Devices of the people whose account is the environment's. Client people have theirs beside their accounts.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Table, Target};
use crate::system::System;

const KNOWN_DEVICES: Table = Table {
    name: "known_devices",
    purpose: "Devices a person has signed in from: strangers can't lock them out.",
    columns: &[
        Column::uuid("user_id", Internal, "Whose device."),
        Column::bytes("device_hash", Secret, "SHA-256 of the device cookie."),
        Column::time("created_at", Internal, "Last sign-in from it."),
    ],
    primary_key: "user_id, device_hash",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    match target.system {
        System::Client => Vec::new(),
        System::Provider | System::Dev | System::Accountant => target.create(&[KNOWN_DEVICES]),
    }
}
