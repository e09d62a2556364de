//! The published list of reasons: `proto/reasons.txt` says what the contract's constants say, and no reason is there in vain.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use streamflow_kernel::access::answer::code_name;
use streamflow_proto::{client, provider, reason::Reason};

const SHARED: &str = "any portal";

/// Whose reasons, all of them, and what sources call their place.
const LISTS: [(&str, &[Reason], &str); 3] = [
    (SHARED, Reason::ALL, "Reason::"),
    ("client portal", client::reason::ALL, "reason::"),
    ("provider portal", provider::reason::ALL, "reason::"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text() -> String {
    let mut text = String::from(
        "Why requests are refused: `ErrorInfo.reason`, in JSON `reason`. A name never changes, and always comes with the same code.\n\
         Written by the test of reasons; read as a diff.\n",
    );
    for (whose, reasons, _) in LISTS {
        write!(text, "\n{whose}\n").unwrap();
        for reason in reasons {
            writeln!(text, "  {:<26}{:<21}{}", reason.name, code_name(reason.code), reason.when.trim()).unwrap();
        }
    }
    text
}

#[test]
fn the_published_list_is_what_the_contract_says() {
    let (file, text) = (root().join("proto/reasons.txt"), text());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &text).expect("reasons.txt written");
    }
    let published = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(published, text, "reasons changed; look at the difference, then run the test with BLESS=1");
}

#[test]
fn a_reason_is_one_name_with_words_of_its_own() {
    for (whose, reasons, _) in LISTS {
        let others = if whose == SHARED { &[][..] } else { Reason::ALL };
        let mut seen: HashSet<&str> = others.iter().map(|reason| reason.name).collect();
        for reason in reasons {
            assert!(seen.insert(reason.name), "{} of the {whose} is there already", reason.name);
            assert!(reason.when.trim().ends_with('.'), "{} does not say when it comes", reason.name);
        }
    }
}

#[test]
fn every_reason_is_given_somewhere() {
    let mut sources = String::new();
    collect(&root().join("server"), &mut sources);
    for (whose, reasons, place) in LISTS {
        for reason in reasons {
            let is_given = sources.match_indices(&format!("{place}{}", reason.name)).any(|(at, found)| {
                let next = sources[at + found.len()..].chars().next();
                !next.is_some_and(|next| next == '_' || next.is_ascii_alphanumeric())
            });
            assert!(is_given, "{} of the {whose} is never given", reason.name);
        }
    }
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}
