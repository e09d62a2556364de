//! J and K move, X selects, Enter opens.

use leptos::prelude::*;

use super::{TableParts, window::Window};
use crate::keys::use_shortcut;

pub(super) fn use_cursor<T: Send + Sync + 'static>(parts: TableParts<T>, window: Window<T>, open: Callback<String>) {
    stay_on_row(parts);
    let step = move |by: isize| {
        let count = parts.rows.with_untracked(<[_]>::len);
        if count == 0 {
            return;
        }
        let next = match parts.cursor.get_untracked() {
            None => 0,
            Some(at) => at.saturating_add_signed(by).min(count - 1),
        };
        parts.cursor.set(Some(next));
        window.reveal(next);
    };
    let current = move || {
        let at = parts.cursor.get_untracked()?;
        parts.rows.with_untracked(|rows| rows.get(at).cloned())
    };
    use_shortcut("j", t!("Next row"), move || step(1));
    use_shortcut("k", t!("Row before"), move || step(-1));
    use_shortcut("enter", t!("Open the row"), move || {
        if let Some(row) = current() {
            open.run(parts.href.run(row));
        }
    });
    if let Some(selection) = parts.selection {
        use_shortcut("x", t!("Select the row"), move || {
            if let Some(row) = current() {
                selection.toggle(&parts.rows.key_of(&row));
            }
        });
    }
}

/// Rows that come above it push the row away, and the cursor goes along: Enter opens what was looked at.
fn stay_on_row<T: Send + Sync + 'static>(parts: TableParts<T>) {
    let (rows, on) = (parts.rows, StoredValue::new(None::<String>));
    Effect::new(move |_| {
        let at = parts.cursor.get();
        on.set_value(rows.with_untracked(|all| at.and_then(|at| all.get(at)).map(|row| rows.key_of(row))));
    });
    Effect::new(move |_| {
        rows.track();
        let Some(key) = on.get_value() else { return };
        let at = rows.with_untracked(|all| all.iter().position(|row| rows.key_of(row) == key));
        if at.is_some() && at != parts.cursor.get_untracked() {
            parts.cursor.set(at);
        }
    });
}
