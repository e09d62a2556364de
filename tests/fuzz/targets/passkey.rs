//! Strangers' passkeys: any bytes as what a browser answers with. What must hold is in `streamflow_tests::strangers`.

#![cfg_attr(not(test), no_main)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| streamflow_tests::strangers::passkey(bytes));
