//! Work that collects what there is to do must not miss what is committed while it runs: it is begun once more.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const AGAIN: Column = Column::bool("again", Internal, "Asked for again since its last attempt began.");

pub fn up(target: Target) -> Vec<String> {
    target.add("jobs", &AGAIN)
}
