//! Currencies are known to the server and to the pages, which share no crate that could hold them: both mean the same.

use std::{collections::BTreeSet, fs, path::Path};

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect(path)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).expect(from);
    rest.split_once(to).expect(to).0
}

/// The codes of the list that is called so in all sources.
fn codes(source: &str) -> BTreeSet<&str> {
    let codes: BTreeSet<_> =
        between(source, "const CODES: &str = \"", "\";").split([' ', '\n', '\\']).filter(|code| !code.is_empty()).collect();
    assert!(codes.len() > 140, "only {codes:?}");
    codes
}

#[test]
fn pages_offer_what_the_server_takes() {
    let (server, page) = (source("server/client/src/currency.rs"), source("web-client/src/parts/currencies.rs"));
    let unknown: Vec<_> = codes(&page).difference(&codes(&server)).copied().collect();
    assert!(unknown.is_empty(), "the server refuses {unknown:?}");
    let left_out: Vec<_> = codes(&server).difference(&codes(&page)).copied().collect();
    assert_eq!(left_out, ["ANG", "BGN"], "of the past");
}

/// Another number here, and amounts are read as hundreds of times what they are.
#[test]
fn pages_and_server_have_the_same_minor_units() {
    let arms = |path: &str| {
        let source = source(path);
        between(&source, "pub fn digits(", "\n}").split_once("match").expect("a match").1.split_whitespace().collect::<String>()
    };
    let server = arms("server/client/src/currency.rs");
    assert!(server.contains("\"JPY\"") && server.contains("_=>2"), "{server}");
    assert_eq!(arms("web-kit/src/format/money.rs").replacen("currency{", "currency_code{", 1), server);
}
