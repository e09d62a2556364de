//! Strangers' filters: any text as the filter of a list. What must hold is in `streamflow_tests::strangers`.

#![cfg_attr(not(test), no_main)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| streamflow_tests::strangers::filter(text));
