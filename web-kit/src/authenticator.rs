//! Setting up an authenticator: the QR code, and the secret for typing.

use leptos::prelude::*;

/// The code to scan, and the same for typing.
#[component]
pub fn AuthenticatorSecret(
    /// Modules of a side of the QR code.
    qr_size: i32,
    /// Row by row, 1 for dark.
    qr_modules: Vec<u8>,
    /// Base32.
    #[prop(into)]
    secret: String,
) -> impl IntoView {
    let size = usize::try_from(qr_size).unwrap_or_default();
    let path = qr_path(&qr_modules, size);
    view! {
        <div class="stack gap-3">
            <svg
                class="qr"
                viewBox=format!("0 0 {size} {size}")
                role="img"
                aria-label=t!("QR code for your authenticator app")
                shape-rendering="crispEdges"
            >
                <path d=path></path>
            </svg>
            <details class="t-12">
                <summary>{t!("Can’t scan it?")}</summary>
                <p class="soft">{t!("Type this key into the app, as a time-based code:")}</p>
                <p class="mono secret">{in_fours(&secret)}</p>
            </details>
        </div>
    }
}

/// Dark modules as one path, joined along each row.
fn qr_path(modules: &[u8], size: usize) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    if size == 0 {
        return path;
    }
    for (y, row) in modules.chunks(size).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&1) {
                let _ = write!(path, "M{x} {y}h{}v1H{x}z", run.len());
            }
            x += run.len();
        }
    }
    path
}

/// "ABCD EFGH": easier to type.
fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_modules_become_runs() {
        assert_eq!(qr_path(&[1, 1, 0, 0, 0, 1, 1, 0, 1], 3), "M0 0h2v1H0zM2 1h1v1H2zM0 2h1v1H0zM2 2h1v1H2z");
        assert_eq!(qr_path(&[], 0), "");
    }

    #[test]
    fn secrets_are_written_in_fours() {
        assert_eq!(in_fours("ABCDEFGHI"), "ABCD EFGH I");
    }
}
