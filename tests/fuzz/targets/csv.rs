//! Strangers' files: any bytes as an upload. What must hold is in `streamflow_tests::strangers`.

#![cfg_attr(not(test), no_main)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| streamflow_tests::strangers::csv(usize::from(input.0) + 1, input.1));
