//! A view of tasks says besides its filter whose they are and whether done ones are among them.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const SWITCHES: Column =
    Column::text("switches", Internal, "JSON array of what the list is asked besides its filter.").or("'[]'");

pub fn up(target: Target) -> Vec<String> {
    target.add("saved_views", &SWITCHES)
}
