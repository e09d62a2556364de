//! Any text as a list's filter: terms or an error with its place, and terms that can be typed by their fields or refused in words.

#![no_main]

use libfuzzer_sys::fuzz_target;
use streamflow_kernel::list::filter::{FieldSpec, Kind, parse, resolve};

const SCHEMA: [FieldSpec; 7] = [
    FieldSpec::new("name", Kind::Text),
    FieldSpec::new("owner_id", Kind::Uuid("usr_")),
    FieldSpec::new("created_at", Kind::Timestamp),
    FieldSpec::new("follow_up_on", Kind::Date),
    FieldSpec::new("archived", Kind::Bool),
    FieldSpec::new("number", Kind::Number),
    FieldSpec::new("kind", Kind::Enum(&["business", "person"])),
];

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(terms) => match resolve(&terms, &SCHEMA, &|_| None) {
            Ok(conditions) => assert!(conditions.len() >= terms.len()),
            Err(problems) => assert!(problems.iter().all(|problem| !problem.is_empty())),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
