//! When another system last answered: how old what is known of it is while it is away.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const LAST_ANSWER_AT: Column =
    Column::time("last_answer_at", Internal, "Last call to it that was answered, to a few seconds.").null();

pub fn up(target: Target) -> Vec<String> {
    target.add("federation_peers", &LAST_ANSWER_AT)
}
