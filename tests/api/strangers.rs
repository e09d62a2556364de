//! The bodies of the fuzz targets, briefly: with bytes of the kind that breaks readers, and with any.

use proptest::prelude::*;
use streamflow_tests::strangers;

/// Pieces of files and of filters, put together at random.
const PIECES: [&str; 24] = [
    "Name",
    "E-mail",
    "External ID",
    "Contact name",
    "sep=;",
    "\"",
    "\"\"",
    ",",
    ";",
    "\t",
    "\r\n",
    "\n",
    "\r",
    "NULL",
    "=1+1",
    "'",
    "\u{feff}",
    "ü",
    "\0",
    "name:",
    "created_at>=",
    "archived=true",
    "-1",
    "2026-02-30",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_read_or_refused(piece in 1_usize..80, text in text(), tail in prop::collection::vec(any::<u8>(), 0..30)) {
        strangers::csv(piece, &[text.as_bytes(), &tail].concat());
        strangers::csv(piece, text.as_bytes());
    }

    #[test]
    fn any_answer_of_a_browser_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        strangers::passkey(&bytes);
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        strangers::passkey(&[b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[bytes.len() as u8][..], &bytes].concat());
    }

    #[test]
    fn any_filter_is_understood_or_refused(text in text()) {
        strangers::filter(&text);
    }
}
