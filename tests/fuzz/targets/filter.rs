#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| streamflow_tests::strangers::filter(text));
