//! Which storage has the file of an archive: processes on different machines may have different ones.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const STORAGE: Column = Column::text("storage", Internal, "Name of the storage its file is on; empty until it is written.");

pub fn up(target: Target) -> Vec<String> {
    target.add("org_exports", &STORAGE)
}
