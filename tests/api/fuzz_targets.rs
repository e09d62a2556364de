//! The fuzz targets of `tests/fuzz`, compiled with everything else: by themselves only a nightly compiler does, which nobody has at hand
//! when what they call changes. Their macro makes a function of a target here.

// Before the macro, so that they import it as they do their fuzzer's.
#[path = "../fuzz/targets/csv.rs"]
mod csv;
#[path = "../fuzz/targets/filter.rs"]
mod filter;
#[path = "../fuzz/targets/passkey.rs"]
mod passkey;

#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: $type:ty| $body:expr) => {
        pub fn target($input: $type) {
            $body;
        }
    };
}

#[test]
fn the_targets_take_what_a_fuzzer_gives() {
    csv::target((7, b"name;city\nAna;K\xf6ln\n"));
    filter::target("city : \"Bonn");
    passkey::target(b"\xa3\x63fmt");
}
